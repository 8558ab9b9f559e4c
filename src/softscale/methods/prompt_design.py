"""Prompt design: the task is put in words, with or without solved examples, and nothing trains (Brown et al. 2020).

The baseline of Lester et al. 2021 (figure 1) that a soft prompt is to beat. What the model reads is
instruction, demonstrations, question; what it writes is generated and scored as for every other method.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from omegaconf import MISSING

from softscale.backbone.text import input_ids, joiner_of, text_ids
from softscale.config import MethodConfig, Shape, schema
from softscale.errors import InputError
from softscale.methods.wording import WordingConfig
from softscale.ranges import MOST, at_least

if TYPE_CHECKING:
    from softscale.methods.method import Asking, Context, TextExample, Worded
    from softscale.methods.modules.prompt_design import PromptDesign


@schema("method", "prompt_design")
@dataclass(kw_only=True)
class PromptDesignConfig(MethodConfig):
    trains: ClassVar[bool] = False

    shots: int = MISSING  # demonstrations in front of each question; 0: zero-shot
    wording: WordingConfig = MISSING

    def check(self) -> None:
        at_least("method.shots", self.shots, 0, MOST)
        self.wording.check()

    def num_trained(self, shape: Shape) -> int:
        return 0

    def reword(self, asking: Asking) -> Worded:
        """Every dev example as text with as many of the demonstrations as fit, and the ids of what all of them share.

        Demonstrations are dropped whole, from the last one on; a question is never cut, not even one that is longer
        than the limit by itself (as evaluation inputs of every method).

        Raises:
            InputError: the wording is not one of this task, or there are fewer training examples than shots.
        """
        from softscale.methods.method import Worded

        dev = asking.dev()
        self.wording.check_for(asking.task, asking.labels, dev[0].parts)
        joiner = joiner_of(asking.tokenizer) or ""
        shown = [self.wording.demonstration(example, joiner) for example in self.drawn(asking)]
        questions = [self.wording.question(example) for example in dev]
        counts = [self._fitting(shown, question, asking) for question in questions]
        fewer = sum(count < self.shots for count in counts)
        if fewer:
            asking.notes.append(
                f"{fewer} of {len(counts)} dev inputs have fewer than {self.shots} demonstrations: "
                f"more do not fit in {asking.limit} tokens"
            )
        inputs = [self._joined([*shown[:count], question]) for count, question in zip(counts, questions, strict=True)]
        fixed = text_ids(asking.tokenizer, [self._joined(shown)])[0]
        return Worded(inputs=inputs, fixed=fixed)

    def drawn(self, asking: Asking) -> list[TextExample]:
        """The training examples that are shown: drawn plainly at random by the study's seed, not balanced by label.

        The same for every dev example; the first ones of a larger number of shots are those of a smaller one.
        """
        if not self.shots:
            return []
        train = asking.train()
        if self.shots > len(train):
            raise InputError(f"method.shots={self.shots} is not allowed: there are only {len(train)} training examples")
        import torch

        order = torch.randperm(len(train), generator=torch.Generator().manual_seed(asking.seed))
        return [train[index] for index in order[: self.shots].tolist()]

    def _fitting(self, shown: Sequence[str], question: str, asking: Asking) -> int:
        """How many of the demonstrations fit in front of the question; more of them are never fewer tokens."""

        def tokens(count: int) -> int:
            return len(input_ids(asking.tokenizer, [self._joined([*shown[:count], question])])[0])

        if not shown:
            return 0
        return max(0, bisect_right(range(len(shown) + 1), asking.limit, key=tokens) - 1)

    def _joined(self, texts: Sequence[str]) -> str:
        """The instruction, where there is one, and the texts, with the separator between them."""
        front = [self.wording.instruction] if self.wording.instruction else []
        return self.wording.separator.join([*front, *texts])

    def answers(self, labels: Sequence[str]) -> list[str]:
        return [self.wording.verbaliser.get(label, label).strip() for label in labels]

    def build(self, context: Context) -> PromptDesign:
        import torch

        from softscale.methods.modules.prompt_design import PromptDesign

        if context.worded is None:
            raise ValueError("prompt design is built from what `reword` made of the data")
        return PromptDesign(torch.tensor(context.worded.fixed, dtype=torch.long), self.wording)
