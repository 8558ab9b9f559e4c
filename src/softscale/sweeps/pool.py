"""A pool of processes that runs jobs: each process imports torch once and then takes job after job.

A process that dies takes only its job with it; when the parent dies, even by SIGKILL, its processes end too, so a
restarted sweep never meets the last one's orphans.
"""

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import Timeout

from softscale.devices.available import num_gpus
from softscale.devices.orphans import end_with_parent
from softscale.errors import InputError
from softscale.training.libraries import load_libraries

if TYPE_CHECKING:
    from softscale.runs.job import Job

SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Event:
    """What happened to a job: it stands at `step`, or it ended."""

    job: "Job"
    kind: str  # step | done | found (done by another process) | failed | refused | taken
    step: int = 0
    message: str = ""


@dataclass
class Worker:
    process: SpawnProcess
    pipe: Connection
    device: str | None  # what it sees of CUDA, None: no GPU
    job: "Job | None" = None


def run_jobs(
    jobs: Sequence["Job"],
    workers: int,
    tell: Callable[[Event], None],
    is_to_do: Callable[["Job"], bool] = lambda job: True,
) -> None:
    """Run jobs on `workers` processes and tell what happens; each is bound to GPUs of its own, where there are any.

    A job that raises, or whose process dies, does not stop the others; one that is no more `is_to_do` as its turn
    comes is passed over.
    """
    todo = list(jobs)
    each, visible, gpus = jobs[0].runtime.devices, os.environ.get("CUDA_VISIBLE_DEVICES"), num_gpus(jobs[0].runtime)
    bound = [_devices(number, each, gpus, visible) for number in range(min(workers, len(jobs)))]
    pool = [_start(device, jobs[0]) for device in bound]
    try:
        while todo or any(worker.job for worker in pool):
            for index, worker in enumerate(pool):
                while worker.job is None and todo and not is_to_do(todo[0]):
                    todo.pop(0)
                if worker.job is None and todo:
                    if not worker.process.is_alive():
                        pool[index] = worker = _start(worker.device, jobs[0])
                    worker.job = todo.pop(0)
                    with suppress(BrokenPipeError):  # it died just now: the pipe says so below
                        worker.pipe.send(worker.job)
            busy = {worker.pipe: worker for worker in pool if worker.job}
            for pipe in wait(list(busy), timeout=1.0):
                worker = busy[pipe]  # type: ignore[index]
                tell(_heard(worker))
        for worker in pool:
            if worker.process.is_alive():
                worker.pipe.send(None)
        for worker in pool:
            worker.process.join(timeout=10)
    finally:
        for worker in pool:
            worker.process.kill()
            worker.process.join()
            if worker.job:
                with suppress(Timeout), worker.job.lock():
                    worker.job.remove_partial_files()


def _start(device: str | None, job: "Job") -> Worker:
    """A process that waits for jobs; small matrices are fastest on one thread each, one process a core."""
    here, there = SPAWN.Pipe()
    os.environ["OMP_NUM_THREADS"] = str(job.runtime.threads)
    process = SPAWN.Process(target=_work, args=(there, device), daemon=False)
    process.start()
    there.close()
    return Worker(process, here, device)


def _devices(number: int, each: int, gpus: int, visible: str | None) -> str | None:
    """What CUDA_VISIBLE_DEVICES must say for a worker: `each` of the `gpus` that this process sees; None: leave it."""
    if not gpus:
        return None
    names = visible.split(",") if visible else [str(gpu) for gpu in range(gpus)]
    chosen = {(number * each + index) % gpus for index in range(each)}
    return ",".join(names[gpu] for gpu in sorted(chosen))


def _heard(worker: Worker) -> Event:
    """The next event of a busy worker; a broken pipe means that its process died."""
    job = worker.job
    assert job is not None
    try:
        kind, step, message = worker.pipe.recv()
    except (EOFError, OSError):
        worker.process.join()
        kind, step, message = "failed", 0, f"its process died (exit code {worker.process.exitcode})"
    if kind != "step":
        worker.job = None
    return Event(job, kind, step, message)


def _work(pipe: Connection, device: str | None) -> None:
    """Take jobs until there is none left, or the parent is gone."""
    if device is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = device  # before torch looks
    for name in ("SIGINT", "SIGUSR1", "SIGUSR2"):  # Ctrl-C, or a time limit: it reaches the parent, which ends us
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    end_with_parent()
    job = pipe.recv()
    if job is None:
        return
    load_libraries(job.wandb)
    from softscale.training.run import Taken, attempt

    while job:
        try:
            _write_output_to(Path(job.runtime.runs) / ".logs" / f"{job.id}.log")
            _, own = attempt(job, _throttled(lambda step: pipe.send(("step", step, ""))))
            pipe.send(("done" if own else "found", job.study.optim.steps, ""))
        except Taken as taken:
            pipe.send(("taken", 0, str(taken)))
        except InputError as error:
            pipe.send(("refused", 0, str(error)))
        except Exception as error:
            pipe.send(("failed", 0, f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"))
        job = pipe.recv()


def _write_output_to(path: Path) -> None:
    """What libraries print goes to the job's log: the terminal belongs to the sweep's progress line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    with path.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)


def _throttled(send: Callable[[int], None], seconds: float = 0.5) -> Callable[[int], None]:
    last = 0.0

    def throttled(step: int) -> None:
        nonlocal last
        if time.monotonic() - last >= seconds:
            last = time.monotonic()
            send(step)

    return throttled
