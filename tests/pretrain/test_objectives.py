"""The two pre-training objectives lose nothing of a text."""

import random

import pytest

from softscale.pretrain.objectives import prefix_lm, span_corruption

EOS = 1
SENTINELS = list(range(999, 975, -1))


@pytest.mark.parametrize("length", [2, 3, 7, 20, 60, 400])
def test_input_and_target_of_span_corruption_together_rebuild_the_text(length: int) -> None:
    tokens = list(range(3, 3 + length))
    for seed in range(50):
        inputs, targets = span_corruption(tokens, 0.2, 2.0, SENTINELS, EOS, random.Random(seed))
        assert inputs[-1] == targets[-1] == EOS
        spans: dict[int, list[int]] = {}
        for token in targets[:-1]:
            if token in SENTINELS:
                spans[token] = []
            else:
                spans[list(spans)[-1]].append(token)
        assert list(spans) == SENTINELS[: len(spans)] == [token for token in inputs if token in SENTINELS]
        assert [part for token in inputs[:-1] for part in spans.get(token, [token])] == tokens
        assert all(spans.values())


def test_span_corruption_masks_its_share_in_spans_of_its_length() -> None:
    tokens = list(range(3, 103))
    _, targets = span_corruption(tokens, 0.2, 2.0, SENTINELS, EOS, random.Random(0))
    sentinels = sum(token in SENTINELS for token in targets)
    assert (sentinels, len(targets) - 1 - sentinels) == (10, 20)


@pytest.mark.parametrize("length", [2, 3, 7, 60])
def test_prefix_and_continuation_together_are_the_text(length: int) -> None:
    tokens = list(range(3, 3 + length))
    cuts = set()
    for seed in range(100):
        inputs, targets = prefix_lm(tokens, EOS, random.Random(seed))
        assert inputs[-1] == targets[-1] == EOS
        assert inputs[:-1] + targets[:-1] == tokens
        assert len(inputs) > 1
        assert len(targets) > 1
        cuts.add(len(inputs))
    assert len(cuts) > 1 or length < 60
