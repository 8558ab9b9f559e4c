"""The two pre-training objectives of T5 1.1 LM-adapted, on lists of token ids.

Span corruption: Raffel et al. 2020, section 3.1.4. LM adaptation (prefix LM): Lester et al. 2021, section 3.2, "given a
natural text prefix as input, the model must produce the natural text continuation".
"""

import random


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
    num_noise = min(max(1, round(len(tokens) * density)), len(tokens) - 1)
    num_spans = min(max(1, round(num_noise / mean_span)), len(sentinels), num_noise, len(tokens) - num_noise)
    noise = _parts(num_noise, num_spans, rng)
    kept = _parts(len(tokens) - num_noise, num_spans, rng)
    inputs: list[int] = []
    targets: list[int] = []
    start = 0
    for sentinel, num_kept, num_masked in zip(sentinels, kept, noise, strict=False):
        masked = start + num_kept
        inputs += [*tokens[start:masked], sentinel]
        targets += [sentinel, *tokens[masked : masked + num_masked]]
        start = masked + num_masked
    return [*inputs, *tokens[start:], eos], [*targets, eos]


def _parts(total: int, count: int, rng: random.Random) -> list[int]:
    """`total` cut into `count` positive parts, every cut equally likely."""
    cuts = sorted(rng.sample(range(1, total), count - 1))
    return [end - start for start, end in zip([0, *cuts], [*cuts, total], strict=True)]


def prefix_lm(tokens: list[int], eos: int, rng: random.Random) -> tuple[list[int], list[int]]:
    """A prefix as input and its continuation as target, both with EOS; the cut lies between 1/8 and 3/8 of the text."""
    cut = rng.randrange(max(1, len(tokens) // 8), max(2, 3 * len(tokens) // 8))
    return [*tokens[:cut], eos], [*tokens[cut:], eos]
