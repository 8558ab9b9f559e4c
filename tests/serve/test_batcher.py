"""What waits is answered once, in its order, whatever happens to the rows beside it."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch

from softscale.finished.mixed_batch import Question
from softscale.methods.modules.prompt_tuning import PromptTuning
from softscale.serve.batcher import Batcher, Failed, Full
from softscale.serve.counts import Counts
from softscale.serve.limits import Limits

PROMPT = PromptTuning(torch.zeros(1, 2))


def rows(*numbers: int) -> list[Question]:
    return [
        Question(tokens=[number, 1], method=PROMPT, length=1, sentinel=False, decoder="greedy") for number in numbers
    ]


class Model:
    """Answers a row with its number; 13 cannot be answered; `gate` holds it until it is set."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, questions: Sequence[Question]) -> list[str]:
        assert self.gate.wait(30)
        numbers = [question.tokens[0] for question in questions]
        self.batches.append(numbers)
        if 13 in numbers:
            raise MemoryError("13 is too many")
        return [str(number) for number in numbers]


def worked(model: Model, limits: Limits, use: Callable[[Batcher], Any]) -> Any:
    """What `use` returns while a batcher works."""

    async def both() -> Any:
        batcher = Batcher(model, limits, Counts())
        work = asyncio.create_task(batcher.work())
        try:
            return await use(batcher)
        finally:
            model.gate.set()
            batcher.close()
            await work

    return asyncio.run(both())


def test_what_comes_while_the_model_works_shares_the_next_batch() -> None:
    model = Model()
    model.gate.clear()

    async def use(batcher: Batcher) -> list[list[str]]:
        asked = [asyncio.create_task(batcher.ask(rows(2)))]
        await asyncio.sleep(0.05)  # the model has begun with it
        asked += [asyncio.create_task(batcher.ask(rows(*numbers))) for numbers in ((3, 4), (5,), (6, 7, 8))]
        await asyncio.sleep(0.05)
        model.gate.set()
        return await asyncio.gather(*asked)

    assert worked(model, Limits(batch=4, window=0), use) == [["2"], ["3", "4"], ["5"], ["6", "7", "8"]]
    assert model.batches == [[2], [3, 4, 5, 6], [7, 8]]


def test_a_row_that_cannot_be_answered_takes_no_other_with_it(capsys: pytest.CaptureFixture[str]) -> None:
    async def use(batcher: Batcher) -> list[Any]:
        asked = (batcher.ask(rows(*numbers)) for numbers in ((2, 3), (13,), (4,)))
        return await asyncio.gather(*asked, return_exceptions=True)

    first, bad, last = worked(Model(), Limits(), use)
    assert (first, last) == (["2", "3"], ["4"])
    assert isinstance(bad, Failed)
    assert capsys.readouterr().err == "a row could not be answered: MemoryError: 13 is too many\n"


def test_rows_that_nobody_waits_for_any_more_are_not_computed() -> None:
    model = Model()
    model.gate.clear()

    async def use(batcher: Batcher) -> list[str]:
        first = asyncio.create_task(batcher.ask(rows(2)))
        await asyncio.sleep(0.05)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(batcher.ask(rows(3, 4)), 0.05)
        assert batcher.waiting == 0
        last = asyncio.create_task(batcher.ask(rows(5)))
        await asyncio.sleep(0)
        model.gate.set()
        return [*await first, *await last]

    assert worked(model, Limits(window=0), use) == ["2", "5"]
    assert model.batches == [[2], [5]]


def test_closing_answers_what_waits_at_once_and_takes_no_more() -> None:
    async def use(batcher: Batcher) -> list[str]:
        waits = asyncio.create_task(batcher.ask(rows(2, 3)))
        await asyncio.sleep(0.05)
        batcher.close()
        with pytest.raises(Full):
            await batcher.ask(rows(4))
        return await asyncio.wait_for(waits, 10)

    assert worked(Model(), Limits(window=60.0), use) == ["2", "3"]
