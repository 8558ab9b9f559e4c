"""What the line of a sweep says while it runs."""

from io import StringIO

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
