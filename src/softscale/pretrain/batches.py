"""Batches of pairs of texts: a pure function of the seed and the step, so that a resumed job sees the same text."""

import random
from abc import ABC, abstractmethod

from torch import Tensor

from softscale.padding import IGNORED, PAD, padded

# Batches are cut from pools of this many batches, where asked for sorted by length, so that little is padding.
POOL = 8

Document = list[list[int]]  # token ids of a text, or of a question and its answer
Pair = tuple[list[int], list[int]]  # ids of an input and of its target, both with EOS


class Batches(ABC):
    """The batch of any step: inputs `[B, T]` (0 = padding) and labels `[B, S]` (-100 = padding)."""

    def __init__(self, seed: int, by_length: bool = True) -> None:
        self.seed, self.by_length = seed, by_length
        self.pool: tuple[int, list[list[Document]]] = (-1, [])

    @abstractmethod
    def draw(self, index: int, rng: random.Random) -> tuple[list[Document], int]:
        """The documents of the steps `index * POOL` and following, and how many are one batch."""

    @abstractmethod
    def pair(self, document: Document, step: int, rng: random.Random) -> Pair:
        """What the encoder reads of a document, and what the decoder writes."""

    def __getitem__(self, step: int) -> tuple[Tensor, Tensor]:
        if self.pool[0] != step // POOL:
            self.pool = (step // POOL, self._draw_pool(step // POOL))
        rng = random.Random(f"mask {self.seed} {step}")
        pairs = [self.pair(document, step, rng) for document in self.pool[1][step % POOL]]
        return padded([inputs for inputs, _ in pairs], PAD), padded([targets for _, targets in pairs], IGNORED)

    def _draw_pool(self, index: int) -> list[list[Document]]:
        rng = random.Random(f"text {self.seed} {index}")
        documents, size = self.draw(index, rng)
        if self.by_length:
            documents.sort(key=lambda parts: sum(map(len, parts)))
        batches = [documents[i : i + size] for i in range(0, len(documents), size)]
        rng.shuffle(batches)
        return batches
