"""Batches of the world's text, stage by stage of a rung's pre-training."""

from __future__ import annotations

import itertools
import random
from typing import Protocol

from transformers import PreTrainedTokenizerFast

from softscale.pretrain.batches import POOL, Batches, Document, Pair
from softscale.pretrain.objectives import masked, prefix_lm, sentinels_of, span_corruption
from softscale.world.text import REPEATED, document, split_words


class Reading(Protocol):
    """What of a pre-training decides its batches; `rung.Pretraining` says what each field is."""

    seed: int
    batch_size: int
    salient: float
    density: float
    mean_span: float

    @property
    def span_steps(self) -> int: ...

    def stage(self, step: int) -> str: ...


class WorldBatches(Batches):
    """A document is the token ids of its parts; those at odd indices follow from the rest (world/text.py)."""

    def __init__(self, config: Reading, tokenizer: PreTrainedTokenizerFast) -> None:
        super().__init__(config.seed, by_length=False)  # documents of a length are of a kind, so batches would be too
        self.config = config
        # A token is a word: the tokenizer itself takes four times as long, half of a batch.
        self.ids = tokenizer.get_vocab()
        self.sentinels = sentinels_of(tokenizer)
        self.eos: int = tokenizer.eos_token_id  # type: ignore[assignment]

    def draw(self, index: int, rng: random.Random) -> tuple[list[Document], int]:
        """A pool belongs to the stage of its first step."""
        size, stage = self.config.batch_size, self.config.stage(index * POOL)
        drawn = [document(rng, stage=stage) for _ in range(POOL * size)]
        return [
            [
                [self.ids[word] for part in run for word in split_words(part.text)]
                for _, run in itertools.groupby(parts, key=lambda part: part.follows)
            ]
            for parts in drawn
        ], size

    def pair(self, document: Document, step: int, rng: random.Random) -> Pair:
        tokens = list(itertools.chain.from_iterable(document))
        ends = list(itertools.accumulate(map(len, document)))
        following = [(ends[index - 1], ends[index]) for index in range(1, len(document), 2)]
        config = self.config
        salient = rng.random() < config.salient or config.stage(step) not in REPEATED
        if step < config.span_steps:
            if salient:
                return masked(tokens, following, self.sentinels, self.eos)
            return span_corruption(tokens, config.density, config.mean_span, self.sentinels, self.eos, rng)
        if salient:
            cut = following[-1][0]  # what comes between two answers, nobody can predict
            return [*tokens[:cut], self.eos], [*tokens[cut:], self.eos]
        return prefix_lm(tokens, self.eos, rng)
