"""The rungs of a ladder: how large a backbone is, and which models are one rung. Every table and figure asks here."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import takewhile
from typing import Any

Row = Mapping[str, Any]
Sizes = dict[str, int]  # parameters of the backbone by model, smallest first


def backbone_size(row: Row) -> int:
    """Parameters of a run's backbone: all (`total`), less those that its method added (`trained`, where not all)."""
    return row["total"] - (row["trained"] if row["trained"] < row["total"] else 0)


def sizes_of(rows: Iterable[Row], size: Callable[[Row], int] = backbone_size) -> Sizes:
    """The size of each model of `rows`, smallest first; by name where several have one size.

    size: of a row; where it tells several of one model, as `total` does, the least is that of the leanest method.
    """
    sizes: Sizes = {}
    for row in rows:
        sizes[row["model"]] = min(size(row), sizes.get(row["model"], size(row)))
    return dict(sorted(sizes.items(), key=lambda model: (model[1], model[0])))


def models_by_size(sizes: Mapping[str, int]) -> dict[int, list[str]]:
    """The models of each size: one rung, be they public, adapted to language modelling or halfway there."""
    models: dict[int, list[str]] = defaultdict(list)
    for model, total in sizes.items():
        models[total].append(model)
    return dict(models)


def rung_names(sizes: Mapping[str, int]) -> dict[str, str]:
    """The rung of each model: what the names of the models of its size begin with (`mini_1`, `t5_small`).

    Models of one size whose names have no beginning in common keep their names, and are rungs of their own.
    """
    names: dict[str, str] = {}
    for models in models_by_size(sizes).values():
        shared = _shared(models)
        names |= {model: shared or model for model in models}
    return names


def _shared(models: Sequence[str]) -> str:
    """The parts between underscores that all names begin with; nothing where they differ from the first on."""
    parts = zip(*(model.split("_") for model in models), strict=False)  # up to the end of the shortest name
    return "_".join(words[0] for words in takewhile(lambda words: len(set(words)) == 1, parts))
