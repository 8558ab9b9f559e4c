"""Batches of the world's text, stage by stage of a rung's pre-training."""

from __future__ import annotations

import itertools
import random
from typing import TYPE_CHECKING

from transformers import PreTrainedTokenizerFast

from softscale.pretrain.batches import POOL, Batches, Document, Pair
from softscale.pretrain.objectives import masked, prefix_lm, sentinels_of, span_corruption
from softscale.world.text import REPEATED, document

if TYPE_CHECKING:
    from softscale.pretrain.rung import Pretraining


class WorldBatches(Batches):
    """A document is the token ids of its parts; those at odd places follow from the rest (world/text.py)."""

    def __init__(self, config: Pretraining, tokenizer: PreTrainedTokenizerFast) -> None:
        super().__init__(
            config.seed, by_length=False
        )  # documents of one length are of one kind, and so would batches be
        self.config = config
        self.tokenizer = tokenizer
        self.sentinels = sentinels_of(tokenizer)
        self.eos: int = tokenizer.eos_token_id  # type: ignore[assignment]

    def draw(self, index: int, rng: random.Random) -> tuple[list[Document], int]:
        """A pool belongs to the stage of its first step."""
        size, stage = self.config.batch_size, self.config.stage(index * POOL)
        drawn = [document(rng, stage=stage) for _ in range(POOL * size)]
        texts = []
        for parts in drawn:
            runs = itertools.groupby(parts, key=lambda part: part.follows)
            texts.append([" ".join(part.text for part in run) for _, run in runs])
        return [self.tokenizer(text, add_special_tokens=False)["input_ids"] for text in texts], size  # type: ignore[misc]

    def pair(self, document: Document, step: int, rng: random.Random) -> Pair:
        tokens = list(itertools.chain.from_iterable(document))
        ends = list(itertools.accumulate(map(len, document)))
        following = [(ends[place - 1], ends[place]) for place in range(1, len(document), 2)]
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
