"""The two pre-training objectives of T5 1.1 LM-adapted, on lists of token ids.

Span corruption: Raffel et al. 2020, section 3.1.4. LM adaptation (prefix LM): Lester et al. 2021, section 3.2, "given a
natural text prefix as input, the model must produce the natural text continuation".
"""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from omegaconf import MISSING

from softscale.config import schema
from softscale.ranges import LONGEST, at_least, between_zero_and_one

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def span_corruption(
    tokens: list[int], density: float, mean_span: float, sentinels: list[int], eos: int, rng: random.Random
) -> tuple[list[int], list[int]]:
    """Replace spans of `tokens` (without EOS) by sentinels; the target says what each sentinel stands for.

    Args:
        density: share of tokens that is masked, in (0, 1).
        mean_span: mean length of a masked span, in tokens.
        sentinels: ids of `<extra_id_0>`, `<extra_id_1>`, …; they bound the number of spans.

    Returns:
        input ids and target ids, both with EOS.
    """
    num_noise, num_spans = _num_masked(len(tokens), density, mean_span)
    num_spans = min(num_spans, len(sentinels))
    noise = _parts(num_noise, num_spans, rng)
    kept = _parts(len(tokens) - num_noise, num_spans, rng)
    spans, start = [], 0
    for num_kept, num_masked in zip(kept, noise, strict=True):
        spans.append((start + num_kept, start + num_kept + num_masked))
        start = spans[-1][1]
    return masked(tokens, spans, sentinels, eos)


def masked(
    tokens: list[int], spans: list[tuple[int, int]], sentinels: list[int], eos: int
) -> tuple[list[int], list[int]]:
    """`tokens` with a sentinel in the place of each span (start and end, in order), and what each stands for.

    Returns:
        input ids and target ids, both with EOS.
    """
    inputs: list[int] = []
    targets: list[int] = []
    done = 0
    for sentinel, (start, end) in zip(sentinels, spans, strict=False):
        inputs += [*tokens[done:start], sentinel]
        targets += [sentinel, *tokens[start:end]]
        done = end
    return [*inputs, *tokens[done:], eos], [*targets, eos]


def _num_masked(length: int, density: float, mean_span: float) -> tuple[int, int]:
    """How many of `length` tokens are masked, and in how many spans."""
    num_noise = min(max(1, round(length * density)), length - 1)
    return num_noise, min(max(1, round(num_noise / mean_span)), num_noise, length - num_noise)


def _parts(total: int, count: int, rng: random.Random) -> list[int]:
    """`total` cut into `count` positive parts, every cut equally likely."""
    cuts = sorted(rng.sample(range(1, total), count - 1))
    return [end - start for start, end in zip([0, *cuts], [*cuts, total], strict=True)]


def prefix_lm(
    tokens: list[int], eos: int, rng: random.Random, cut: tuple[float, float] = (0.0, 1.0)
) -> tuple[list[int], list[int]]:
    """A prefix as input and its continuation as target, both with EOS.

    The place where they are cut is uniform, in T5 over the whole text (t5, preprocessors.random_prefix_noise_mask);
    `cut` keeps it between two shares of the text. Neither part is ever empty.
    """
    least, most = (int(share * len(tokens)) for share in cut)
    prefix_length = rng.randrange(max(1, least), max(2, most))
    return [*tokens[:prefix_length], eos], [*tokens[prefix_length:], eos]


def sentinels_of(tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """Ids of `<extra_id_0>`, `<extra_id_1>`, …, as far as the tokenizer has them."""
    ids = tokenizer.get_vocab()
    names = map("<extra_id_{}>".format, itertools.count())
    return [ids[name] for name in itertools.takewhile(ids.__contains__, names)]


@dataclass(kw_only=True)
class ObjectiveConfig:
    """What is learnt from a plain text; every objective's own dataclass says how a piece of it becomes a pair."""

    needs_sentinels: ClassVar[bool] = False
    joins: ClassVar[bool] = False  # True: a piece of text may go on from one document to the next

    name: str = MISSING
    length: int = MISSING  # tokens of the longest input, with EOS

    def check(self) -> None:
        """Raises InputError where a field's value is out of range."""
        at_least("objective.length", self.length, 3, LONGEST)

    @property
    def piece(self) -> int:
        """Tokens of the longest piece that a text is cut into, 2 or more."""
        raise NotImplementedError

    def pair(
        self, tokens: list[int], sentinels: list[int], eos: int, rng: random.Random
    ) -> tuple[list[int], list[int]]:
        """Input and target ids, both with EOS, of a piece of 2 to `piece` tokens."""
        raise NotImplementedError


@schema("objective", "lm")
@dataclass(kw_only=True)
class LanguageModelling(ObjectiveConfig):
    """Prefix LM: the encoder reads the first part of a text, the decoder writes the rest (Raffel et al., 3.2.3)."""

    @property
    def piece(self) -> int:
        return self.length - 1

    def pair(
        self, tokens: list[int], sentinels: list[int], eos: int, rng: random.Random
    ) -> tuple[list[int], list[int]]:
        return prefix_lm(tokens, eos, rng)


@schema("objective", "span_corruption")
@dataclass(kw_only=True)
class SpanCorruption(ObjectiveConfig):
    needs_sentinels: ClassVar[bool] = True
    joins: ClassVar[bool] = True  # as T5 does for this objective (t5, objectives/span.gin)

    density: float = MISSING  # share of tokens that is masked
    mean_span: float = MISSING  # tokens

    def check(self) -> None:
        super().check()
        between_zero_and_one("objective.density", self.density)
        at_least("objective.mean_span", self.mean_span, 1, self.length)

    @property
    def piece(self) -> int:
        """The longest piece whose input, with its sentinels, fits; 568 tokens for T5's 512."""
        return next(length for length in itertools.count(2) if self._input_length(length + 1) > self.length)

    def _input_length(self, length: int) -> int:
        num_noise, num_spans = _num_masked(length, self.density, self.mean_span)
        return length - num_noise + num_spans + 1

    def pair(
        self, tokens: list[int], sentinels: list[int], eos: int, rng: random.Random
    ) -> tuple[list[int], list[int]]:
        return span_corruption(tokens, self.density, self.mean_span, sentinels, eos, rng)
