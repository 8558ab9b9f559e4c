"""Records of runs that never were, with scores to choose: real records, from their constructor."""

import math
from collections.abc import Mapping
from typing import Any

from softscale.claims import Material
from softscale.metrics.bootstrap import picks
from softscale.runs.record import Record

SIZES = {"mini_1": 50_000, "mini_2": 200_000, "mini_3": 1_000_000}
TASKS = ("boolq", "wsc")
PROMPT, MODEL = {"name": "prompt_tuning"}, {"name": "model_tuning"}
DESIGN = {"name": "prompt_design", "shots": 0}


def on_resamples(score: float, task: str) -> list[float]:
    """A score on each resample: off by what all runs of the task share."""
    return [round(score + (int(step) - 2) / 100, 4) for step in picks(f"noise {task}", 5, 200)]


def record_of(
    score: float,
    *,
    model: str = "mini_1",
    method: Mapping[str, Any] = PROMPT,
    task: str = "boolq",
    seed: int = 0,
    sentinel: bool = False,
    transfer: Mapping[str, float] | None = None,
    illegal: int = 0,
    empty: int = 0,
    copied: int = 0,
    mixed: tuple[str, ...] = (),
) -> Record:
    """A run of a task, or of the tasks of `mixed`."""
    total = SIZES[model.split("_")[0] + "_" + model.split("_")[1]]
    transfer = transfer or {}
    resampled = {f"dev/{name}": on_resamples(score, name) for name in mixed} or {"dev": on_resamples(score, task)}
    resampled |= {f"transfer/{name}": on_resamples(value, name) for name, value in transfer.items()}
    point = {"step": 1, "dev/score": score, **{f"dev/{name}/score": score for name in mixed}}
    told = {"count": 100, "illegal": illegal, "commonest": 60, "empty": empty, "copied": copied, "sha256": "a"}
    return Record(
        id=f"{model} {method} {task} {sentinel} {seed} {mixed}",
        study={
            "model": {"name": model, "source": "miniature"},
            "method": dict(method),
            "task": {"name": task, "sentinel": sentinel, **({"tasks": list(mixed)} if mixed else {})},
            "data": {"name": "miniature"},
            "seed": seed,
            "transfer": list(transfer),
        },
        runtime={},
        parameters={
            "total": total,
            "trained": total if method["name"] == "model_tuning" else 0,
            "stored": 0,
            "bytes": 0,
        },
        backbone={"before": "a", "after": "a"},
        data={"majority": 0.5},
        curve=[point],
        best=point,
        last=point,
        predictions=told,
        notes=[],
        provenance={"dirty": False, "seconds": 1.0},
        transfer={f"transfer/{name}/score": value for name, value in transfer.items()},
        resampled=resampled,
    )


def runs(score: float, **told: Any) -> list[Record]:
    """Two tasks and three seeds that differ by half a point."""
    return [record_of(score + 0.005 * seed, task=task, seed=seed, **told) for task in TASKS for seed in range(3)]


def figure_1(prompt: tuple[float, ...], model: tuple[float, ...], design: tuple[float, ...] = ()) -> list[Record]:
    told: list[Record] = []
    for place, rung in enumerate(SIZES):
        told += runs(prompt[place], model=rung) + runs(model[place], model=rung, method=MODEL)
        told += runs(design[place], model=rung, method=DESIGN) if design else []
    return told


def multi(score: float) -> list[Record]:
    return [record_of(score, model="mini_3", method=MODEL, task="mixed", seed=seed, mixed=TASKS) for seed in range(3)]


def lengths(
    one: tuple[float, ...], twenty: tuple[float, ...], longest: tuple[float, ...], beyond: tuple[float, ...]
) -> list:
    told: list[Record] = []
    for place, rung in enumerate(SIZES):
        for length, score in ((1, one[place]), (20, twenty[place]), (100, longest[place]), (150, beyond[place])):
            told += runs(score, model=rung, method={**PROMPT, "length": length})
    return told


def inits(labels: tuple[float, ...], vocab: tuple[float, ...], random: tuple[float, ...]) -> list[Record]:
    told: list[Record] = []
    for place, rung in enumerate(SIZES):
        for name, scores in (("class_labels", labels), ("sampled_vocab", vocab), ("random_uniform", random)):
            told += runs(scores[place], model=rung, method={**PROMPT, "init": {"name": name}})
    return told


def objectives(
    adapted: tuple[float, ...], span: tuple[float, ...], sentinel: tuple[float, ...], **of_span: Any
) -> list[Record]:
    told: list[Record] = []
    for place, rung in enumerate(SIZES):
        told += runs(adapted[place], model=rung)
        told += runs(span[place], model=f"{rung}_span", **(of_span if place == 1 else {}))
        told += runs(sentinel[place], model=f"{rung}_span", sentinel=True)
    return told


def adaptations(*parts: tuple[float, ...]) -> list[Record]:
    told: list[Record] = []
    for name, scores in zip(("_span", "_lm_10", "_lm_50", ""), parts, strict=True):
        for rung, score in zip(SIZES, scores, strict=True):
            told += runs(score, model=f"{rung}{name}")
    return told


def question_answering(prompt: Mapping[str, float], model: Mapping[str, float]) -> list[Record]:
    told = []
    for method, scores in ((PROMPT, prompt), (MODEL, model)):
        others = {name: score for name, score in scores.items() if name != "squad"}
        told += [
            record_of(scores["squad"], task="squad", method=method, seed=seed, transfer=others) for seed in range(3)
        ]
    return told


def paraphrases(prompt: float, model: float, trained: str, scored: str) -> list[Record]:
    return [
        record_of(0.9, task=trained, method=method, seed=seed, transfer={scored: score})
        for method, score in ((PROMPT, prompt), (MODEL, model))
        for seed in range(3)
    ]


def counted(prefix: float, warp: float, prompt: float) -> Material:
    row = {"model": "t5_xxl_v1_1", "total": 11_000_000_000, "variant": "", "length": 100, "trained": 409_600}
    shares = (("prefix_tuning", prefix), ("warp", warp), ("prompt_tuning", prompt))
    rows = [
        {**row, "method": name, "share": share, "variant": "encoder" if name == "prefix_tuning" else ""}
        for name, share in shares
    ]
    return Material(page=rows)


def voted(average: float, best: float, ensemble: float) -> Material:
    row = {"model": "mini_3", "total": 1_000_000, "tasks": 8, "metric": "score", "why": math.nan}
    scores = {"average": average, "best": best, "ensemble": ensemble}
    return Material(page=[{**row, "what": what, "score": score} for what, score in scores.items()])
