"""Batches for scoring: as many inputs as asked for where they are short, as many as fit where they are long."""

import pytest

from softscale.backbone.padding import IGNORED, PAD, padded
from softscale.data.batches import LONG, LONGEST, PADDED, Batch, bounded_batches
from softscale.errors import InputError


def test_short_inputs_come_in_batches_of_the_size_longest_first() -> None:
    lengths = [5, 9, 7, 9, 3]
    assert bounded_batches(lengths, 2) == [[1, 3], [2, 0], [4]]
    assert bounded_batches([], 2) == []


@pytest.mark.parametrize("size", [1, 64, 128])
def test_batches_of_the_paper_s_inputs_are_whole(size: int) -> None:
    """128 inputs of 512 tokens: what was one batch is still one."""
    assert [len(batch) for batch in bounded_batches([512] * 300, size)] == [
        min(size, 300 - start) for start in range(0, 300, size)
    ]


@pytest.mark.parametrize("longest", [600, 3_000, 9_000, LONGEST])
def test_one_long_input_does_not_pad_all_the_others(longest: int) -> None:
    lengths = [20] * 30 + [longest] + [25] * 33
    batches = bounded_batches(lengths, 64)
    assert sorted(index for batch in batches for index in batch) == list(range(64))
    for batch in batches:
        tokens = len(batch) * max(lengths[index] for index in batch)
        squares = tokens * max(lengths[index] for index in batch)
        assert len(batch) == 1 or (tokens <= PADDED and squares <= PADDED * LONG)
    assert len(batches) <= 2


def test_an_input_that_is_too_long_by_itself_is_refused() -> None:
    assert bounded_batches([LONGEST], 64) == [[0]]
    with pytest.raises(InputError, match="an input has 16,385 tokens, but at most 16,384 are read"):
        bounded_batches([3, LONGEST + 1], 64)


@pytest.mark.parametrize("fixed", [0, 10, 1e9])
def test_a_batch_in_parts_of_like_length_holds_each_row_once_without_the_padding_of_its_part(fixed: float) -> None:
    lengths = [3, 9, 1, 9, 4, 2]
    tokens = padded([[row * 10 + 1] * length for row, length in enumerate(lengths)], PAD)
    labels = padded([[row] * (1 + row % 2) for row in range(6)], IGNORED)
    parts = Batch(tokens=tokens, mask=(tokens != PAD).long(), labels=labels).alike(fixed)
    rows = [[id_ for id_ in row if id_ != PAD] for part in parts for row in part.tokens.tolist()]
    assert sorted(rows) == sorted([row * 10 + 1] * length for row, length in enumerate(lengths))
    assert sorted(label for part in parts for label in set(part.labels.flatten().tolist()) - {IGNORED}) == list(
        range(6)
    )
    padding = sum(part.mask.numel() - int(part.mask.sum()) for part in parts)
    assert {0: padding == 0, 10: 0 < len(parts) < 5, 1e9: len(parts) == 1}[fixed]
