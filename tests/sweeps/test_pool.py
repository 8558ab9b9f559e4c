"""A pool that is ended leaves its runs as a later attempt wants them."""

from pathlib import Path

import pytest
from tiny import job_of, study_of

from softscale.sweeps.pool import Event, run_jobs

pytestmark = pytest.mark.slow


class Ended(BaseException):
    """What a signal raises where it finds the pool."""


@pytest.mark.parametrize("held", [False, True], ids=["its own", "another process's"])
def test_a_pool_that_is_ended_within_a_write_leaves_no_part_of_a_file_in_its_own_runs(
    held: bool, t5_folder: Path, tmp_path: Path
) -> None:
    job = job_of(study_of(t5_folder, steps=100_000, eval_every=100_000), tmp_path)
    part = job.folder / ".last.ckpt.12345678.part"

    def end_within_a_write(event: Event) -> None:
        assert event.kind == "step", event
        part.touch()
        raise Ended

    if held:  # a part of a file that another process writes is not ours to remove
        with job.lock():
            job.folder.mkdir(parents=True)
            part.touch()
            run_jobs([job], 1, lambda event: None)
    else:
        with pytest.raises(Ended):
            run_jobs([job], 1, end_within_a_write)
    assert part.exists() == held
