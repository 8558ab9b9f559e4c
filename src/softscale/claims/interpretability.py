"""Section 7: what trained prompts look like among the words of the vocabulary."""

import math
from collections import defaultdict
from collections.abc import Callable
from functools import partial

from softscale.claims.claim import CLEAR, Finding, Material, Missing, OutOfScale, Row, above, claim, points
from softscale.metrics import bootstrap as statistics
from softscale.metrics.bootstrap import Estimate

section_7 = partial(claim, section="section 7", experiment="miniature/figure_3b_init")
LENGTHS = "miniature/figure_3a_length"
LONG = 100
HALF = 0.5


def _every(_: Row) -> bool:
    return True


def _share(material: Material, name: str, wanted: Callable[[Row], bool] = _every) -> Estimate:
    return _mean(material, lambda row: row[name], wanted)


def _above_chance(material: Material, name: str, wanted: Callable[[Row], bool] = _every) -> Estimate:
    """The share less that of as many random vectors."""
    return _mean(material, lambda row: row[name] - row[f"random_{name}"], wanted)


def _mean(material: Material, share: Callable[[Row], float], wanted: Callable[[Row], bool]) -> Estimate:
    """The mean over rungs, tasks, initialisations and seeds. Raises Missing where no prompt is `wanted`."""
    groups: dict[str, list[float]] = defaultdict(list)
    for row in material.prompts:
        if wanted(row) and not math.isnan(share(row)):
            groups[f"{row['model']} {row['task']} {row['init']} {row['length']}"].append(share(row))
    if not groups:
        raise Missing("no such prompts were compared with the vocabulary: softscale neighbours does it")
    # A share has no examples to draw again: what it is uncertain by are the seeds of its prompts.
    return statistics.mean(
        [statistics.over_seeds(shares, [[one] for one in shares], name) for name, shares in groups.items()]
    )


@section_7(
    words="The nearest words to a row of a prompt form tight clusters",
    rule=f"of {100 * HALF:.0f} % of the rows, mean over all prompts, the five nearest pieces are closer to one another "
    "than those of 95 % of random vectors",
)
def tight_clusters(material: Material) -> Finding:
    share = _share(material, "clustered")
    return Finding(f"{points(share)} % of the rows", above(share, HALF))


@section_7(
    words="Random vectors have no such clusters",
    rule=f"the share of rows with a cluster is more than {100 * CLEAR:.0f} points above that of other random vectors",
)
def no_clusters_at_random(material: Material) -> Finding:
    chance = _share(material, "random_clustered")
    gain = _above_chance(material, "clustered")
    return Finding(f"random vectors {points(chance)} %; prompts {points(gain)} above", above(gain, CLEAR))


@section_7(
    words="Class labels of the initialisation stay the nearest words to their rows",
    rule=f"of more than {100 * HALF:.0f} % of the labels a piece is still among the five nearest to the row that began "
    "as it",
)
def labels_persist(material: Material) -> Finding:
    kept = _share(material, "labels_kept", lambda row: row["init"] == "class_labels")
    return Finding(f"{points(kept)} % of the labels", above(kept, HALF))


@section_7(
    words="With other initialisations class labels come to be near some rows",
    rule=f"more labels are near a row than near as many random vectors, by more than {100 * CLEAR:.0f} points",
)
def labels_appear(material: Material) -> Finding:
    gain = _above_chance(material, "labels_near", lambda row: row["init"] in ("random_uniform", "sampled_vocab"))
    return Finding(f"{points(gain)} more than at random", above(gain, CLEAR))


@section_7(
    experiment=LENGTHS,
    words="In long prompts several rows have the same nearest words",
    rule=f"with {LONG} rows or more, more share their nearest piece with another row than do as many random vectors",
)
def neighbours_repeat(material: Material) -> Finding:
    def long(row: Row) -> bool:
        return row["length"] >= LONG

    share, gain = _share(material, "duplicate", long), _above_chance(material, "duplicate", long)
    return Finding(f"{points(share)} % of the rows, {points(gain)} more than at random", above(gain))


@section_7(
    experiment="",
    words="The prompt of BoolQ is near words of its domain (science, technology, engineering)",
    rule="-",
)
def domain_words(_: Material) -> Finding:
    raise OutOfScale("the generated world has no domains of knowledge that a task would lean to")
