"""Whatever is bad on a command line or in a file: exit code 2, one sentence, nothing left behind, in a second or two.

The cases are those of bad_lines.py: 300 in processes of their own (slow), and a sample of them in this one.
"""

import os
import resource
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

import pytest
from bad_lines import Case, cases, make_material
from tiny import overrides_of

from softscale.cli import main

COUNT, SEED, SAMPLE = 300, 18, 24
COMMAND = Path(sys.executable).with_name("softscale")
MOST_SECONDS = 1.5  # of a core, the median


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory, t5_folder: Path) -> tuple[Path, str]:
    """A folder in which every command works, and the id of its finished run."""
    run, folder = tmp_path_factory.mktemp("run"), tmp_path_factory.mktemp("material")
    with pytest.raises(SystemExit):
        main(["train", *overrides_of(t5_folder, run, "optim.steps=2")])
    return folder, make_material(folder, t5_folder, run)


def contents(folder: Path) -> dict[str, bytes | None]:
    """What is below `folder`, folders too; locks and what is cached are not looked at."""
    found = (path for path in sorted(folder.rglob("*")) if not {".locks", ".cache"} & set(path.parts))
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in found
        if path.suffix != ".lock"
    }


def faults(code: int | str | None, shown: str, before: dict, after: dict) -> list[str]:
    """What a refusal must not be."""
    sentences = [line for line in shown.splitlines() if line.startswith("softscale: ")]
    changed = sorted(name for name in before | after if before.get(name, "") != after.get(name, ""))
    return [
        *([f"exit code {code}"] if code != 2 else []),
        *([f"{len(sentences)} sentences"] if len(sentences) != 1 else []),
        *(["a traceback"] if "Traceback" in shown else []),
        *([f"left or changed {', '.join(changed[:3])}"] if changed else []),
    ]


def ready(case: Case, material: Path, folder: Path, number: int) -> None:
    import random

    shutil.copytree(material, folder)
    case.damage(folder, random.Random(number))


@pytest.mark.parametrize("number", range(SAMPLE))
def test_a_bad_line_is_refused_in_one_sentence_and_leaves_nothing(
    number: int,
    material: tuple[Path, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = cases(COUNT, SEED, material[1])[number * (COUNT // SAMPLE)]
    ready(case, material[0], tmp_path / "own", number)
    monkeypatch.chdir(tmp_path / "own")
    before = contents(tmp_path / "own")
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main(case.arguments)
    shown = capsys.readouterr().err
    assert faults(ended.value.code, shown, before, contents(tmp_path / "own")) == [], (case, shown)


@pytest.mark.slow
def test_300_bad_lines_are_refused_in_a_second_or_two(material: tuple[Path, str], tmp_path: Path) -> None:
    """Each in a process of its own; time is that of the processor, which other work on the machine does not change."""
    seconds, wrong = [], []
    for number, case in enumerate(cases(COUNT, SEED, material[1])):
        folder = tmp_path / str(number)
        ready(case, material[0], folder, number)
        before = contents(folder)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        run = subprocess.run(
            [COMMAND, *(argument.replace("\0", "\\0") for argument in case.arguments)],
            cwd=folder,
            capture_output=True,
            text=True,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )
        now = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime)
        found = faults(run.returncode, run.stderr, before, contents(folder))
        if found:
            wrong.append((case.kind, case.arguments, found, run.stderr[-300:]))
        shutil.rmtree(folder)
    print(f"median {statistics.median(seconds):.2f} s of a core, longest {max(seconds):.2f} s")
    assert wrong == []
    assert statistics.median(seconds) < MOST_SECONDS
