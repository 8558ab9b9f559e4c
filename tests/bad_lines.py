"""Bad command lines over all commands, and what is damaged beside them: drawn by a seed, each of its own folder.

Every case begins with a copy of a folder in which the command works, and damages one thing: a value, a key, a command,
or a file of the kind that it reads. A case that is none, because what was drawn is fine, is a fault of this file.
"""

import json
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
from safetensors.numpy import save_file

from softscale.cli import COMMANDS
from softscale.config import OptimConfig, Runtime, TaskConfig
from softscale.methods.lora import LoRAConfig
from softscale.methods.prefix_tuning import PrefixTuningConfig
from softscale.pretrain.adaptation import Adaptation
from softscale.pretrain.rung import Pretraining
from softscale.sources.miniature import MiniatureConfig

Damage = Callable[[Path, random.Random], None]

LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22e\nsize 12345\n"
STUDY = ["model=local", "model.path=t5", "task=rte", "task.target_length=4", "data.train_records=24"]
STUDY += ["data.dev_records=8", "optim.steps=2", "optim.batch_size=4", "logger=none"]
CUSTOM = ["model=local", "model.path=t5", "task=custom", "task.template={text}", "task.target=label"]
CUSTOM += ["task.labels={0: yes, 1: no}", "data=custom", "optim.steps=2", "optim.batch_size=2", "logger=none"]
CSV = "text,label\nthe cat is here,0\nthe dog is there,1\n"
JSONL = '{"text": "the cat is here", "label": 0}\n{"text": "the dog is there", "label": 1}\n'
QUESTION = '{"premise": "the cat is here", "hypothesis": "the dog is there", "idx": 0}\n'


@dataclass(frozen=True)
class Case:
    """arguments: what is typed, in a folder that `damage` has changed. kind: what of it is bad."""

    kind: str
    arguments: tuple[str, ...]
    damage: Damage = lambda folder, rng: None


def make_material(folder: Path, t5: Path, run: Path) -> str:
    """A folder in which every command works: a T5, a finished run, files of each kind. The id of the run."""
    shutil.copytree(run, folder, dirs_exist_ok=True)
    shutil.copytree(t5, folder / "t5")
    for name, text in {"a.csv": CSV, "b.csv": CSV, "a.jsonl": JSONL, "q.jsonl": QUESTION, "a.txt": CSV * 50}.items():
        (folder / name).write_text(text)
    prompt = np.ones((20, 16), dtype=np.float32)
    np.save(folder / "prompt.npy", prompt)
    save_file({"prompt": prompt}, folder / "prompt.safetensors", {"state": '{"step": 1}'})
    (folder / "peft").mkdir()
    save_file({"prompt_embeddings": prompt}, folder / "peft" / "adapter_model.safetensors")
    adapter = {"peft_type": "PROMPT_TUNING", "num_virtual_tokens": 20}
    (folder / "peft" / "adapter_config.json").write_text(json.dumps(adapter))
    return next((folder / "runs").glob("[0-9a-f]*")).name


def cases(count: int, seed: int, run: str) -> list[Case]:
    """`count` cases, as many of each kind as there can be, in a drawn order."""
    rng = random.Random(seed)
    streams = [stream(random.Random(f"{seed} {stream.__name__}"), run) for stream in STREAMS]
    made: dict[tuple[str, ...], Case] = {}
    while len(made) < count:
        for stream in list(streams):
            case = next(stream, None)
            if case is None:
                streams.remove(stream)
            else:
                made.setdefault((case.kind, *case.arguments, repr(case.damage)), case)
    drawn = list(made.values())[:count]
    rng.shuffle(drawn)
    return drawn


# Values and keys.

BAD_VALUES = {
    int: ["abc", "1.5", "-1", "null", "[1,2]", "{a: 1}", "1e400", "99999999999999999999999", "nan", "1_000x", "'1 2'"],
    float: ["abc", "nan", "inf", "-inf", "-1", "null", "[0.1]", "{a: 0.1}", "0.1.2", "1e400", "-0.5"],
    bool: ["maybe", "null", "[true]", "abc", "yess"],
}
TYPED = ("status", "plan", "recipe", "report", "neighbours", "train")  # commands that compose a study
GROUPS = ("model", "method", "task", "data", "optim", "runtime", "logger", "method/init")


def _numbers(kind: type, prefix: str, without: tuple[str, ...] = ()) -> list[tuple[str, type]]:
    """The fields of a dataclass that hold numbers, with their types."""
    hints = get_type_hints(kind)
    names = [part.name for part in fields(kind) if part.name not in without]
    return [(f"{prefix}{name}", hints[name]) for name in names if hints[name] in BAD_VALUES]


def _study_fields() -> list[tuple[list[str], str, type]]:
    """What to type in front, the field, its type."""
    plain = [
        *_numbers(OptimConfig, "optim."),
        *_numbers(TaskConfig, "task."),
        *_numbers(MiniatureConfig, "data."),
        *_numbers(Runtime, "runtime."),
        ("seed", int),
        ("method.length", int),
        ("method.init.population", int),
    ]
    lora = [(["method=lora"], *each) for each in _numbers(LoRAConfig, "method.")]
    prefix = [(["method=prefix_tuning"], *each) for each in _numbers(PrefixTuningConfig, "method.")]
    return [*(([], *each) for each in plain), *lora, *prefix]


def bad_values(rng: random.Random, run: str) -> Iterator[Case]:
    known = _study_fields()
    while True:
        front, key, kind = rng.choice(known)
        value = rng.choice(BAD_VALUES[kind])
        yield Case("value", (rng.choice(TYPED), *STUDY, *front, f"{key}={value}"))


def bad_sweeps(rng: random.Random, run: str) -> Iterator[Case]:
    known = _study_fields()
    while True:
        front, key, kind = rng.choice(known)
        value = rng.choice([each for each in BAD_VALUES[kind] if "," not in each])
        command = rng.choice(["train", "status", "plan"])
        yield Case("swept value", (command, *STUDY, *front, f"seed=0,{rng.randrange(2, 9)}", f"{key}={value}"))


def absurd_values(rng: random.Random, run: str) -> Iterator[Case]:
    absurd = ["optim.lr=1e30", "optim.weight_decay=1", "optim.decay_rate=1e9", "optim.z_loss=1e30", "optim.steps=10e11"]
    absurd += ["optim.steps=1000000000000", "optim.batch_size=1000000000", "optim.initial_step=1000000000000"]
    absurd += ["optim.dropout=1", "optim.stop_at=2", "optim.eval_every=0", "task.input_length=1000000000"]
    absurd += ["task.target_length=1000000000", "data.train_records=1000000000", "runtime.threads=1000000"]
    absurd += ["runtime.workers=1000000", "runtime.devices=1000000", "runtime.micro_batch=0", "method.length=100000000"]
    absurd += ["method.length=999999999999", "runtime.eval_batch_size=1000000000", "data.num_train=1000000000000"]
    absurd += ["model.revision=abc", "model.dtype=fp16", "model.dtype=int8", "model.source=moon", "wandb.mode=loud"]
    rng.shuffle(absurd)
    yield from (Case("absurd value", ("train", *STUDY, each)) for each in absurd)
    for each in ["method.rank=10000000", "method.alpha=1e30", "method.rank=0", "method.targets=[]", "method.dropout=1"]:
        yield Case("absurd value", ("train", *STUDY, "method=lora", each))


def _misspelt(word: str, rng: random.Random) -> str:
    at = rng.randrange(len(word) - 1)
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return rng.choice([word + "x", "x" + word, word[:at] + word[at + 1 :] + "q", swapped + "z"])


def misspelt_keys(rng: random.Random, run: str) -> Iterator[Case]:
    known = _study_fields()
    while True:
        front, key, _ = rng.choice(known)
        group, dot, name = key.rpartition(".")
        yield Case("key", (rng.choice(TYPED), *STUDY, *front, f"{group}{dot}{_misspelt(name, rng)}=1"))


def misspelt_options(rng: random.Random, run: str) -> Iterator[Case]:
    options = ["mini_1", "prompt_tuning", "rte", "miniature", "cpu", "wandb", "sampled_vocab", "t5_base_lm", "lora"]
    while True:
        option, group = _misspelt(rng.choice(options), rng), rng.choice(GROUPS)
        study = [each for each in STUDY if not each.startswith(f"{group}=")]
        yield Case("option", (rng.choice(TYPED), *study, f"{group}={option}"))


def misspelt_commands(rng: random.Random, run: str) -> Iterator[Case]:
    while True:
        yield Case("command", (_misspelt(rng.choice(list(COMMANDS)), rng), *rng.sample(STUDY, 3)))


def broken_grammar(rng: random.Random, run: str) -> Iterator[Case]:
    lines = ["=3", "steps", "+optim.lr=1", "++optim.lr=1", "optim.lr", "optim.lr=0.1 optim.steps=3", "optim..lr=1"]
    lines += ["optim.lr=[0.1", "optim.lr={a", "optim.lr='0.1", "optim.lr=range(1,2", "optim.lr=glob(*)", ".lr=1"]
    lines += ["optim.lr=${nope}", "optim.lr=${optim.nope}", "task=", "model=", "optim@x=1", "optim.lr=0.1=0.2"]
    lines += [
        "seed=range(0)",
        "experiment=none",
        "experiment=",
        "hydra.launcher._target_=x",
        "é=1",
        "optim.lr=\u00a01x",
    ]
    lines += ["hydra/launcher=moon", "hydra/sweeper=moon", "method.name=lora", "model.name=a", "data.name=b", "\x00=1"]
    rng.shuffle(lines)
    for line in lines:
        yield Case("grammar", (rng.choice(("train", "status", "plan", "recipe")), *STUDY, line))
    for option in ("--fast", "--cfgs", "-q", "-mm", "--multirun=3", "-"):
        yield Case("option of train", ("train", *STUDY, option))


# Commands with keys of their own.

KEYS = {
    "predict": ["run={run}", "input=q.jsonl"],
    "inspect": ["run={run}"],
    "export": ["run={run}", "format=npy", "to=out.npy"],
    "site": [],
    "claims": [],
    "skills": [],
    "doctor": [],
}


def bad_options(rng: random.Random, run: str) -> Iterator[Case]:
    bad = ["runs=x", "x", "=", "run", "--all", "runtime.run=x", "inpt=q.jsonl", "to", "é=ü", "run:x=1", "model"]
    while True:
        command = rng.choice(list(KEYS))
        yield Case("key of its own", (command, *(key.format(run=run) for key in KEYS[command]), rng.choice(bad)))


def bad_choices(rng: random.Random, run: str) -> Iterator[Case]:
    lines: list[tuple[str, ...]] = [
        *(("predict", f"run={id_}", "input=q.jsonl") for id_ in ("nope", "../runs", f"{run},{run}", f"{run},x", ",")),
        *(("predict", f"run={run}", f"input={file}") for file in ("nope.jsonl", "t5", "runs", "a.jsonl")),
        *(
            ("predict", f"run={run}", "input=q.jsonl", f"to={to}")
            for to in ("q.jsonl", "t5", f"runs/{run}/x", "a.csv/x")
        ),
        ("predict", "input=q.jsonl"),
        ("predict", f"run={run}"),
        *(("inspect", f"run={id_}") for id_ in ("nope", "..", "/", "a" * 300, f"{run} ")),
        ("inspect", f"run={run}", "runtime.runs=nowhere"),
        ("inspect", f"run={run}", "to=a.csv"),
        *(("export", f"run={run}", f"format={form}", "to=out") for form in ("zip", "npy", "PEFT", "t5x")),
        ("export", f"run={run}", "format=model", "to=out"),
        ("export", f"run={run}", "format=npy", "to=prompt.npy"),
        ("export", f"run={run}", "format=npy", "to=a.csv/x.npy"),
        ("export", f"run={run}", "format=npy"),
        *(("skills", each) for each in ("model=mini_9", "model=", "questions=0", "questions=abc", "questions=-3")),
        *(("skills", each) for each in ("questions=1e3", "questions=1000000000", "model=t5_small_lm", "model=mini_1,")),
        *(("doctor", f"data.root={root}") for root in ("nowhere", "a.csv", "~nobody/x")),
        *(("site", each) for each in ("to=a.csv", "to=a.csv/x", "runtime.results=nowhere", "runtime.results=a.csv")),
        *(("claims", each) for each in ("runtime.results=a.csv", "runtime.runs=x", "experiment=a")),
        *(("recipe", each) for each in ("run=nope", f"run={run}", "run=..", "run=")),
        ("recipe", f"run={run}", "run=x"),
        ("recipe", f"run={run}", "optim.lr=1"),
        ("report",),
        ("report", *STUDY),
        ("neighbours",),
        ("neighbours", "experiment=miniature/figure_3b_init"),
        ("report", "experiment=nope"),
        ("status", "experiment=miniature/figure_1"),
        ("train", "experiment=miniature/figure_4_parameters"),
        ("train", "model=local"),
        ("train", *STUDY, "runtime=ddp", "runtime.devices=3"),
        ("train", *STUDY, "runtime=fsdp"),
        ("train", *STUDY, "transfer=[rte]"),
        ("train", *STUDY, "transfer=[nope]"),
        ("train", *STUDY, "data=local", "data.root=nowhere"),
        ("train", *STUDY, "runtime.runs=a.csv/x"),
        ("train", *STUDY, "runtime.results=a.csv"),
        ("train", *STUDY, "runtime.runs=''"),
        ("train", *STUDY, "method=prompt_design"),
    ]
    lines = [line for line in lines if line != ("recipe", f"run={run}")]
    rng.shuffle(lines)
    yield from (Case("choice", line) for line in lines)


def bad_pretraining(rng: random.Random, run: str) -> Iterator[Case]:
    rungs = [("rung=1", key, kind) for key, kind in _numbers(Pretraining, "")]
    texts = [("model=mini_1", key, kind) for key, kind in _numbers(Adaptation, "")]
    for each in ("rung=9", "rung=mini_9", "rung=", "rung=1 x", "model=t5_9", "rung=1 keep=[10000000]"):
        yield Case("pre-training", ("pretrain", *each.split(), "to=out"))
    for each in (
        "text=nowhere",
        "objective=nope",
        "text=runs/.none",
        "text=a.txt document=page",
        "text=a.txt keep=[0]",
    ):
        yield Case("pre-training", ("pretrain", "model=mini_1", *each.split(), "to=out"))
    yield Case("pre-training", ("pretrain", "model=local", "model.path=t5", "text=a.txt", "to=t5"))
    yield Case("pre-training", ("pretrain", "model=local", "model.path=runs", "text=a.txt", "to=out"))
    yield Case("pre-training", ("pretrain", "model=mini_1", "text=a.txt"))
    while True:
        front, key, kind = rng.choice(rungs + texts)
        extra = [] if front.startswith("rung") else ["text=a.txt"]
        yield Case("pre-training", ("pretrain", front, *extra, "to=out", f"{key}={rng.choice(BAD_VALUES[kind])}"))


# Files.


def _written(name: str, content: bytes) -> Damage:
    def damage(folder: Path, rng: random.Random) -> None:
        (folder / name).write_bytes(content)

    return damage


def _cut(name: str, share: float) -> Damage:
    def damage(folder: Path, rng: random.Random) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: int(share * len(content))])

    return damage


def _removed(name: str) -> Damage:
    return lambda folder, rng: (folder / name).unlink()


def _folder_instead(name: str) -> Damage:
    def damage(folder: Path, rng: random.Random) -> None:
        (folder / name).unlink()
        (folder / name).mkdir()

    return damage


def _noise(name: str) -> Damage:
    return lambda folder, rng: (folder / name).write_bytes(rng.randbytes(400))


def damages_of(name: str, *contents: bytes) -> list[Damage]:
    """What may befall any file, and `contents` in place of its own."""
    own = [_written(name, content) for content in (b"", LFS, b"\xff\xfe\x00", *contents)]
    return [*own, _cut(name, 0.5), _removed(name), _folder_instead(name), _noise(name)]


ROWS = [b'{"text": "a"', b'{"text": NaN, "label": 0}\n', b'["a"]\n', b'{"text": "a", "label": 7}\n', b"\n\n"]
ROWS += [b'{"text": "a", "text": "b", "label": 0}\n', b'{"text": "\\ud800", "label": 0}\n', b'{"label": 0}\n']
ROWS += [b'{"text": {"a": 1}, "label": 0}\n', b'{"text": "a", "label": null}\n', b"[" * 50000, b"9" * 6000 + b"\n"]
TABLES = [b"text\na\n", b"text,text,label\na,b,0\n", b'text,label\n"a,0\n', b"text,label\na,0,1\n", b",,\na,b,c\n"]
TABLES += [b"text,label\na,9\n", b"text,label\n", b"\x1f\x8b\x08\x00broken", b"text,label\na\x00,7\n"]
QUESTIONS = [b"{", b'{"premise": 3, "hypothesis": "b"}\n', b'{"premise": "a"}\n', b'{"premise": Infinity}\n', b"[]\n"]
QUESTIONS += [
    b'{"premise": "a", "premise": "b", "hypothesis": "c"}\n',
    b"\n",
    b'{"premise": "a", "hypothesis": null}\n',
]


def bad_data(rng: random.Random, run: str) -> Iterator[Case]:
    tables = [("a.csv", "b.csv", damage) for damage in damages_of("a.csv", *TABLES)]
    rows = [("a.jsonl", "b.csv", damage) for damage in damages_of("a.jsonl", *ROWS)]
    both = tables + rows
    rng.shuffle(both)
    for train, dev, damage in both:
        names = (train, dev) if rng.random() < 0.5 else (dev, train)
        yield Case("data", ("train", *CUSTOM, f"data.train={names[0]}", f"data.dev={names[1]}"), damage)
    for typed in ("data.train=a.txt data.dev=b.csv", "data.train=a.csv", "data.train=t5 data.dev=b.csv"):
        yield Case("data", ("train", *CUSTOM, *typed.split()))


def bad_questions(rng: random.Random, run: str) -> Iterator[Case]:
    for damage in damages_of("q.jsonl", *QUESTIONS):
        yield Case("records to predict", ("predict", f"run={run}", "input=q.jsonl"), damage)


def bad_texts(rng: random.Random, run: str) -> Iterator[Case]:
    study = ("pretrain", "model=local", "model.path=t5", "text=a.txt", "to=out", "steps=2")
    for content in (b"", LFS, b"\xff\xfe\x00", b"\x1f\x8b\x08\x00broken", b"a b\n"):
        yield Case("text", study, _written("a.txt", content))


def bad_prompts(rng: random.Random, run: str) -> Iterator[Case]:
    study = ("train", *STUDY, "method.length=20", "method/init=from_file")
    for damage in damages_of("prompt.npy", b"\x93NUMPY\x01\x00v\x00{"):
        yield Case("prompt", (*study, "method.init.path=prompt.npy"), damage)
    for damage in damages_of("prompt.safetensors", b"\x08\x00\x00\x00\x00\x00\x00\x00{}      "):
        yield Case("prompt", (*study, "method.init.path=prompt.safetensors"), damage)
    for name in ("peft/adapter_config.json", "peft/adapter_model.safetensors"):
        for damage in damages_of(name, b'{"peft_type": "LORA"}', b"[]"):
            yield Case("prompt", (*study, "method.init.path=peft"), damage)
    yield Case("prompt", ("train", *STUDY, "method.length=21", "method/init=from_file", "method.init.path=prompt.npy"))
    yield Case("prompt", ("train", *STUDY, "method/init=from_run", "method.init.run=nope"))
    yield Case("prompt", ("train", *STUDY, "method=lora", "method.start=peft"))
    yield Case("prompt", ("train", *STUDY, "method=lora", "method.start=nowhere"))


def bad_models(rng: random.Random, run: str) -> Iterator[Case]:
    named = {
        "t5/config.json": [b'{"model_type": "bert"}', b"[]", b"{"],
        "t5/model.safetensors": [],
        "t5/tokenizer.json": [],
    }
    for name, contents in named.items():
        for damage in damages_of(name, *contents):
            yield Case("model", ("train", *STUDY), damage)


def bad_runs(rng: random.Random, run: str) -> Iterator[Case]:
    record, tensors = f"runs/{run}/record.json", f"runs/{run}/best.safetensors"
    odd: list[Any] = [{"schema": 99}, {"extra": 1}, {"id": "000000000000"}, {"best": []}, {"study": {}}, {"curve": "x"}]
    for change in odd:
        yield Case("record", _reading(rng, run), _changed(record, change))
    for damage in damages_of(record, b"[]", b'{"schema": 3}', b'{"schema": 3, "schema": 3}'):
        yield Case("record", _reading(rng, run), damage)
    for damage in damages_of(tensors, b"\x08\x00\x00\x00\x00\x00\x00\x00{}      "):
        yield Case("trained tensors", _reading(rng, run), damage)


def _reading(rng: random.Random, run: str) -> tuple[str, ...]:
    lines = (
        ("predict", f"run={run}", "input=q.jsonl"),
        ("inspect", f"run={run}"),
        ("export", f"run={run}", "format=npy", "to=out.npy"),
    )
    return rng.choice(lines)


def _changed(name: str, change: dict[str, Any]) -> Damage:
    def damage(folder: Path, rng: random.Random) -> None:
        (folder / name).write_text(json.dumps(json.loads((folder / name).read_text()) | change))

    return damage


STREAMS = (bad_values, bad_sweeps, absurd_values, misspelt_keys, misspelt_options, misspelt_commands, broken_grammar)
STREAMS += (
    bad_options,
    bad_choices,
    bad_pretraining,
    bad_data,
    bad_questions,
    bad_texts,
    bad_prompts,
    bad_models,
    bad_runs,
)


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
