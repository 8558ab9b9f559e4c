"""The commands that kills.py kills, and what is there before each."""

import json
import os
import shutil
from pathlib import Path

from kill_stage import Case, Stage


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

    report = ("report", "runtime.results=results")
    prompt, lora = runs["prompt_tuning"], runs["lora"]
    adapt = ("steps=6", "batch_size=2", "checkpoint_every=2", "keep=[2]", "threads=1", "to=adapted")
    return [
        Case("train", train, moments=8),
        Case("train model tuning", (*train, "method=model_tuning"), moments=2),
        Case("train two tasks", (*train, "task=superglue", "task.tasks=[rte,cb]"), moments=2),
        Case("train with W&B", (*train, "optim.steps=4", "logger=wandb"), moments=2),
        Case("sweep", (*train, "seed=0,1,2", "runtime.workers=2"), moments=4, most=6),
        Case("report", (*report, "experiment=miniature/figure_1_first_look"), with_records, moments=2),
        Case("site", ("site", "runtime.results=results"), with_results, moments=2),
        Case("predict", ("predict", f"run={prompt}", "input=asked.jsonl", "to=answers/to.jsonl"), with_questions),
        Case("inspect", ("inspect", f"run={prompt}", "to=pages"), with_runs),
        Case("export npy", ("export", f"run={prompt}", "format=npy", "to=prompt.npy"), with_runs, repeats=False),
        Case("export peft", ("export", f"run={lora}", "format=peft", "to=adapter"), with_runs, repeats=False),
        Case("export model", ("export", f"run={lora}", "format=model", "to=merged"), with_runs, repeats=False),
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
