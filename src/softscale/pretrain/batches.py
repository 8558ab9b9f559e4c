"""Batches of the world's text: a pure function of the seed and the step, so that a resumed job sees the same text."""

import random

import torch
from transformers import PreTrainedTokenizerFast

from softscale.padding import IGNORED, PAD, padded
from softscale.pretrain.config import Pretraining
from softscale.pretrain.objectives import prefix_lm, span_corruption
from softscale.world.text import document, simple_document
from softscale.world.tokenizer import NUM_SENTINELS

# Batches are cut from pools of this many batches, sorted by length, so that little is padding.
POOL = 8


class Batches:
    """The batch of any step: inputs `[B, T]` (0 = padding) and labels `[B, S]` (-100 = padding)."""

    def __init__(self, config: Pretraining, tokenizer: PreTrainedTokenizerFast) -> None:
        self.config = config
        self.tokenizer = tokenizer
        # `<extra_id_0>` is the last id, as in T5.
        self.sentinels = list(range(len(tokenizer) - 1, len(tokenizer) - 1 - NUM_SENTINELS, -1))
        self.eos: int = tokenizer.eos_token_id  # type: ignore[assignment]
        self.pool: tuple[int, list[list[list[int]]]] = (-1, [])

    def __getitem__(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        if self.pool[0] != step // POOL:
            self.pool = (step // POOL, self._draw_pool(step // POOL))
        rng = random.Random(f"mask {self.config.seed} {step}")
        pairs = [self._pair(tokens, step, rng) for tokens in self.pool[1][step % POOL]]
        return padded([inputs for inputs, _ in pairs], PAD), padded([targets for _, targets in pairs], IGNORED)

    def _draw_pool(self, index: int) -> list[list[list[int]]]:
        rng = random.Random(f"text {self.config.seed} {index}")
        since = index * POOL - self.config.span_steps
        write = simple_document if 0 <= since < self.config.simple_steps else document
        texts = [write(rng) for _ in range(POOL * self.config.batch_size)]
        tokens: list[list[int]] = self.tokenizer(texts, add_special_tokens=False)["input_ids"]  # type: ignore[assignment]
        tokens.sort(key=len)
        batches = [tokens[i : i + self.config.batch_size] for i in range(0, len(tokens), self.config.batch_size)]
        rng.shuffle(batches)
        return batches

    def _pair(self, tokens: list[int], step: int, rng: random.Random) -> tuple[list[int], list[int]]:
        if step < self.config.span_steps:
            config = self.config
            return span_corruption(tokens, config.density, config.mean_span, self.sentinels, self.eos, rng)
        return prefix_lm(tokens, self.eos, rng)
