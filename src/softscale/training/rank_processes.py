"""One run in several processes of this machine, one a device.

The process that was asked for the run holds its lock, starts the ranks, listens to them and writes the record. A rank
that fails or dies ends the others, which would wait for it for ever; when this process dies, even by SIGKILL, its ranks
end too.
"""

import multiprocessing
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from filelock import FileLock
from torch.distributed import TCPStore  # pyright: ignore[reportPrivateImportUsage] - as torch documents it

from softscale.config import Runtime
from softscale.devices.orphans import end_with_parent
from softscale.errors import InputError
from softscale.files import writable
from softscale.runs.job import Job
from softscale.runs.record import Record

Progress = Callable[[int], None]
Work = Callable[[Job, Progress | None], Record]  # importable by its name
# The ranks are forked from one process that has imported the slow libraries, and used none of them.
FORKSERVER = multiprocessing.get_context("forkserver")
FORKSERVER.set_forkserver_preload(["softscale.training.run"])
HERE = "127.0.0.1"


class RankFailed(RuntimeError):
    """A rank ended without a record; its cause is the rank's own traceback."""


class RankTraceback(Exception):
    """What a rank wrote before it ended."""


@dataclass(frozen=True)
class Rank:
    number: int
    process: ForkServerProcess
    pipe: Connection


def run_in_processes(work: Work, job: Job, progress: Progress | None = None) -> Record:
    """The record of `work(job)`, done by `runtime.devices` processes together, each a rank of one process group.

    Raises:
        InputError: a rank refused the study.
        RankFailed: a rank failed or died.
    """
    store = TCPStore(HERE, 0, is_master=True, wait_for_workers=False)  # the ranks find each other here
    os.environ["OMP_NUM_THREADS"] = str(job.runtime.threads)
    ranks: list[Rank] = []
    try:
        for number in range(job.runtime.devices):
            here, there = FORKSERVER.Pipe()
            process = FORKSERVER.Process(target=_be_rank, args=(work, job, number, store.port, there))
            process.start()
            there.close()
            ranks.append(Rank(number, process, here))
        return _heard(ranks, progress)
    finally:
        for rank in ranks:
            rank.process.kill()
            rank.process.join()


def _heard(ranks: Sequence[Rank], progress: Progress | None) -> Record:
    """Listen until every rank is done, or one is not going to be."""
    record: Record | None = None
    busy = {rank.pipe: rank for rank in ranks}
    while busy:
        for pipe in wait(list(busy)):
            assert isinstance(pipe, Connection)
            rank = busy[pipe]
            try:
                kind, payload = pipe.recv()
            except (EOFError, OSError):
                raise _failure(rank, ranks) from None
            if kind == "step":
                if progress:
                    progress(payload)
            elif kind == "done":
                record = payload or record
                del busy[pipe]
            elif kind == "refused":
                raise InputError(payload)
            else:
                raise _failure(rank, ranks, *payload)  # its line and its traceback
    for rank in ranks:
        rank.process.join(timeout=30)
    assert record is not None
    return record


def _failure(first: Rank, ranks: Sequence[Rank], why: str = "", trace: str = "") -> RankFailed:
    """What to say of the first rank that failed; one that was killed is the cause of what the others complain about."""
    limit = time.monotonic() + 2.0
    for rank in (first, *ranks):
        rank.process.join(timeout=max(0.0, limit - time.monotonic()))
    for rank in ranks:
        code = rank.process.exitcode
        if code is not None and code < 0:
            return RankFailed(f"the process of device {rank.number} died ({signal.Signals(-code).name})")
    if not trace:
        return RankFailed(f"the process of device {first.number} ended early (exit code {first.process.exitcode})")
    error = RankFailed(f"device {first.number}: {why}")
    error.__cause__ = RankTraceback(f"\n{trace}")
    return error


def _be_rank(work: Work, job: Job, number: int, port: int, pipe: Connection) -> None:
    """Do this rank's part; only the first one logs and tells of its progress."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which ends us
    end_with_parent()
    os.environ |= {"LOCAL_RANK": str(number), "NODE_RANK": "0"}  # Lightning reads them and starts nothing itself
    if number > 0:
        job = replace(job, wandb=replace(job.wandb, mode="disabled"))
    locks = writable(Path(job.runtime.runs) / ".locks")
    try:
        # The same rank of a killed attempt may take a moment to end.
        with FileLock(locks / f"{job.id}.rank_{number}.lock"):
            _join(job.runtime, number, port)
            record = work(job, (lambda step: pipe.send(("step", step))) if number == 0 else None)
            dist.destroy_process_group()
        pipe.send(("done", record if number == 0 else None))
    except InputError as error:
        pipe.send(("refused", str(error)))
    except BaseException as error:
        pipe.send(("failed", (_line(error), traceback.format_exc())))


def _line(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"


def _join(runtime: Runtime, number: int, port: int) -> None:
    """Become a rank of the process group."""
    options: dict[str, Any] = {"backend": "gloo"}
    if runtime.device == "gpu":
        torch.cuda.set_device(number)
        options = {"backend": "cpu:gloo,cuda:nccl", "device_id": torch.device("cuda", number)}
    if sys.platform == "linux":
        os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")  # all ranks are here, whatever the host is called
    store = TCPStore(HERE, port, is_master=False)
    dist.init_process_group(store=store, rank=number, world_size=runtime.devices, **options)
