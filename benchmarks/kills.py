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

import math
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kill_cases import prepare
from kill_stage import FULL, KILL, LOG, OFF, Case, Stage


@dataclass
class Count:
    kills: int = 0
    wrong: list[str] = field(default_factory=list)
    kinds: Counter = field(default_factory=Counter)


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
    count = min(len(points), math.ceil(share * len(points)))
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
