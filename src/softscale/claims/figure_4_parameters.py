"""Figure 4: the parameters that a task needs, counted on the paper's own shapes."""

from functools import partial

from softscale.claims.claim import Finding, Material, Missing, Row, claim, decided
from softscale.tables.paper import SHARES
from softscale.tables.parameters import percent

figure_4 = partial(claim, section="section 4, Figure 4", experiment="paper/figure_4_parameters")
LONGEST = 100  # the paper's bands are of 1 to 100 tokens
TIMES = 20_000


def _shares(material: Material, method: str, variant: str | None = None, length: int | None = None) -> Finding:
    """Whether a method's shares of the model's parameters are in the range that the paper states."""
    (stated,) = [share for share in SHARES if share.method == method]
    rows = [
        row
        for row in _rows(material, method)
        if row["total"] > stated.over
        and variant in (None, row["variant"])
        and (row["length"] == length if length else _length(row) <= LONGEST)
    ]
    if not rows:
        raise Missing(f"the page has no {method} of this kind")
    shares = [row["share"] for row in rows]
    measured = f"{percent(min(shares))} to {percent(max(shares))} % over {len({row['model'] for row in rows})} models"
    return Finding(measured, decided(all(stated.least <= share <= stated.most for share in shares)))


def _rows(material: Material, method: str) -> list[Row]:
    return [row for row in material.page if row["method"] == method]


def _length(row: Row) -> float:
    """0 where a method has no length, which the CSV leaves empty."""
    return row["length"] if row["length"] == row["length"] else 0


@figure_4(
    words="Prefix tuning needs 0.1 to 1 % of the model's parameters at inference",
    rule="keys and values of the encoder at length 100 are in that range for every size",
)
def prefixes_need_up_to_one_percent(material: Material) -> Finding:
    return _shares(material, "prefix_tuning", "encoder", LONGEST)


@figure_4(
    words="WARP needs less than 0.1 % of the model's parameters",
    rule="its closed form is below that for every size, up to length 100",
)
def warp_needs_less_than_a_thousandth(material: Material) -> Finding:
    return _shares(material, "warp")


@figure_4(
    words="Prompt tuning needs less than 0.01 % of the parameters of models over a billion",
    rule="trained parameters are below that for every size over a billion, up to length 100",
)
def prompts_need_less_than_a_ten_thousandth(material: Material) -> Finding:
    return _shares(material, "prompt_tuning")


@figure_4(
    section="section 3.1",
    words="At XXL prompt tuning matches multi-task model tuning with over 20,000 times fewer task parameters",
    rule=f"of the largest model all parameters are over {TIMES:,} times those of a prompt of length 100 (the match "
    "itself is judged in Figure 1)",
)
def task_parameters_are_20_000_times_fewer(material: Material) -> Finding:
    rows = [row for row in _rows(material, "prompt_tuning") if row["length"] == LONGEST]
    if not rows:
        raise Missing(f"the page has no prompt of length {LONGEST}")
    largest = max(rows, key=lambda row: row["total"])
    times = largest["total"] / largest["trained"]
    return Finding(f"{largest['model']}: {times:,.0f} times", decided(times > TIMES))
