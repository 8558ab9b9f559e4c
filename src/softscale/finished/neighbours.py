"""What the prompts of an experiment are near to in the vocabulary, each beside random vectors (paper, section 7)."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Any

from softscale.markdown import aligned_table, percent
from softscale.tables.rungs import backbone_size

if TYPE_CHECKING:
    from torch import Tensor

    from softscale.finished.run import Finished
    from softscale.finished.vocabulary import Inspection

Row = Mapping[str, Any]
NEIGHBOURS = "neighbours.csv"  # beside the experiment's table.csv
SHARES = {  # of a prompt, a fraction: what a row of the table tells of it
    "clustered": "rows with a cluster",
    "duplicate": "rows that share their nearest piece",
    "labels_near": "label words near a row",
    "labels_kept": "label words still near the row that began as them",
}


def row_of(
    run: "Finished",
    embeddings: "Tensor",
    labels: Sequence[Sequence[int]],
    by_chance: Callable[[int], Sequence["Inspection"]],
) -> Row:
    """A row of the table: a finished prompt beside prompts of as many random vectors.

    Args:
        embeddings: of its backbone, `[V, H]`.
        labels: the pieces of each label word of its task, in the order of the initialisation.
        by_chance: what random prompts of so many rows are near to among `embeddings`.

    Columns: id, model, total (parameters of the backbone), task, seed, init, length; the SHARES, NaN for
    `labels_kept` unless the prompt began as its label words; and of random vectors `random_clustered`,
    `random_duplicate`, `random_labels_near`.
    """
    from softscale.finished.vocabulary import inspect, near_labels

    found = inspect(run.tensors["prompt"], embeddings)
    chance = by_chance(len(found.rows))
    near = [near_labels(found.rows, pieces) for pieces in labels]
    init = run.record.study["method"]["init"]["name"]
    kept = [row in rows for row, rows in enumerate(near) if row < len(found.rows)]
    near_by_chance = [bool(near_labels(prompt.rows, pieces)) for prompt in chance for pieces in labels]
    return {
        "id": run.id,
        "model": run.study.model.name,
        "total": backbone_size(run.record.parameters),
        "task": run.study.task.name,
        "seed": run.study.seed,
        "init": init,
        "length": len(found.rows),
        "clustered": found.clustered,
        "duplicate": found.duplicate,
        "labels_near": _mean(map(bool, near)),
        "labels_kept": _mean(kept) if init == "class_labels" else math.nan,
        "random_clustered": _mean(prompt.clustered for prompt in chance),
        "random_duplicate": _mean(prompt.duplicate for prompt in chance),
        "random_labels_near": _mean(near_by_chance),
    }


def to_markdown(rows: Sequence[Row]) -> str:
    """The table for people: means over tasks and seeds, a line a rung, initialisation and length, smallest first."""
    groups: dict[tuple[int, str, str, int], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["total"], row["model"], row["init"], row["length"]].append(row)
    lines = []
    for (_, model, init, length), group in sorted(groups.items(), key=lambda item: item[0]):
        cells = [_beside([row[name] for row in group], [row.get(f"random_{name}") for row in group]) for name in SHARES]
        lines.append([model, init.replace("_", " "), str(length), str(len(group)), *cells])
    header = ["model", "initialisation", "length", "prompts", *SHARES.values()]
    words = (
        "In percent, means over tasks and seeds; in brackets: of random vectors. Cluster: the five nearest pieces of "
        "the vocabulary are closer to one another, by their mean cosine, than those of 95 % of random vectors. The "
        "paper (section 7) finds clusters, label words that stay or come near, and rows of long prompts that share "
        "their nearest pieces."
    )
    return "\n".join([aligned_table(header, lines, left=2), "", words]) + "\n"


def _beside(shares: Sequence[float], chance: Sequence[float | None]) -> str:
    """`45.0 (5.1)`, or a dash where a share is not known."""
    if any(map(math.isnan, shares)):
        return "-"
    known = [share for share in chance if share is not None]
    return percent(fmean(shares)) + (f" ({percent(fmean(known))})" if known else "")


def _mean(values: Iterable[float]) -> float:
    """Six digits, as in other tables: sums on another machine may differ in the last ones. NaN of nothing."""
    numbers = [float(value) for value in values]
    return round(fmean(numbers), 6) if numbers else math.nan
