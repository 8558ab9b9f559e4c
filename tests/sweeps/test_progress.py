"""What the line of a sweep says while it runs."""

from dataclasses import replace
from io import StringIO
from pathlib import Path

from softscale.compose.cells import cells, hydra_session
from softscale.runs.job import Job
from softscale.sweeps.expected import cost, expected
from softscale.sweeps.progress import SweepProgress


def test_cells_of_another_process_are_told_and_do_not_hasten_the_time_left() -> None:
    work = {"ours": 1.0, "theirs": 1.0, "last": 2.0}
    progress = SweepProgress(work, dict.fromkeys(work, 10), done_before=1, out=StringIO())
    progress.end("theirs", "taken")
    assert progress.line() == "1/4 cells done, 1 with another process, 25% of the work, time left unknown yet"
    progress.started -= 60  # a minute ago
    progress.at("ours", 0)
    progress.end("ours", "done")
    assert progress.line() == "2/4 cells done, 1 with another process, 50% of the work, 2.0 min left"


def test_steps_of_an_interrupted_run_are_work_but_not_of_this_sweep() -> None:
    progress = SweepProgress({"resumed": 1.0}, {"resumed": 100}, done_before=0, out=StringIO())
    progress.at("resumed", 80)
    progress.started -= 30
    progress.at("resumed", 90)
    assert progress.line() == "0/1 cells done, 90% of the work, 30 s left"


def test_where_a_rate_is_expected_the_time_left_is_told_at_once_and_turns_to_what_happens() -> None:
    work = {"one": 100.0, "two": 200.0}  # seconds of one process, and there are two
    progress = SweepProgress(work, {"one": 10, "two": 10}, done_before=0, rate=2.0, out=StringIO())
    assert progress.line() == "0/2 cells done, 0% of the work, 2.5 min left"
    progress.at("one", 0)
    progress.started -= 3000  # fifty times slower than expected
    progress.end("one", "done")
    assert progress.line() == "1/2 cells done, 33% of the work, 63.1 min left"


def test_a_run_beyond_the_steps_of_the_published_one_has_no_more_than_all_of_its_work_done() -> None:
    progress = SweepProgress({"one": 1.0}, {"one": 100}, done_before=0, out=StringIO())
    progress.at("one", 300)
    assert progress.share() == 1.0


def test_what_runs_will_take_is_known_from_published_ones_of_the_same_studies(committed_records: Path) -> None:
    with hydra_session():
        jobs = [Job.of(cell.config, None) for cell in cells(["experiment=miniature/figure_1_first_look"])]
    found = expected(jobs, published=committed_records.parent)
    assert found.in_seconds
    assert found.work.keys() == found.steps.keys() == {job.id for job in jobs}
    early = [job for job in jobs if found.steps[job.id] < job.study.optim.steps]
    assert early, "some end early because they reach optim.stop_at"
    other = replace(jobs[0], study=replace(jobs[0].study, seed=1000))
    found = expected([*jobs, other], published=committed_records.parent)
    assert not found.in_seconds
    assert found.steps[early[0].id] == early[0].study.optim.steps
    assert found.work[other.id] == cost(other.study) == found.work[jobs[0].id]
