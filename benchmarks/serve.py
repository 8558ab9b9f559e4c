"""Requests a second, time to an answer and memory of `softscale serve` with many prompts, against one process a task.

  OMP_NUM_THREADS=1 python benchmarks/serve.py model=mini_3 prompts=1,10,100 processes=1,10 requests=2000 clients=32

Makes as many runs as are needed in `runs=DIR` (2 steps each: what a prompt has learnt costs nothing), and keeps them
there. Each client, a thread of this process on the same machine, has a connection of its own and sends a record of one
run after another. Every answer is compared with what `softscale predict` writes for the same record.

Three ways of serving: `together`, all prompts in one process; `one by one`, the same without shared batches; `a process
a task`, as many processes as prompts. `core` is the time of a core that the servers take for one request, which other
work on the machine changes least. Memory is the proportional share (Linux's Pss) of all server processes.
"""

import http.client
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from softscale.compose.cells import hydra_session, single
from softscale.markdown import aligned_table
from softscale.runs.job import Job
from softscale.training.run import run
from softscale.world.records import records

TASKS = ("boolq", "cb", "copa", "multirc", "record", "rte", "wic", "wsc", "squad")
DEFAULTS = {
    "model": "mini_3",
    "length": "20",
    "prompts": "1,10,100",
    "processes": "1,10",
    "requests": "2000",
    "clients": "32",
    "runs": "runs",
}
SMALL = ("optim.steps=2", "optim.eval_every=2", "data.train_records=16", "data.dev_records=4", "logger=none")


@dataclass(frozen=True)
class Server:
    """A server that answers."""

    process: subprocess.Popen[str]
    port: int

    def bytes(self) -> int:
        """Of memory, what is shared with other processes divided among them."""
        text = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text()
        found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
        assert found
        return 1024 * int(found[1])

    def cpu(self) -> float:
        """Seconds of a core that it has taken so far (proc(5): utime and stime)."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


Question = tuple[str, dict[str, Any]]  # the id of a run, and a record of its task


def main(arguments: list[str]) -> None:
    told = DEFAULTS | dict(argument.split("=", 1) for argument in arguments)
    assert told.keys() == DEFAULTS.keys(), f"the options are {', '.join(DEFAULTS)}"
    together = [int(each) for each in told["prompts"].split(",")]
    apart = [int(each) for each in told["processes"].split(",") if each]
    folder, clients = Path(told["runs"]), int(told["clients"])
    ids = _runs(told["model"], int(told["length"]), max(together + apart), folder)
    rows = []
    for count in together:
        asked = _questions(ids[:count], int(told["requests"]))
        wanted = _predicted(asked, folder)
        ways = [("together", [list(asked_ids(asked))], ""), ("one by one", [list(asked_ids(asked))], "batch=1")]
        if count in apart:
            ways.append(("a process a task", [[run] for run in asked_ids(asked)], ""))
        for way, groups, option in ways:
            rows.append([str(count), way, *_measured(groups, option, asked, wanted, folder, clients)])
            print(" ".join(rows[-1]), file=sys.stderr, flush=True)
    threads = os.environ.get("OMP_NUM_THREADS", "all")
    print(
        f"{told['model']}, prompts of {told['length']} rows, {told['requests']} requests by {clients} clients;", end=" "
    )
    print(f"{os.cpu_count()} cores shared with the clients, {threads} thread(s) of the model a process\n")
    head = [
        "prompts",
        "served",
        "requests a second",
        "median (ms)",
        "99 % (ms)",
        "core (ms)",
        "memory (MB)",
        "as predict",
    ]
    print(aligned_table(head, rows, left=2))


def asked_ids(asked: list[Question]) -> dict[str, None]:
    return dict.fromkeys(run for run, _ in asked)


def _runs(model: str, length: int, count: int, folder: Path) -> list[tuple[str, str]]:
    """The task and the id of so many finished runs."""
    made = []
    for index in range(count):
        task, seed = TASKS[index % len(TASKS)], index // len(TASKS)
        of_run = [f"model={model}", f"task={task}", f"method.length={length}", f"seed={seed}"]
        folders = [f"runtime.runs={folder}", f"runtime.results={folder}/results"]
        with hydra_session():
            job = Job.of(single([*of_run, *SMALL, *folders]).config, None)
        if job.state() != "done":
            run(job)
        made.append((task, job.id))
    return made


def _questions(ids: list[tuple[str, str]], count: int) -> list[Question]:
    """Records of the runs in turn, in an order that is always the same; every run is asked at least once."""
    pools = {task: _single(list(records(task, "dev", count, 3))) for task in {task for task, _ in ids}}
    chosen = [ids[index % len(ids)] for index in range(max(count, len(ids)))]
    asked = [(run, pools[task][index % len(pools[task])]) for index, (task, run) in enumerate(chosen)]
    random.Random(0).shuffle(asked)
    return asked


def _single(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Records that ask one question each: of those of several, the first answer."""
    for row in rows:
        if isinstance(row.get("passage"), dict) and "questions" in row["passage"]:
            question = row["passage"]["questions"][0]
            row["passage"]["questions"] = [question | {"answers": question["answers"][:1]}]
    return rows


def _predicted(asked: list[Question], folder: Path) -> list[list[str]]:
    """What `softscale predict` writes for each question."""
    with tempfile.TemporaryDirectory() as place:
        file, to = Path(place, "records.jsonl"), Path(place, "to.jsonl")
        file.write_text("".join(json.dumps(record | {"run": run}) + "\n" for run, record in asked))
        command = ["predict", f"run={','.join(asked_ids(asked))}", f"input={file}", f"to={to}"]
        subprocess.run([*_softscale(), *command, f"runtime.runs={folder}"], check=True, stdout=subprocess.DEVNULL)
        found: list[list[str]] = [[] for _ in asked]
        for row in map(json.loads, to.read_text().splitlines()):
            found[int(row["place"].removeprefix("line ")) - 1].append(row["prediction"])
    return found


def _measured(
    groups: list[list[str]], option: str, asked: list[Question], wanted: list[list[str]], folder: Path, clients: int
) -> list[str]:
    """The cells of a row, for servers of these groups of runs."""
    with ExitStack() as stack:
        started = [_started(runs, option, folder) for runs in groups]
        servers = [stack.enter_context(_ready(process)) for process in started]
        ports = {run: server.port for runs, server in zip(groups, servers, strict=True) for run in runs}
        _asked(asked[: 4 * clients], ports, clients)  # what the first requests take is not counted
        before, cpu = time.perf_counter(), sum(server.cpu() for server in servers)
        answers, seconds = _asked(asked, ports, clients)
        took, cpu = time.perf_counter() - before, sum(server.cpu() for server in servers) - cpu
        memory = sum(server.bytes() for server in servers)
    equal = sum(answer == want for answer, want in zip(answers, wanted, strict=True))
    middle, slow = statistics.median(seconds), statistics.quantiles(seconds, n=100)[98]
    rate, each = f"{len(asked) / took:.0f}", f"{1000 * cpu / len(asked):.1f}"
    return [rate, f"{1000 * middle:.0f}", f"{1000 * slow:.0f}", each, f"{memory / 1e6:.0f}", f"{equal} of {len(asked)}"]


def _asked(asked: list[Question], ports: dict[str, int], clients: int) -> tuple[list[list[str]], list[float]]:
    """The answers to all questions in their order, and the seconds that each took; each client asks every nth."""

    def client(first: int) -> list[tuple[int, list[str], float]]:
        connections = {port: http.client.HTTPConnection("127.0.0.1", port, timeout=120) for port in ports.values()}
        found = []
        for index in range(first, len(asked), clients):
            run, record = asked[index]
            body = json.dumps({"run": run, "inputs": [record]})
            before = time.perf_counter()
            connection = connections[ports[run]]
            connection.request("POST", "/predict", body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            content = response.read()
            assert response.status == 200, content
            seconds = time.perf_counter() - before
            found.append((index, [row["prediction"] for row in json.loads(content)["predictions"]], seconds))
        for connection in connections.values():
            connection.close()
        return found

    with ThreadPoolExecutor(clients) as threads:
        found = sorted(each for part in threads.map(client, range(clients)) for each in part)
    return [answer for _, answer, _ in found], [seconds for _, _, seconds in found]


def _started(runs: list[str], option: str, folder: Path) -> subprocess.Popen[str]:
    command = [*_softscale(), "serve", f"run={','.join(runs)}", "port=0", f"runtime.runs={folder}", *option.split()]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@contextmanager
def _ready(process: subprocess.Popen[str]) -> Iterator[Server]:
    """Within, the process serves; it ends afterwards."""
    try:
        assert process.stdout
        line = process.stdout.readline()
        found = re.match(r"http://127\.0\.0\.1:(\d+): ", line)
        assert found, line
        yield Server(process, int(found[1]))
    finally:
        process.terminate()
        process.wait()


def _softscale() -> list[str]:
    return [sys.executable, "-c", "from softscale.cli import main; main()"]


if __name__ == "__main__":
    main(sys.argv[1:])
