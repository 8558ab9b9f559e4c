"""Batches of pairs of texts: a pure function of the seed and the step, so that a resumed job sees the same text."""

import random
from abc import ABC, abstractmethod

from torch import Tensor

from softscale.backbone.padding import IGNORED, PAD, padded

# Batches are cut from pools of this many batches, where asked for sorted by length, so that little is padding.
POOL = 8
SHORT = 8  # tokens of a target: answers are shorter, continuations of a whole text longer

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


def alike(inputs: Tensor, labels: Tensor) -> list[tuple[Tensor, Tensor]]:
    """A batch in parts of rows of like length without the columns that are padding in all of them.

    Rows with targets of more than `SHORT` tokens are one part, the others two by the length of their input; the batch
    stays whole where that saves less than a third of it.
    """
    lengths, targets = (inputs != PAD).sum(1), (labels != IGNORED).sum(1)
    order = lengths.argsort(stable=True)
    short = order[targets[order] <= SHORT]
    rows = [part for part in (order[targets[order] > SHORT], *short.chunk(2)) if len(part)]
    widths = [(int(lengths[part].max()), int(targets[part].max())) for part in rows]
    if 3 * sum(len(part) * sum(width) for part, width in zip(rows, widths, strict=True)) > 2 * (
        inputs.numel() + labels.numel()
    ):
        return [(inputs, labels)]
    return [(inputs[part, :width], labels[part, :target]) for part, (width, target) in zip(rows, widths, strict=True)]
