"""Section 7: what trained prompts look like among the words of the vocabulary."""

import math
from collections import defaultdict
from collections.abc import Callable

from softscale.claims.claim import (
    CLEAR,
    Claim,
    Finding,
    Material,
    Missing,
    OutOfScale,
    Row,
    above,
    claim,
    points,
)
from softscale.metrics import bootstrap as statistics
from softscale.metrics.bootstrap import Estimate

EXPERIMENT = "miniature/figure_3b_init"
LENGTHS = "miniature/figure_3a_length"
LONG = 100
HALF = 0.5


def _mean(material: Material, share: Callable[[Row], float], wanted: Callable[[Row], bool]) -> Estimate:
    """The mean over rungs, tasks, initialisations and seeds. Raises Missing where no prompt is `wanted`."""
    groups: dict[str, list[float]] = defaultdict(list)
    for row in material.prompts:
        if wanted(row) and not math.isnan(share(row)):
            groups[f"{row['model']} {row['task']} {row['init']} {row['length']}"].append(share(row))
    if not groups:
        raise Missing("no such prompts were compared with the vocabulary: softscale neighbours does it")
    # A share has no examples to draw again: what it is uncertain by are the seeds of its prompts.
    over_seeds = [statistics.over_seeds(told, [[one] for one in told], name) for name, told in groups.items()]
    return statistics.mean(over_seeds)


def _every(_: Row) -> bool:
    return True


@claim(
    place="section 7",
    experiment=EXPERIMENT,
    words="The nearest words to a row of a prompt form tight clusters",
    rule=f"of {100 * HALF:.0f} % of the rows, mean over all prompts, the five nearest pieces are closer to one another "
    "than those of 95 % of random vectors",
)
def tight_clusters(material: Material) -> Finding:
    share = _mean(material, lambda row: row["clustered"], _every)
    return Finding(f"{points(share)} % of the rows", above(share, HALF))


@claim(
    place="section 7",
    experiment=EXPERIMENT,
    words="Random vectors have no such clusters",
    rule=f"the share of rows with a cluster is more than {100 * CLEAR:.0f} points above that of other random vectors",
)
def no_clusters_at_random(material: Material) -> Finding:
    chance = _mean(material, lambda row: row["random_clustered"], _every)
    gain = _mean(material, lambda row: row["clustered"] - row["random_clustered"], _every)
    return Finding(f"random vectors {points(chance)} %; prompts {points(gain)} above", above(gain, CLEAR))


@claim(
    place="section 7",
    experiment=EXPERIMENT,
    words="Class labels of the initialisation stay the nearest words to their rows",
    rule=f"of more than {100 * HALF:.0f} % of the labels a piece is still among the five nearest to the row that began "
    "as it",
)
def labels_persist(material: Material) -> Finding:
    kept = _mean(material, lambda row: row["labels_kept"], lambda row: row["init"] == "class_labels")
    return Finding(f"{points(kept)} % of the labels", above(kept, HALF))


@claim(
    place="section 7",
    experiment=EXPERIMENT,
    words="With other initialisations class labels come to be near some rows",
    rule=f"more labels are near a row than near as many random vectors, by more than {100 * CLEAR:.0f} points",
)
def labels_appear(material: Material) -> Finding:
    gain = _mean(
        material,
        lambda row: row["labels_near"] - row["random_labels_near"],
        lambda row: row["init"] in ("random_uniform", "sampled_vocab"),
    )
    return Finding(f"{points(gain)} more than at random", above(gain, CLEAR))


@claim(
    place="section 7",
    experiment=LENGTHS,
    words="In long prompts several rows have the same nearest words",
    rule=f"with {LONG} rows or more, more share their nearest piece with another row than do as many random vectors",
)
def neighbours_repeat(material: Material) -> Finding:
    def long(row: Row) -> bool:
        return row["length"] >= LONG

    share = _mean(material, lambda row: row["duplicate"], long)
    gain = _mean(material, lambda row: row["duplicate"] - row["random_duplicate"], long)
    return Finding(f"{points(share)} % of the rows, {points(gain)} more than at random", above(gain))


def _no_domains(_: Material) -> Finding:
    raise OutOfScale("the generated world has no domains of knowledge that a task would lean to")


domain_words = Claim(
    place="section 7",
    words="The prompt of BoolQ is near words of its domain (science, technology, engineering)",
    rule="-",
    experiment="",
    judge=_no_domains,
)
