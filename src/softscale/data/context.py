"""How long an input may be: a causal model has positions for so many tokens, of which method and answer take some.

Beyond them no error is raised by most models, and what they write is noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from softscale.backbone.shape import context_of
from softscale.errors import InputError

if TYPE_CHECKING:
    from softscale.config import Study


def room(study: Study) -> int | None:
    """Tokens that an input may have, with its ending; None where nothing limits them."""
    context = context_of(study.model)
    return None if context is None else context - study.method.num_places() - study.task.target_length


def check_input_length(study: Study) -> None:
    """Raises InputError where inputs of the length that is asked for do not fit."""
    most = room(study)
    if most is not None and study.task.input_length > most:
        raise InputError(
            f"task.input_length={study.task.input_length} is not allowed with model={study.model.name}: {_taken(study)}"
        )


def check_lengths(study: Study, lengths: Sequence[int], kind: str) -> None:
    """Raises InputError where some of the inputs of a `kind`, which are never cut, do not fit."""
    most = room(study)
    if most is None:
        return
    longer = sum(length > most for length in lengths)
    if longer:
        raise InputError(
            f"{longer} of {len(lengths)} {kind} are too long for model={study.model.name}, the longest with "
            f"{max(lengths):,} tokens: {_taken(study)}"
        )


def _taken(study: Study) -> str:
    return (
        f"with {study.method.num_places()} positions of the method and {study.task.target_length} of the answer, "
        f"{room(study):,} are left of the model's {context_of(study.model):,}"
    )
