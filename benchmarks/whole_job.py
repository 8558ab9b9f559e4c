"""A whole job, ours and PEFT's in turn: load, train, score the dev set once, write what was trained.

  SOFTSCALE_DATA=DIR python benchmarks/whole_job.py rounds=5

T5 1.1 Small with random weights and T5's own vocabulary, RTE, batch 8, 100 rows of prompt, 20 steps, 2 threads; the
folder is that of tests/real_data.py. Any override of `softscale train` may be given, such as `method=lora`,
`method=model_tuning`, `task=boolq`, `model=mini_3 data=miniature`, `runtime=gpu`; `shape=base` takes another shape of
random weights. `only=ours` leaves PEFT out, `before=DIR/src` runs the softscale of another checkout as well.

Each job is a process of its own, on the same texts in the same order. Both write as many tokens: random weights hardly
ever write the end. A line of medians for each: wall time, CPU time of all threads, most memory that the process held.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

SHAPES = {
    "tiny": {"d_model": 64, "d_ff": 128, "d_kv": 16, "num_heads": 4, "num_layers": 2},
    "small": {"d_model": 512, "d_ff": 1024, "d_kv": 64, "num_heads": 6, "num_layers": 8},
    "base": {"d_model": 768, "d_ff": 2048, "d_kv": 64, "num_heads": 12, "num_layers": 12},
    "large": {"d_model": 1024, "d_ff": 2816, "d_kv": 64, "num_heads": 16, "num_layers": 24},
    "xl": {"d_model": 2048, "d_ff": 5120, "d_kv": 64, "num_heads": 32, "num_layers": 24},
}
DEFAULTS = ("method=prompt_tuning", "task=rte", "optim.batch_size=8", "optim.steps=20", "optim.eval_every=20")
DEFAULTS += ("runtime.threads=2", "logger=none", "seed=0")
OWN = ("rounds", "shape", "only", "before")  # options of this file; all others are overrides
SRC = Path(__file__).parents[1] / "src"


@dataclass(frozen=True)
class Measured:
    """One job: seconds of the clock, seconds of all threads, bytes held at most, and seconds of its parts."""

    wall: float
    cpu: float
    peak: int
    parts: dict[str, float]
    score: float


def main(arguments: list[str]) -> None:
    own = {name: value for name, _, value in (each.partition("=") for each in arguments) if name in OWN}
    with tempfile.TemporaryDirectory(prefix="whole_job_") as made:
        folder = Path(made)
        overrides = [*DEFAULTS, *_model_and_data(folder, own, arguments)]
        overrides += [each for each in arguments if each.partition("=")[0] not in OWN]
        jobs = {"ours": SRC} | ({"before": Path(own["before"])} if "before" in own else {})
        subprocess.run(_command("texts", folder, overrides), env=_environment(SRC), check=True)
        kinds = [*jobs, *([] if own.get("only") == "ours" else ["peft"])]
        measured: dict[str, list[Measured]] = {kind: [] for kind in kinds}
        for number in range(int(own.get("rounds", 3))):
            for kind in kinds:
                measured[kind].append(_job(kind, folder / f"{kind}_{number}", folder, overrides, jobs.get(kind, SRC)))
                print(f"round {number + 1} {kind}: {_line(measured[kind][-1:])}", file=sys.stderr, flush=True)
        _say(measured, json.loads((folder / "job.json").read_text()))


def _model_and_data(folder: Path, own: dict[str, str], arguments: list[str]) -> list[str]:
    """The overrides that name random weights and the real data, where the arguments name none."""
    named = {each.partition("=")[0] for each in arguments}
    data = os.environ.get("SOFTSCALE_DATA")
    if data is None and not {"model", "data"} <= named:
        sys.exit("SOFTSCALE_DATA is not set: it names a folder with real data (tests/real_data.py says which)")
    overrides = []
    if "data" not in named:
        overrides += ["data=local", f"data.root={Path(str(data)).expanduser().absolute() / 'superglue'}"]
    if "model" not in named:
        shape, vocabulary = own.get("shape", "small"), Path(str(data)).expanduser() / "t5" / "spiece.model"
        command = [sys.executable, __file__, "weights", str(folder / "model"), shape, str(vocabulary)]
        subprocess.run(command, env=_environment(SRC), check=True)
        overrides += ["model=local", f"model.path={folder / 'model'}"]
    return overrides


def _command(kind: str, folder: Path, overrides: list[str]) -> list[str]:
    return [sys.executable, str(Path(__file__).with_name("one_job.py")), kind, str(folder), *overrides]


def _environment(src: Path) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(src), "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}


def _job(kind: str, place: Path, folder: Path, overrides: list[str], src: Path) -> Measured:
    """One job in a process of its own; its files go when it has ended."""
    place.mkdir()
    command = _command("peft" if kind == "peft" else "ours", folder, overrides)
    before = os.times()
    done = subprocess.run(command, env=_environment(src), cwd=place, capture_output=True, text=True)
    after = os.times()
    if done.returncode:
        sys.exit(done.stderr)
    said = json.loads(done.stdout.splitlines()[-1])
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Measured(after.elapsed - before.elapsed, cpu, said["peak"], said["parts"], said["score"])


def _median(runs: list[Measured], name: str) -> float:
    return statistics.median(getattr(run, name) for run in runs)


def _line(runs: list[Measured]) -> str:
    wall, cpu, peak = (_median(runs, name) for name in ("wall", "cpu", "peak"))
    parts = {name: statistics.median(run.parts[name] for run in runs) for name in runs[0].parts}
    told = ", ".join(f"{name} {seconds:.1f}" for name, seconds in parts.items())
    return f"{wall:6.1f} s  {cpu:6.1f} s of CPU  {peak / 1e9:5.2f} GB  ({told}; score {runs[0].score:.3f})"


def _say(measured: dict[str, list[Measured]], job: dict[str, str]) -> None:
    rounds = len(measured["ours"])
    print(f"{job['what']}; {job['device']}, {job['versions']}; medians of {rounds} rounds in turn")
    for kind, runs in measured.items():
        print(f"{kind:<7} {_line(runs)}")
    for kind in measured:
        if kind != "ours":
            names = {"wall": "wall", "cpu": "CPU", "peak": "peak memory"}
            ratios = {told: _median(measured["ours"], n) / _median(measured[kind], n) for n, told in names.items()}
            print(f"ours / {kind}: {', '.join(f'{told} {ratio:.2f}' for told, ratio in ratios.items())}")


def save_weights(folder: Path, shape: str, vocabulary: Path) -> None:
    """A T5 1.1 of that shape with random weights and T5's vocabulary, as Hugging Face has it."""
    import shutil

    import torch
    from transformers import AutoTokenizer

    from softscale.backbone.t5_1_1 import build_t5_1_1, save_t5, t5_1_1_config

    torch.manual_seed(0)
    model = build_t5_1_1(t5_1_1_config(vocab_size=32128, **SHAPES[shape]))
    save_t5(model, folder)
    shutil.copy(vocabulary, folder)
    AutoTokenizer.from_pretrained(folder).save_pretrained(folder)


if __name__ == "__main__":
    if sys.argv[1:2] == ["weights"]:
        save_weights(Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4]))
    else:
        main(sys.argv[1:])
