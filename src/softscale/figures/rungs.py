"""Checkpoints of one model, such as those within its LM adaptation: each a curve of its own (Figures 3c and 3d)."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import takewhile

from softscale.figures.look import Row, Rows, rungs_of


def by_rung(rows: Rows) -> list[Row]:
    """The rows, as they are where every label has one model of a size.

    Otherwise models of one size become one rung, named by what their names have in common (`mini_1`, `t5_small`), and
    what is left of a model's name stands in the label: `prompt tuning, span`, `prompt tuning, lm 10k`.
    """
    sizes = rungs_of(rows)
    rungs: dict[float, list[str]] = defaultdict(list)
    for model, total in sizes.items():
        rungs[total].append(model)
    places = {(row["label"], sizes[row["model"]]) for row in rows}
    if len({(row["label"], row["model"]) for row in rows}) == len(places):
        return list(rows)
    names = {total: _shared(models) for total, models in rungs.items()}
    told = []
    for row in rows:
        rung = names[sizes[row["model"]]] or row["model"]
        checkpoint = row["model"].removeprefix(rung).strip("_").replace("_", " ")
        label = f"{row['label']}, {checkpoint}" if checkpoint else row["label"]
        told.append({**row, "model": rung, "label": label})
    return told


def _shared(models: Sequence[str]) -> str:
    """The parts that all names begin with; nothing where they differ from the first on."""
    parts = zip(*(model.split("_") for model in models), strict=False)  # up to the end of the shortest name
    return "_".join(told[0] for told in takewhile(lambda told: len(set(told)) == 1, parts))
