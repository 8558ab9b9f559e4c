"""Zero-shot transfer as a table: what was trained on one task and scored on others, by rung (Tables 1 and 2).

Pure functions of the records. Scores are fractions in the table and its CSV, and percent in the Markdown.
"""

import math
import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from softscale import tasks
from softscale.errors import InputError
from softscale.runs.record import Record
from softscale.tables.labels import label_order
from softscale.tables.paper import transfers
from softscale.tables.rungs import backbone_size, models_by_size, sizes_of
from softscale.tables.scores import Row, line, millions, runs_frame, score_cell, six_digits, spread_words, table_rows

REFERENCE = "model_tuning"  # what differences are taken from
COLUMNS = (
    *("rung", "backbone", "model", "method", "label", "trained_on", "scored_on", "in_domain", "metric", "selecting"),
    *("mean", "std", "n", "delta", "delta_std", "majority", "paper_mean", "paper_std", "paper_delta"),
    *("dirty", "miniature"),
)
FRACTIONS = ("mean", "std", "delta", "delta_std", "majority", "paper_mean", "paper_std", "paper_delta")
Block = tuple[str, str, str, str]  # of the page: rung, trained on, scored on, metric

WORDS = (
    "The first rows of a task are in domain: its own dev set, which chose the step. On the others nothing was trained "
    "or chosen. Metrics that do not select the step are in table.csv; `score` is the mean of those that do. Δ: less "
    "model tuning, in points. Constant: the best answer that does not look at the input, by the score that selects."
)
PAPER_WORDS = (
    "The paper: Tables 1 and 2, three runs on real data; the size of its models is not printed there, XXL is likely."
)


def transfer_table(records: Sequence[Record], order: Sequence[str] = ()) -> pd.DataFrame:
    """A row a rung, method and variant, task trained on, task scored on and metric, over seeds.

    A rung is the backbones of one size, so that prompts on an LM-adapted model stand beside model tuning of the public
    one; where a method was run on two models of a size, each model is a rung. Smallest rung first, a task's own dev set
    before its targets, the metrics that select before the others. `delta` is the mean less that of model tuning, and
    `delta_std` the deviation of the difference of two runs; both are NaN where model tuning is missing or has several
    variants. `majority` stands beside the metric that selects.

    Args:
        order: the tasks that were trained on, in the order of the page; others follow by name.

    Raises:
        InputError: a run has no transfer.
    """
    by_id = {record.id: record for record in records}
    runs = table_rows(runs_frame(records))
    for run in runs:
        if not by_id[run["id"]].transfer:
            raise InputError(
                f"report.kind=transfer is not allowed with transfer=[]: run {run['id']} was scored on no other task"
            )
    groups: dict[tuple[str, str, str, str], list[Row]] = defaultdict(list)
    rungs = _rungs(runs)
    for run in runs:
        group = groups[rungs[run["model"]], run["label"], run["task"], run["model"]]
        if any(run["seed"] == other["seed"] for other in group):
            raise ValueError(f"the study of record {run['id']} has two records")
        group.append(run)
    known = [*order, *sorted({run["task"] for run in runs} - set(order))]

    def page_order(group: list[Row]) -> tuple[Any, ...]:
        run = group[0]
        label = run["method"] != REFERENCE, label_order(run["label"])
        return backbone_size(run), rungs[run["model"]], known.index(run["task"]), *label

    rows: list[Row] = []
    for group in sorted(groups.values(), key=page_order):
        rows += _rows(rungs[group[0]["model"]], group, [by_id[run["id"]] for run in group])
    _compare(rows)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _rungs(runs: Sequence[Row]) -> dict[str, str]:
    """The rung of each model: the models of its size, where no method and variant was run on two of them."""
    rungs: dict[str, str] = {}
    for models in models_by_size(sizes_of(runs)).values():
        pairs = {(run["label"], run["model"]) for run in runs if run["model"] in models}
        together = len(pairs) == len({label for label, _ in pairs})
        rungs |= {model: ", ".join(models) if together else model for model in models}
    return rungs


def _rows(rung: str, group: Sequence[Row], records: Sequence[Record]) -> Iterator[Row]:
    """The rows of one method and variant, trained on one task, over its seeds."""
    first, trained_on = group[0], group[0]["task"]
    for scored_on in (trained_on, *records[0].study["transfer"]):
        own = scored_on == trained_on
        task = tasks.by_name(scored_on)
        selecting = task.selected_by or task.metrics
        mean = ("score",) if len(selecting) > 1 else ()
        rest = [metric for metric in task.metrics if metric not in selecting]
        for metric in (*selecting, *mean, *rest):
            key = f"dev/{metric}" if own else f"transfer/{scored_on}/{metric}"
            scores = [(record.best if own else record.transfer)[key] for record in records]
            selects = (metric,) == (mean or tuple(selecting))
            yield {
                "rung": rung,
                "backbone": backbone_size(first),
                **{name: first[name] for name in ("model", "method", "label")},
                "trained_on": trained_on,
                "scored_on": scored_on,
                "in_domain": own,
                "metric": metric,
                "selecting": metric in selecting,
                "mean": statistics.fmean(scores),
                "std": statistics.stdev(scores) if len(scores) > 1 else math.nan,
                "n": len(scores),
                "majority": _majority(records, scored_on, own) if selects else math.nan,
                "dirty": any(run["dirty"] for run in group),
                "miniature": first["miniature"],
            }


def _majority(records: Sequence[Record], scored_on: str, own: bool) -> float:
    return records[0].data["majority" if own else f"transfer/{scored_on}/majority"]


def _compare(rows: Sequence[Row]) -> None:
    """Put the differences from model tuning, and the paper's numbers, into the rows."""
    references: dict[Block, list[Row]] = defaultdict(list)
    for row in rows:
        if row["method"] == REFERENCE:
            references[_block(row)].append(row)
    printed = transfers()
    for row in rows:
        reference = references[_block(row)]
        row |= dict.fromkeys(("delta", "delta_std", "paper_mean", "paper_std", "paper_delta"), math.nan)
        if row["method"] != REFERENCE and len(reference) == 1:
            row["delta"] = row["mean"] - reference[0]["mean"]
            row["delta_std"] = math.hypot(row["std"], reference[0]["std"])
        paper = printed.get((row["trained_on"], row["scored_on"], row["metric"]))
        if paper and row["method"] in (REFERENCE, "prompt_tuning"):
            row["paper_mean"], row["paper_std"] = getattr(paper, row["method"])
        if paper and row["method"] == "prompt_tuning":
            row["paper_delta"] = paper.delta


def _block(row: Row) -> Block:
    return row["rung"], row["trained_on"], row["scored_on"], row["metric"]


def to_csv(table: pd.DataFrame) -> str:
    """The table as CSV; fractions have six digits: the same records give the same bytes."""
    return pd.DataFrame(six_digits(table, FRACTIONS)).to_csv(index=False, lineterminator="\n")


def to_markdown(table: pd.DataFrame) -> str:
    """A block a rung: a row a pair of tasks and metric, a column a method, Δ behind each but model tuning.

    In percent, of the metrics that select and their mean; the paper's columns stand where it has such a row.
    """
    rows = [row for row in table_rows(table) if row["selecting"] or row["metric"] == "score"]
    ordered = sorted(rows, key=lambda row: (row["method"] != REFERENCE, label_order(row["label"])))
    labels = {row["label"]: row["method"] for row in ordered}
    printed = any(not math.isnan(row["paper_mean"]) for row in rows)
    heads = ["rung", "parameters", "trained on", "scored on", "metric"]
    numbers = [head for label, method in labels.items() for head in _heads(label, method, labels)]
    numbers += ["constant", *(("the paper: model", "the paper: prompt", "the paper: Δ") if printed else ())]
    lines = [line([*heads, *numbers]), line(["---", "---:", "---", "---", "---", *["---:"] * len(numbers)])]
    blocks: dict[Block, dict[str, Row]] = defaultdict(dict)
    for row in rows:
        blocks[_block(row)][row["label"]] = row
    usual = max(row["n"] for row in rows)
    for (rung, trained_on, scored_on, metric), group in blocks.items():
        first = next(iter(group.values()))
        cells = [cell for label, method in labels.items() for cell in _cells(group.get(label), method, usual)]
        majority = "" if math.isnan(first["majority"]) else f"{100 * first['majority']:.1f}"
        where = f"{scored_on} (in domain)" if first["in_domain"] else scored_on
        paper = _paper_cells(trained_on, scored_on, metric) if printed else []
        lines.append(line([rung, millions(first["backbone"]), trained_on, where, metric, *cells, majority, *paper]))
    words = [spread_words(usual), WORDS, *([PAPER_WORDS] if printed else [])]
    return "\n".join([*lines, "", " ".join(words)]) + "\n"


def _heads(label: str, method: str, labels: Mapping[str, str]) -> list[str]:
    if method == REFERENCE:
        return [label]
    others = [each for each in labels.values() if each != REFERENCE]
    return [label, "Δ" if len(others) == 1 else f"Δ {label}"]


def _cells(row: Row | None, method: str, usual: int) -> list[str]:
    """Score and difference; of model tuning the score alone."""
    score = "not run" if row is None else score_cell(row, usual)
    return [score] if method == REFERENCE else [score, "" if row is None else points(row["delta"])]


def _paper_cells(trained_on: str, scored_on: str, metric: str) -> list[str]:
    paper = transfers().get((trained_on, scored_on, metric))
    if paper is None:
        return ["", "", ""]
    pairs = (paper.model_tuning, paper.prompt_tuning)
    return [*(f"{100 * mean:.1f} ± {100 * std:.1f}" for mean, std in pairs), points(paper.delta)]


def points(fraction: float) -> str:
    """A difference in points with its sign: +12.5; - where there is none."""
    return "-" if math.isnan(fraction) else f"{round(100 * fraction, 1) + 0.0:+.1f}"  # + 0.0: no -0.0
