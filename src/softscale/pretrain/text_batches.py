"""Batches of a tokenised text: epochs of a seeded permutation of its pieces, made into pairs by an objective."""

import random

from softscale.data.order import indices_of_step
from softscale.pretrain.batches import POOL, Batches, Document, Pair
from softscale.pretrain.objectives import ObjectiveConfig
from softscale.pretrain.text import Text


class TextBatches(Batches):
    def __init__(
        self, text: Text, objective: ObjectiveConfig, sentinels: list[int], eos: int, batch_size: int, seed: int
    ) -> None:
        super().__init__(seed)
        self.text, self.objective, self.batch_size = text, objective, batch_size
        self.sentinels, self.eos = sentinels, eos

    def draw(self, index: int, rng: random.Random) -> tuple[list[Document], int]:
        chosen = indices_of_step(index, POOL * self.batch_size, (len(self.text),), self.seed)
        return [[self.text[i]] for i in chosen], self.batch_size

    def pair(self, document: Document, step: int, rng: random.Random) -> Pair:
        return self.objective.pair(document[0], self.sentinels, self.eos, rng)
