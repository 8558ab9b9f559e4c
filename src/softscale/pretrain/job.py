"""What a pre-training is to the loop that runs it (loop.py): a configuration, which says what it begins with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from softscale.errors import InputError

if TYPE_CHECKING:  # a configuration is checked without torch
    from softscale.pretrain.begun import Begun


class Job(Protocol):
    """A typed configuration of a pre-training."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    seed: int
    threads: int
    checkpoint_every: int  # steps between two last.ckpt
    keep: list[int]  # steps whose T5 is kept in to/step_<step>
    to: str  # folder for the weights

    @property
    def steps(self) -> int: ...

    @property
    def restarts(self) -> Sequence[int]:
        """The steps that begin with weights as they are written and an optimiser that has seen nothing."""
        ...

    def check(self) -> None:
        """Raises InputError for a value out of range."""

    def rate(self, step: int) -> float:
        """The rate of a step."""
        ...

    def begin(self) -> Begun:
        """Read and build what the first step needs. Raises InputError where a file is missing or is not its kind."""
        ...


def check_kept(job: Job) -> None:
    for step in job.keep:
        if not 0 < step <= job.steps:
            raise InputError(f"keep={job.keep} is not allowed: a step must lie between 1 and the last one, {job.steps}")
