"""Bad command lines and damaged files over all commands, each in a process of its own: what is said, left and spent.

  python benchmarks/bad_lines.py lines=300 seed=18

Each must end with exit code 2, one sentence and nothing left behind (tests/bad_lines.py draws and judges them). Time is
that of the processor, which other work on the machine does not change. Exit code 1 where one is wrong.
"""

import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from bad_lines import Case, cases, contents, faults, make_material
from tiny import overrides_of, save_t5_1_1

from softscale.world.tokenizer import build_tokenizer

COMMAND = [sys.executable, "-c", "from softscale.cli import main; main()"]
ENVIRONMENT = os.environ | {
    "OMP_NUM_THREADS": "1",
    "PYTHONPATH": os.pathsep.join(str(Path(path).absolute()) for path in sys.path if path),
}


def main() -> int:
    typed = dict(argument.split("=", 1) for argument in sys.argv[1:])
    lines, seed = int(typed.get("lines", 300)), int(typed.get("seed", 18))
    seconds, wrong = [], 0
    with tempfile.TemporaryDirectory() as name:
        top = Path(name)
        material, run = made(top)
        for number, case in enumerate(cases(lines, seed, run)):
            took, found = refused(case, material, top / "own", number)
            seconds.append(took)
            if found:
                wrong += 1
                print(f"wrong: softscale {' '.join(case.arguments)} ({case.kind}): {', '.join(found)}")
    median, most = statistics.median(seconds), max(seconds)
    print(f"{lines} lines, {wrong} wrong; seconds of a core: median {median:.2f}, most {most:.2f}")
    return int(wrong > 0)


def made(top: Path) -> tuple[Path, str]:
    """A folder in which every command works, and the id of its finished run."""
    t5, run, material = save_t5_1_1(top / "t5", build_tokenizer()), top / "run", top / "material"
    material.mkdir()
    subprocess.run([*COMMAND, "train", *overrides_of(t5, run, "optim.steps=2")], env=ENVIRONMENT, check=True)
    return material, make_material(material, t5, run)


def refused(case: Case, material: Path, folder: Path, number: int) -> tuple[float, list[str]]:
    """Seconds of a core that a case took, and what is wrong with how it ended."""
    shutil.copytree(material, folder)
    case.damage(folder, random.Random(number))
    before, used = contents(folder), resource.getrusage(resource.RUSAGE_CHILDREN)
    typed = [argument.replace("\0", "\\0") for argument in case.arguments]
    ended = subprocess.run([*COMMAND, *typed], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = faults(ended.returncode, ended.stderr, before, contents(folder))
    shutil.rmtree(folder)
    return now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime, found


if __name__ == "__main__":
    sys.exit(main())
