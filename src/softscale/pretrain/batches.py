"""Batches of the world's text: a pure function of the seed and the step, so that a resumed job sees the same text."""

import random

import torch
from transformers import PreTrainedTokenizerFast

from softscale.padding import IGNORED, PAD, padded
from softscale.pretrain.config import Pretraining
from softscale.pretrain.objectives import prefix_lm, span_corruption
from softscale.world.questions import question
from softscale.world.text import document, simple_document
from softscale.world.tokenizer import NUM_SENTINELS

# Batches are cut from pools of this many batches, sorted by length, so that little is padding.
POOL = 8

Document = list[list[int]]  # token ids of a text, or of a question and its answer
Batch = list[Document]


class Batches:
    """The batch of any step: inputs `[B, T]` (0 = padding) and labels `[B, S]` (-100 = padding)."""

    def __init__(self, config: Pretraining, tokenizer: PreTrainedTokenizerFast) -> None:
        self.config = config
        self.tokenizer = tokenizer
        # `<extra_id_0>` is the last id, as in T5.
        self.sentinels = list(range(len(tokenizer) - 1, len(tokenizer) - 1 - NUM_SENTINELS, -1))
        self.eos: int = tokenizer.eos_token_id  # type: ignore[assignment]
        self.pool: tuple[int, list[Batch]] = (-1, [])

    def __getitem__(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        if self.pool[0] != step // POOL:
            self.pool = (step // POOL, self._draw_pool(step // POOL))
        rng = random.Random(f"mask {self.config.seed} {step}")
        pairs = [self._pair(document, step, rng) for document in self.pool[1][step % POOL]]
        return padded([inputs for inputs, _ in pairs], PAD), padded([targets for _, targets in pairs], IGNORED)

    def _draw_pool(self, index: int) -> list[Batch]:
        """The documents of POOL steps; a pool belongs to the phase of its first step."""
        rng = random.Random(f"text {self.config.seed} {index}")
        phase, done = self.config.phase(index * POOL)
        if phase == "question":
            size = self.config.questions_a_step
            documents = [self._ids(*question(rng)) for _ in range(POOL * size)]
        else:
            size = self.config.batch_size
            write = simple_document if phase == "lm" and done < self.config.simple_steps else document
            documents = [self._ids(write(rng)) for _ in range(POOL * size)]
        documents.sort(key=lambda parts: sum(map(len, parts)))
        batches = [documents[i : i + size] for i in range(0, len(documents), size)]
        rng.shuffle(batches)
        return batches

    def _ids(self, *parts: str) -> Document:
        return self.tokenizer(list(parts), add_special_tokens=False)["input_ids"]  # type: ignore[return-value]

    def _pair(self, document: Document, step: int, rng: random.Random) -> tuple[list[int], list[int]]:
        config = self.config
        if len(document) == 2:
            asked, answer = document
            return [*asked, self.eos], [*answer, self.eos]
        if step < config.span_steps:
            return span_corruption(document[0], config.density, config.mean_span, self.sentinels, self.eos, rng)
        return prefix_lm(document[0], self.eos, rng)
