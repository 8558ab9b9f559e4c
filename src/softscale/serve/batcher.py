"""Rows of all requests wait in one queue and are answered in shared batches, in the order in which they came.

While the model works on one batch the next one gathers; a row waits for others only where the model has nothing to do,
and then for a short window. The queue lives in the event loop; the model works in a thread of its own.
"""

import asyncio
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from softscale.finished.mixed_batch import Question, batches
from softscale.serve.counts import Counts
from softscale.serve.limits import Limits


class Full(Exception):
    """The queue has no room; the argument is in how many seconds it may have."""


class Failed(Exception):
    """The model could not answer a row."""


@dataclass(frozen=True, eq=False)
class Waiting:
    question: Question
    answer: asyncio.Future[str]
    since: float  # of the loop's clock


class Batcher:
    def __init__(self, answers: Callable[[Sequence[Question]], list[str]], limits: Limits, counts: Counts) -> None:
        """answers: those of one batch, called in a thread."""
        self._answers, self._limits, self._counts = answers, limits, counts
        self._queue: deque[Waiting] = deque()
        self._changed = asyncio.Event()
        self._closing = False

    @property
    def waiting(self) -> int:
        return len(self._queue)

    def check_room(self, rows: int) -> None:
        """Raises Full where so many more rows cannot wait."""
        if self._closing or self.waiting + rows > self._limits.queue:
            done = sum(self._counts.rows.values())
            raise Full(self.waiting * self._counts.busy / done if done else 0.0)

    async def ask(self, questions: Sequence[Question]) -> list[str]:
        """The answer to each question; where this is cancelled, those that still wait leave the queue.

        Raises:
            Full: there is no room for all of them.
            Failed: the model could not answer one.
        """
        self.check_room(len(questions))
        loop = asyncio.get_running_loop()
        rows = [Waiting(question, loop.create_future(), loop.time()) for question in questions]
        self._queue.extend(rows)
        self._changed.set()
        try:
            return await asyncio.gather(*(row.answer for row in rows))
        except BaseException:
            for row in rows:
                row.answer.cancel()
            self._queue = deque(row for row in self._queue if not row.answer.done())
            raise

    def close(self) -> None:
        """Take no more rows; `work` ends when those that wait are answered."""
        self._closing = True
        self._changed.set()

    async def work(self) -> None:
        """Answer until `close`."""
        with ThreadPoolExecutor(1, thread_name_prefix="model") as thread:
            while rows := await self._next():
                for part in batches([row.question for row in rows], self._limits.batch):
                    await self._answer([rows[index] for index in part], thread)

    async def _next(self) -> list[Waiting]:
        """The rows of the next batch; none when this is closed and all is answered."""
        now = asyncio.get_running_loop().time
        while True:
            left = self._queue[0].since + self._limits.window - now() if self._queue else None
            if self._queue and (
                self._closing or self.waiting >= self._limits.batch or (left is not None and left <= 0)
            ):
                return [self._queue.popleft() for _ in range(min(self.waiting, self._limits.batch))]
            if self._closing:
                return []
            self._changed.clear()
            try:
                async with asyncio.timeout(left):
                    await self._changed.wait()
            except TimeoutError:
                pass

    async def _answer(self, rows: Sequence[Waiting], thread: ThreadPoolExecutor) -> None:
        rows = [row for row in rows if not row.answer.done()]  # nobody waits any more for what is cancelled
        if not rows:
            return
        loop, started = asyncio.get_running_loop(), time.perf_counter()
        try:
            texts = await loop.run_in_executor(thread, self._answers, [row.question for row in rows])
        except Exception as error:
            if len(rows) > 1:  # one that cannot be answered takes no other with it
                for row in rows:
                    await self._answer([row], thread)
            elif not rows[0].answer.done():
                print(f"a row could not be answered: {type(error).__name__}: {error}", file=sys.stderr)
                rows[0].answer.set_exception(Failed())
            return
        self._counts.busy += time.perf_counter() - started
        self._counts.batches.observe(len(rows))
        for row, text in zip(rows, texts, strict=True):
            if not row.answer.done():
                row.answer.set_result(text)
