"""Examples-proportional mixing: shares, epochs, and batches that are a function of the seed and the step."""

from collections import Counter

import pytest

from softscale.data.order import indices_of_step

COUNTS = (40, 250, 1000)  # examples of three tasks; the last is above the limit
LIMIT = 400
SHARES = (40, 250, 400)


def tasks_of(indices: list[int]) -> Counter[int]:
    return Counter(sum(index >= end for end in (40, 290)) for index in indices)


def drawn(steps: int, size: int, seed: int = 0) -> list[int]:
    return [index for step in range(steps) for index in indices_of_step(step, size, COUNTS, seed, LIMIT)]


def test_every_epoch_has_exactly_the_share_of_each_task() -> None:
    indices = drawn(30, sum(SHARES) // 10)
    for epoch in range(3):
        told = tasks_of(indices[epoch * sum(SHARES) : (epoch + 1) * sum(SHARES)])
        assert tuple(told[task] for task in range(3)) == SHARES


@pytest.mark.parametrize("seed", [0, 1])
def test_tasks_are_spread_over_an_epoch_as_draws_in_proportion_to_min_n_k_would_be(seed: int) -> None:
    share = SHARES[2] / sum(SHARES)
    for tenth in range(10):
        indices = [
            index
            for step in range(tenth * 3, tenth * 3 + 3)
            for index in indices_of_step(step, 23, COUNTS, seed, LIMIT)
        ]
        deviation = (share * (1 - share) / len(indices)) ** 0.5
        assert abs(tasks_of(indices)[2] / len(indices) - share) < 4 * deviation


def test_a_task_below_the_limit_is_seen_whole_in_every_epoch_and_one_above_it_over_several() -> None:
    indices = drawn(50, sum(SHARES) // 10)
    first = indices[: sum(SHARES)]
    assert sorted(index for index in first if index < 290) == list(range(290))
    large = [index for index in indices if index >= 290]
    assert len(large) == 2 * 1000  # five epochs of 400 are two of its own
    assert Counter(large) == dict.fromkeys(range(290, 1290), 2)


def test_a_batch_is_a_function_of_the_seed_and_the_step_alone() -> None:
    later = indices_of_step(77, 32, COUNTS, 3, LIMIT)
    assert drawn(78, 32, seed=3)[-32:] == later
    assert indices_of_step(77, 32, COUNTS, 4, LIMIT) != later
    assert indices_of_step(76, 32, COUNTS, 3, LIMIT) != later


@pytest.mark.parametrize("limit", [None, 1000, 10**6])
def test_a_mixture_of_one_task_below_the_limit_has_the_batches_of_that_task(limit: int | None) -> None:
    assert all(
        indices_of_step(step, 32, (1000,), 5, limit) == indices_of_step(step, 32, (1000,), 5) for step in range(99)
    )


def test_without_a_limit_tasks_are_mixed_as_if_they_were_one() -> None:
    assert indices_of_step(9, 32, (300, 700), 5) == indices_of_step(9, 32, (1000,), 5)
