"""What a method may look at: when it asks in other words, and when it is built (modules/method.py says what one is)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # composing a configuration needs neither torch nor transformers
    import torch
    from transformers import PreTrainedTokenizerBase

    from softscale.backbone.backbone import Backbone


class TextExample(Protocol):
    """What a method sees of an example of a task: its text form, its target, and the texts that it is made of."""

    @property
    def input(self) -> str: ...
    @property
    def target(self) -> str: ...
    @property
    def parts(self) -> Mapping[str, str]: ...


@dataclass(kw_only=True)
class Asking:
    """What a method may look at when it asks in other words."""

    task: str
    labels: Sequence[str]  # empty where the task has free text
    train: Callable[[], Sequence[TextExample]]  # read when called
    dev: Callable[[], Sequence[TextExample]]
    tokenizer: PreTrainedTokenizerBase
    limit: int  # tokens of an input, with EOS
    seed: int  # of the study
    notes: list[str]  # as in `Context`


@dataclass(frozen=True, kw_only=True)
class Worded:
    """What a method asks in place of the task's text form."""

    inputs: list[str]  # one a dev example, in their order
    fixed: list[int]  # token ids, without EOS, of the text that a task must keep to ask so


@dataclass(kw_only=True)
class Context:
    """What a method may look at when it is built."""

    backbone: Backbone
    words: Sequence[str]  # the task's label words, or the paper's words where it has none
    generator: torch.Generator  # seeded by the study: the only source of randomness of an initialisation
    notes: list[str]  # what is no error but must be said once and kept in the record
    runs: Path = Path("runs")  # where finished runs are, for those who start from one
    worded: Worded | None = None  # what `MethodConfig.reword` gave
