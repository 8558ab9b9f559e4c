"""The progress of a sweep: one line with the time left, and a summary at the end."""

import sys
import time
from collections import Counter
from collections.abc import Mapping
from typing import TextIO

QUIET_SECONDS = 15.0  # between two lines where the output is no terminal
BEFORE = 30.0  # seconds of what happens that count as much as what was expected


class SweepProgress:
    """Follows jobs by their share of the sweep's work.

    Args:
        work: of each job to do, by id, in any unit (steps times the cost of one).
        steps: of each job, by id.
        done_before: jobs that were done before.
        rate: work that is expected of a second, where it is known; what happens counts more, the longer it goes on.
    """

    def __init__(
        self,
        work: Mapping[str, float],
        steps: Mapping[str, int],
        done_before: int,
        rate: float | None = None,
        out: TextIO | None = None,
    ) -> None:
        self.work, self.steps, self.done_before, self.out = work, steps, done_before, out or sys.stderr
        self.rate = rate
        self.finished: dict[str, float] = {}  # work done, by id
        self.baseline: dict[str, float] = {}  # of it, what was done before this sweep heard of the job
        self.ended: Counter[str] = Counter()  # jobs, by how they ended
        self.started = self.shown = time.monotonic()

    def at(self, id_: str, step: int) -> None:
        """A job has done `step` steps."""
        self.finished[id_] = self.work[id_] * min(1.0, step / max(1, self.steps[id_]))
        self.baseline.setdefault(id_, self.finished[id_])
        self.show()

    def end(self, id_: str, how: str) -> None:
        """A job ended: done, found, failed, refused or taken."""
        self.finished[id_] = self.work[id_]
        self.baseline.setdefault(id_, 0.0 if how == "done" else self.work[id_])
        self.ended[how] += 1
        self.show()

    def line(self) -> str:
        total = len(self.work) + self.done_before
        failed = self.ended["failed"] + self.ended["refused"]
        return (
            f"{self.ended['done'] + self.ended['found'] + self.done_before}/{total} cells done"
            + (f", {failed} failed" if failed else "")
            + (f", {self.ended['taken']} with another process" if self.ended["taken"] else "")
            + f", {self.share():.0%} of the work, {self.left()}"
        )

    def share(self) -> float:
        return sum(self.finished.values()) / (sum(self.work.values()) or 1.0)

    def left(self) -> str:
        """The time left, from the rate of work of this sweep so far, and from the one that was expected."""
        before = BEFORE if self.rate else 0.0
        done = before * (self.rate or 0.0)
        done += sum(self.finished[id_] - self.baseline[id_] for id_ in self.finished)
        todo = sum(self.work.values()) - sum(self.finished.values())
        if done <= 0:
            return "time left unknown yet"
        return f"{duration((before + time.monotonic() - self.started) * todo / done)} left"

    def show(self) -> None:
        """Refresh the line; where the output is no terminal, write one now and then."""
        if self.out.isatty():
            self.out.write(f"\r\x1b[2K{self.line()}")
        elif time.monotonic() - self.shown >= QUIET_SECONDS:
            self.shown = time.monotonic()
            self.out.write(self.line() + "\n")
        self.out.flush()

    def say(self, line: str) -> None:
        """Write a line that stays, to standard output."""
        self.close()
        print(line, flush=True)

    def close(self) -> None:
        """End the line."""
        if self.out.isatty():
            self.out.write("\r\x1b[2K")
            self.out.flush()


def duration(seconds: float) -> str:
    """Seconds as people say them: 42 s, 3.5 min, 2.1 h."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
