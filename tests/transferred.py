"""Records of runs that were scored on tasks that they were not trained on."""

from typing import Any

from softscale.figures.kind import Cell
from softscale.runs.record import Record

PUBLIC, ADAPTED = "t5_small_v1_1", "t5_small_lm"
QA = {"squad": ("em", "f1"), "duorc": ("em", "f1"), "race": ("em", "f1")}
METRICS = {**QA, "mrpc": ("accuracy", "f1"), "qqp": ("accuracy", "f1")}


def transferred(
    method: str,
    task: str,
    targets: list[str],
    seed: int = 0,
    score: float = 0.5,
    *,
    model: str | None = None,
    backbone: int = 76_961_152,
    source: str = "hub",
    dirty: bool = False,
    length: int = 100,
) -> Record:
    """A record whose metrics are `score` on its own task and less by a tenth on each following target."""
    trained = backbone if method == "model_tuning" else 512 * length
    told = {name: {m: score - 0.1 * place for m in METRICS[name]} for place, name in enumerate([task, *targets])}
    told[task]["em"] = told[task].get("em", score) / 2
    best = {"step": 1, "dev/score": score, **{f"dev/{m}": told[task][m] for m in METRICS[task]}}
    transfer = {f"transfer/{t}/{m}": v for t in targets for m, v in told[t].items()}
    transfer |= {f"transfer/{t}/score": told[t]["f1"] for t in targets}
    model = model or (PUBLIC if method == "model_tuning" else ADAPTED)
    study: dict[str, Any] = {
        "model": {"name": model, "source": source},
        "method": {"name": method, **({"length": length} if method == "prompt_tuning" else {})},
        "task": {"name": task},
        "data": {"name": "hub"},
        "optim": {"lr": 0.3},
        "seed": seed,
        "transfer": targets,
    }
    total = backbone if method == "model_tuning" else backbone + trained
    return Record(
        id=f"{model} {method} {length} {task} {seed}",
        study=study,
        runtime={},
        parameters={"total": total, "trained": trained, "stored": trained, "bytes": 4 * trained},
        backbone={"before": "a", "after": "a"},
        data={
            "train": 9,
            "dev": 9,
            "train_cut": 0,
            "majority": 0.4,
            **{f"transfer/{t}/majority": 0.3 for t in targets},
        },
        curve=[best],
        best=best,
        last=best,
        predictions={"sha256": "b", "count": 9, "illegal": -1},
        notes=[],
        provenance={"commit": "c", "dirty": dirty, "device": "d", "seconds": 1.0, "versions": {}},
        transfer=transfer,
    )


def squad_runs() -> list[Record]:
    """Three seeds of both methods; prompts are five points better, and vary less."""
    return [
        transferred(method, "squad", ["duorc", "race"], seed, base + step * seed)
        for method, base, step in (("model_tuning", 0.70, 0.02), ("prompt_tuning", 0.76, 0.01))
        for seed in range(3)
    ]


def cells_of(records: list[Record]) -> list[Cell]:
    parts = ("model", "method", "task")
    return [{"id": r.id, "seed": r.study["seed"], **{p: r.study[p]["name"] for p in parts}} for r in records]
