"""Every command killed at every file that it writes, and what is found on the disk afterwards.

  python benchmarks/kills.py kills=100 seed=0

Each command runs once undisturbed, while benchmarks/kills.c lists what it does to files. Then it is killed by SIGKILL
(all of its processes) at calls from that list: before a file is made, in the middle of a write, before a sync, a rename
or a removal, once for each kind of call on each file at least; and at random moments. The same command goes on after
each kill, and at its end every file must be that of the undisturbed command, apart from times, with no other beside it.

Then the same with a disk that is full from a call on, until the next attempt; and with files that are damaged after a
kill or after the end: emptied, cut in half, a bit flipped. A damaged file is made again, or named in a sentence.

only=NAME,NAME runs those commands; full=N and damages=N as `kills` (all by default). Linux, with a C compiler.
"""

import json
import os
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

OFF, LOG, KILL, FULL = range(4)  # modes of kills.c
MINUTE = 120  # seconds between a kill and the next attempt, as files see it


@dataclass(frozen=True)
class Case:
    """A command, and what is there before it."""

    name: str
    arguments: tuple[str, ...]
    needs: Callable[[Path], None] = lambda folder: None
    moments: int = 0  # kills at random moments
    most: int | None = None  # kills at calls, of a command that takes long
    repeats: bool = True  # False: once it is done, the same command refuses to do it again


@dataclass
class Ending:
    code: int
    output: str
    seconds: float


@dataclass
class Count:
    kills: int = 0
    wrong: list[str] = field(default_factory=list)
    kinds: Counter = field(default_factory=Counter)


class Stage:
    """A folder in which commands run in processes that can be killed at a call."""

    def __init__(self, top: Path) -> None:
        self.top, self.below = top, Path(os.environ["SOFTSCALE_KILLS_BELOW"])
        self.control, self.log = Path(os.environ["SOFTSCALE_KILLS_CONTROL"]), Path(os.environ["SOFTSCALE_KILLS_LOG"])

    def empty(self, case: Case) -> None:
        shutil.rmtree(self.below, ignore_errors=True)
        self.below.mkdir()
        case.needs(self.below)

    def run(self, case: Case, mode: int = OFF, when: int = 0, after: float | None = None) -> Ending:
        """Run a command to its end, to its call number `when`, or for `after` seconds."""
        self.log.write_bytes(b"")
        output, started = self.top / "output.txt", time.monotonic()
        self._arm(mode, when)
        child = os.fork()
        if not child:
            _become(case.arguments, self.below, output)
        if after is not None:
            time.sleep(after)
            with suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        with suppress(ProcessLookupError):  # the processes of a sweep, which it would end by itself a little later
            os.killpg(child, signal.SIGKILL)
        self._arm(OFF, 0)
        code = os.waitstatus_to_exitcode(status)
        return Ending(code, output.read_text(errors="replace"), time.monotonic() - started)

    def _arm(self, mode: int, when: int) -> None:
        with self.control.open("r+b") as file:  # written in place: processes have it mapped
            file.write(struct.pack("lll", mode, when, 0))

    def calls(self) -> list[tuple[str, str]]:
        """Kind and file of each call of the last command; random parts of names are left out."""
        lines = self.log.read_text().splitlines()
        return [(kind, re.sub(r"\.\w+\.part$", ".part", path)) for kind, path in (line.split("\t") for line in lines)]

    def found(self) -> dict[str, bytes]:
        """Every file and folder, without what differs from time to time."""
        files = {}
        for path in sorted(self.below.rglob("*")):
            name = path.relative_to(self.below)
            if not path.name.endswith(".lock") and not {".locks", ".logs", "wandb"} & {*name.parts}:
                files[str(name)] = _lasting(path) if path.is_file() else b""
        return files

    def let_a_minute_pass(self) -> None:
        """Files of a killed writer look as they would when the next attempt comes later."""
        for path in self.below.rglob("*.part"):
            status = path.stat()
            os.utime(path, (status.st_atime - MINUTE, status.st_mtime - MINUTE))


def _become(arguments: tuple[str, ...], folder: Path, output: Path) -> None:
    """Be a process that runs a command; never returns."""
    code = 1
    try:
        os.setsid()
        os.chdir(folder)
        with output.open("wb") as file:
            for descriptor in (1, 2):
                os.dup2(file.fileno(), descriptor)
        sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
        from softscale.cli import main

        try:
            main(arguments)
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
        except BaseException:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _lasting(path: Path) -> bytes:
    """The content of a file without times."""
    content = path.read_bytes()
    if path.name == "record.json" or path.parent.name == "records":
        record = json.loads(content)
        return json.dumps({k: v for k, v in record.items() if k not in ("provenance", "runtime")}).encode()
    if path.name == "pretraining.json":
        return json.dumps({k: v for k, v in json.loads(content).items() if k != "seconds"}).encode()
    return content


# --- the commands


def cases(model: Path, text: Path, finished: Path, runs: dict[str, str]) -> list[Case]:
    """model: a tiny T5. finished: a folder with finished runs, whose ids by method are `runs`."""
    train = (
        "train", "model=local", f"model.path={model}", "task=rte", "task.target_length=4", "data.train_records=24",
        "data.dev_records=8", "optim.steps=12", "optim.batch_size=4", "optim.eval_every=4",
        "runtime.checkpoint_every=2", "logger=none", "runtime.results=results",
    )  # fmt: skip

    def with_runs(folder: Path) -> None:
        shutil.copytree(finished, folder, dirs_exist_ok=True)

    def with_results(folder: Path) -> None:
        from softscale.config import ROOT

        shutil.copytree(finished / "results", folder / "results", dirs_exist_ok=True)
        for name in ("figure_1_first_look", "table_3_ensemble"):
            shutil.copytree(ROOT / "results" / "miniature" / name, folder / "results" / "miniature" / name)

    def with_records(folder: Path) -> None:
        from softscale.config import ROOT

        source = ROOT / "results"
        rows = (source / "miniature" / "figure_1_first_look" / "runs.csv").read_text().splitlines()[1:]
        (folder / "results" / "records").mkdir(parents=True)
        for row in rows:
            shutil.copy(source / "records" / f"{row.split(',')[0]}.json", folder / "results" / "records")

    def with_questions(folder: Path) -> None:
        with_runs(folder)
        rows = [{"premise": f"Anna has {n} kites.", "hypothesis": "Anna has a kite."} for n in range(6)]
        (folder / "asked.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    prompt, lora = runs["prompt_tuning"], runs["lora"]
    adapt = ("steps=6", "batch_size=2", "checkpoint_every=2", "keep=[2]", "threads=1", "to=adapted")
    return [
        Case("train", train, moments=8),
        Case("train model tuning", (*train, "method=model_tuning"), moments=2),
        Case("train two tasks", (*train, "task=superglue", "task.tasks=[rte,cb]"), moments=2),
        Case("train with W&B", (*train, "optim.steps=4", "logger=wandb"), moments=2),
        Case("sweep", (*train, "seed=0,1,2", "runtime.workers=2"), moments=4, most=6),
        Case("report", ("report", "experiment=miniature/figure_1_first_look", "runtime.results=results"), with_records, moments=2),
        Case("site", ("site", "runtime.results=results"), with_results, moments=2),
        Case("predict", ("predict", f"run={prompt}", "input=asked.jsonl", "to=answers/to.jsonl"), with_questions),
        Case("inspect", ("inspect", f"run={prompt}", "to=pages"), with_runs),
        Case("export npy", ("export", f"run={prompt}", "format=npy", "to=prompt.npy"), with_runs, repeats=False),
        Case("export peft", ("export", f"run={lora}", "format=peft", "to=adapter"), with_runs, repeats=False),
        Case("export t5", ("export", f"run={lora}", "format=t5", "to=merged"), with_runs, repeats=False),
        Case("pretrain", ("pretrain", "model=local", f"model.path={model}", f"text={text}", *adapt), moments=3,
             repeats=False),
    ]  # fmt: skip


def prepare(stage: Stage, names: set[str]) -> list[Case]:
    """A tiny T5, plain text, and two finished runs, made by processes of their own."""
    from softscale.runs.record import read_record

    model, text, finished = stage.top / "tiny", stage.top / "text.txt", stage.top / "finished"
    child = os.fork()
    if not child:
        _make_tiny(model)
        os._exit(0)
    os.waitpid(child, 0)
    text.write_text("".join(f"Anna met {name} in the park .\n" for name in ("Ben", "Clara", "David", "Emma") * 12))
    (train, *_) = cases(model, text, finished, {"prompt_tuning": "", "lora": ""})
    stage.empty(train)
    for method in ("prompt_tuning", "lora"):
        ended = stage.run(Case("", (*train.arguments, f"method={method}")))
        assert ended.code == 0, ended.output
    shutil.copytree(stage.below, finished)
    records = [read_record(path) for path in finished.glob("runs/*/record.json")]
    runs = {record.study["method"]["name"]: record.id for record in records}
    return [case for case in cases(model, text, finished, runs) if not names or case.name in names]


def _make_tiny(folder: Path) -> None:
    import torch

    from softscale.backbone.t5_1_1 import build_t5_1_1, save_t5, t5_1_1_config
    from softscale.world.tokenizer import build_tokenizer

    tokenizer, shape = build_tokenizer(), {"d_model": 16, "d_ff": 32, "d_kv": 8, "num_heads": 2, "num_layers": 1}
    torch.manual_seed(0)
    save_t5(build_t5_1_1(t5_1_1_config(vocab_size=len(tokenizer), **shape)), folder)
    tokenizer.save_pretrained(folder)


# --- faults


def kill_all(stage: Stage, case: Case, expected: dict[str, bytes], points: list[int | float], count: Count) -> None:
    """Kill a command at each of `points`, calls (int) or seconds (float), each in a fresh folder; then let it end."""
    for point in points:
        stage.empty(case)
        killed = stage.run(case, KILL, point) if isinstance(point, int) else stage.run(case, after=point)
        count.kills += killed.code == -signal.SIGKILL
        count.kinds["at a call" if isinstance(point, int) else "at a moment"] += killed.code == -signal.SIGKILL
        done = killed.code == 0 and not case.repeats
        stage.let_a_minute_pass()
        if not done:
            finish(stage, case, expected, f"killed at {point}", count)


def finish(stage: Stage, case: Case, expected: dict[str, bytes], what: str, count: Count) -> None:
    """The same command once more; what is wrong afterwards is counted."""
    ended = stage.run(case)
    found = stage.found()
    done = {name for name in expected if found.get(name) == expected[name]}
    if ended.code == 2 and not case.repeats and done == found.keys() == expected.keys():
        return  # the kill came after the last call, and it says that it is done
    wrong = []
    if ended.code:
        wrong.append(f"exit code {ended.code}: {ended.output.strip().splitlines()[-1:]}")
    wrong += [f"{name} is missing" for name in sorted(expected.keys() - found.keys())]
    wrong += [f"{name} is left" for name in sorted(found.keys() - expected.keys())]
    wrong += [f"{name} differs" for name in sorted(expected.keys() & found.keys() - done)]
    if wrong:
        count.wrong.append(f"{case.name}, {what}: {'; '.join(wrong[:4])}")


def points_of(calls: list[tuple[str, str]], rng: random.Random) -> dict[tuple[str, str], int]:
    """For each kind of call on each file, the number of one of those calls."""
    numbers: dict[tuple[str, str], list[int]] = {}
    for number, call in enumerate(calls, 1):
        numbers.setdefault(call, []).append(number)
    return {call: rng.choice(own) for call, own in numbers.items()}


def fill_disk(stage: Stage, case: Case, expected: dict[str, bytes], points: list[int], count: Count) -> None:
    """A disk that is full from a call on: a sentence, no traceback; with room again, the same command ends well."""
    for point in points:
        stage.empty(case)
        ended = stage.run(case, FULL, point)
        count.kills += 1
        if "Traceback" in ended.output or (ended.code and not ended.output.strip()):
            count.wrong.append(f"{case.name}, full at {point}: no sentence but {ended.output.strip()[-300:]!r}")
        stage.let_a_minute_pass()
        if ended.code or case.repeats:
            finish(stage, case, expected, f"full at {point}", count)


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def halved(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(bytes(content))


def damage_all(
    stage: Stage, case: Case, expected: dict[str, bytes], when: int, most: int, rng: random.Random, count: Count
) -> None:
    """Damage each file that is there after a kill at call `when` (0: after the end), one at a time, and go on.

    A file that the command cannot make again is named in a sentence, exit code 2, and is kept; without it, the command
    goes on.
    """
    stage.empty(case)
    stage.run(case, KILL if when else OFF, when)
    stage.let_a_minute_pass()
    before = stage.top / "before"
    shutil.rmtree(before, ignore_errors=True)
    shutil.copytree(stage.below, before)
    skipped = (".lock", ".log", ".part")
    files = [path.relative_to(before) for path in sorted(before.rglob("*")) if path.is_file()]
    # After the end only the record is read; a damaged cache is made again by who needs it.
    files = [name for name in files if name.suffix not in skipped]
    files = [name for name in files if when or name.name == "record.json" or name.parts[0] == "results"]
    todo = [(name, how) for name in files for how in (emptied, halved, flipped)]
    todo = [(name, how) for name, how in todo if (before / name).stat().st_size > 1]
    for name, how in sorted(rng.sample(todo, min(most, len(todo))), key=str):
        shutil.rmtree(stage.below)
        shutil.copytree(before, stage.below)
        how(stage.below / name)
        damaged = (stage.below / name).read_bytes()
        what = f"{name} {how.__name__} {'after the end' if not when else f'after a kill at {when}'}"
        ended = stage.run(case)
        count.kills += 1
        if ended.code and "Traceback" in ended.output:
            count.wrong.append(f"{case.name}, {what}: a traceback")
        elif ended.code:
            kept = (stage.below / name).is_file() and (stage.below / name).read_bytes() == damaged
            if ended.code != 2 or name.name not in ended.output or not kept:
                count.wrong.append(f"{case.name}, {what}: {ended.code}, kept: {kept}, {ended.output[-300:]!r}")
            count.kinds["named in a sentence"] += 1
            (stage.below / name).unlink(missing_ok=True)
        else:
            count.kinds["made again"] += 1
        finish(stage, case, expected, what, count)


# --- all of it


def main(arguments: list[str]) -> int:
    chosen = dict(argument.split("=", 1) for argument in arguments)
    rng = random.Random(int(chosen.get("seed", 0)))
    if "SOFTSCALE_KILLS_BELOW" not in os.environ:
        return _below_the_shim(arguments)
    import softscale.commands.pretrain
    import softscale.commands.train
    import softscale.pretrain.loop
    import softscale.training.run  # noqa: F401 - imported once, for every process that is forked

    stage = Stage(Path(os.environ["SOFTSCALE_KILLS_BELOW"]).parent)
    names = {name.strip() for name in chosen.get("only", "").split(",") if name.strip()}
    found, kills = prepare(stage, names), int(chosen.get("kills", 100))
    plans = []
    for case in found:
        stage.empty(case)
        ended = stage.run(case, LOG)
        assert ended.code == 0, f"{case.name}: {ended.output}"
        calls = stage.calls()
        named = points_of(calls, rng)
        if case.most is not None:
            named = {call: named[call] for call in sorted(rng.sample(sorted(named), case.most))}
        plans.append((case, stage.found(), calls, named, ended.seconds))
        print(
            f"{case.name}: {len(calls)} calls, {len(named)} kinds of call and file, {ended.seconds:.1f} s", flush=True
        )
    faults = {"kills": Count(), "full disks": Count(), "damaged files": Count()}
    told = 0
    for kind, number in _shares(plans, kills, chosen):
        for case, expected, calls, named, seconds in plans:
            begun = faults[kind].kills
            points: list[Any] = list(named.values())
            if kind == "kills":
                points += [rng.uniform(0.05, seconds * 1.05) for _ in range(case.moments)]
                kill_all(stage, case, expected, _some(points, number, rng), faults[kind])
            elif kind == "full disks":
                writes = [point for (what, _), point in named.items() if what in ("write", "mkdir")]
                fill_disk(stage, case, expected, _some(writes, number, rng), faults[kind])
            elif case.name.startswith(("train", "sweep")) and case.name != "train with W&B":
                last = max(n for n, (what, path) in enumerate(calls, 1) if what == "rename" and "record.json" in path)
                for when in (len(calls) * 2 // 3, last, 0):
                    damage_all(stage, case, expected, when, number, rng, faults[kind])
            for line in [each for count in faults.values() for each in count.wrong][told:]:
                print(f"  {line}", flush=True)
                told += 1
            print(f"{case.name}: {faults[kind].kills - begun} {kind}", flush=True)
        count = faults[kind]
        said = ", ".join(f"{n} {what}" for what, n in count.kinds.items())
        print(f"{count.kills} {kind}{f' ({said})' if said else ''}: {len(count.wrong)} wrong", flush=True)
    return 1 if any(count.wrong for count in faults.values()) else 0


def _some(points: list[Any], share: float, rng: random.Random) -> list[Any]:
    count = min(len(points), max(1, round(share * len(points)))) if share else 0
    return sorted(rng.sample(points, count))


def _shares(plans: list[Any], kills: int, chosen: dict[str, str]) -> Iterator[tuple[str, float]]:
    """Of each kind of fault, the share of a command's points that is tried; of damage, the number for each state."""
    points = sum(len(named) + case.moments for case, _, _, named, _ in plans)
    yield "kills", min(1.0, kills / points)
    writes = sum(what in ("write", "mkdir") for _, _, _, named, _ in plans for what, _ in named)
    yield "full disks", min(1.0, int(chosen.get("full", writes)) / max(1, writes))
    yield "damaged files", int(chosen.get("damages", 1000))


def _below_the_shim(arguments: list[str]) -> int:
    """Run this file again with kills.c loaded."""
    with tempfile.TemporaryDirectory(prefix="softscale-kills-") as temporary:
        top = Path(temporary).resolve()
        library = top / "kills.so"
        source = Path(__file__).with_suffix(".c")
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"], check=True)
        (top / "control").write_bytes(struct.pack("lll", OFF, 0, 0))
        (top / "log").write_bytes(b"")
        environment = os.environ | {
            "LD_PRELOAD": str(library),
            "SOFTSCALE_KILLS_BELOW": str(top / "below"),
            "SOFTSCALE_KILLS_CONTROL": str(top / "control"),
            "SOFTSCALE_KILLS_LOG": str(top / "log"),
            "OMP_NUM_THREADS": "1",
            "TOKENIZERS_PARALLELISM": "false",
        }
        return subprocess.run([sys.executable, __file__, *arguments], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
