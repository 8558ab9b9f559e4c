"""Batches of the world's text, phase by phase of a rung's pre-training."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from transformers import PreTrainedTokenizerFast

from softscale.pretrain.batches import POOL, Batches, Document, Pair
from softscale.pretrain.objectives import prefix_lm, sentinels_of, span_corruption
from softscale.world.questions import question
from softscale.world.text import document, simple_document

if TYPE_CHECKING:
    from softscale.pretrain.rung import Pretraining

# The world's documents are short: the cut of language modelling lies between these shares of a text.
CUT = (1 / 8, 3 / 8)


class WorldBatches(Batches):
    def __init__(self, config: Pretraining, tokenizer: PreTrainedTokenizerFast) -> None:
        super().__init__(config.seed)
        self.config = config
        self.tokenizer = tokenizer
        self.sentinels = sentinels_of(tokenizer)
        self.eos: int = tokenizer.eos_token_id  # type: ignore[assignment]

    def draw(self, index: int, rng: random.Random) -> tuple[list[Document], int]:
        """A pool belongs to the phase of its first step."""
        phase, done = self.config.phase(index * POOL)
        if phase == "question":
            size = self.config.questions_a_step
            return [self._ids(*question(rng)) for _ in range(POOL * size)], size
        size = self.config.batch_size
        write = simple_document if phase == "lm" and done < self.config.simple_steps else document
        return [self._ids(write(rng)) for _ in range(POOL * size)], size

    def pair(self, document: Document, step: int, rng: random.Random) -> Pair:
        config = self.config
        if len(document) == 2:
            asked, answer = document
            return [*asked, self.eos], [*answer, self.eos]
        if step < config.span_steps:
            return span_corruption(document[0], config.density, config.mean_span, self.sentinels, self.eos, rng)
        return prefix_lm(document[0], self.eos, rng, CUT)

    def _ids(self, *parts: str) -> Document:
        return self.tokenizer(list(parts), add_special_tokens=False)["input_ids"]  # type: ignore[return-value]
