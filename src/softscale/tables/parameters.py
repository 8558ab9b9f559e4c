"""Task parameters by model and method: counted, beside the closed form, and whether the two agree.

Needs no records and no weights. Shares are fractions in the CSV, and percent in the Markdown.
"""

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import pandas as pd

from softscale.backbone.families import known_family
from softscale.backbone.shape import shape_of, total_parameters
from softscale.config import MethodConfig, ModelConfig, Shape, Study
from softscale.errors import InputError
from softscale.tables.paper import SHARES, ShareClaim
from softscale.tables.scores import line, millions

Row = dict[str, Any]
Variants = Mapping[str, Sequence[Mapping[str, Any]]]
TOKEN_IDS = "token ids"  # what prompt design is measured in
# Token ids of a hand-written prompt: what prompt design keeps for a task, counted as the paper does (Figure 4).
PROMPT_DESIGN_IDS = (500, 2000)
WARP_CLASSES = 2  # of most tasks of SuperGLUE
# Empty where there is nothing to say: `length` of a method without one, what is counted of a method that is not built,
# the form of a method that has none here.
COLUMNS = (
    *("model", "total", "method", "variant", "length"),
    *("trained", "trained_form", "stored", "stored_form", "agrees", "bytes", "share"),
)
FORMULA, KIND = "formula", "kind"  # of the page only: the closed form in letters; the kind of the model's family

COUNTED = (
    "Trained: elements of the tensors that receive a gradient, of the method built on {model} without storage; stored: "
    "what a task keeps beside the shared backbone; bytes: of the file that training writes for a best step at the end; "
    "share: stored / parameters. WARP, which is not built here, and the ids of prompt design are closed forms."
)


def parameter_table(studies: Iterable[Study], variants: Variants) -> pd.DataFrame:
    """One row a model, method and variant, smallest model first; then what is told by closed form alone.

    `total` is the backbone's; `share` is of it: stored, or of the closed form where nothing is counted.

    Raises:
        InputError: a variant names a method or a field that is not there, a model's shape is not known, or a method
            trains nothing.
    """
    models: dict[str, ModelConfig] = {}
    methods: dict[str, dict[str, MethodConfig]] = {}
    steps: dict[str, int] = {}
    for study in studies:
        if not study.method.trains:
            raise InputError(
                f"method={study.method.name} trains nothing and keeps what its data make it keep: "
                "leave it out of what is counted from configurations alone"
            )
        models[study.model.name] = study.model
        methods.setdefault(study.model.name, {})[study.method.name] = study.method
        steps[study.method.name] = study.optim.steps
    for name in variants:
        if name not in steps:
            allowed = ", ".join(sorted(steps))
            raise InputError(f"report.variants.{name} is not a method of this experiment: it must be one of {allowed}")
    rows = [
        row
        for name, model in models.items()
        for row in [*_counted(model, methods[name].values(), variants, steps), *_not_counted(model, variants)]
    ]
    rows.sort(key=lambda row: row["total"])  # stable: a model's rows stay together, in the experiment's order
    return pd.DataFrame(rows, columns=[*COLUMNS, FORMULA, KIND], dtype=object)


def _counted(
    model: ModelConfig, methods: Iterable[MethodConfig], variants: Variants, steps: Mapping[str, int]
) -> Iterator[Row]:
    from softscale.costs.parameters import Accounting  # torch and transformers, which reading a table needs none of

    accounting, shape = Accounting(model), _shape(model)
    kind = known_family(shape.family).kind
    for method in methods:
        for point in _points(variants.get(method.name, [{}])):
            variant = _with(method, point)
            counts = accounting.count(variant, steps[method.name])
            trained, stored = variant.num_trained(shape), variant.num_stored(shape)
            agrees = "yes" if (counts.trained, counts.stored) == (trained, stored) else "no"
            yield {
                "model": model.name,
                "total": accounting.parameters,
                "method": method.name,
                "variant": _words(point),
                "length": getattr(variant, "length", ""),
                "trained": counts.trained,
                "trained_form": "" if trained is None else trained,
                "stored": counts.stored,
                "stored_form": "" if stored is None else stored,
                "agrees": "" if trained is None else agrees,
                "bytes": counts.bytes,
                "share": counts.share,
                FORMULA: (kind == "causal" and variant.causal_formula) or variant.formula,
                KIND: kind,
            }


def _not_counted(model: ModelConfig, variants: Variants) -> Iterator[Row]:
    """WARP at the lengths of prompt tuning, and prompt design (Figure 4), by closed form alone."""
    shape = _shape(model)
    total = total_parameters(shape)
    lengths = sorted({point["length"] for point in _points(variants.get("prompt_tuning", ())) if "length" in point})
    # P prompt vectors and an output vector a class (Hambardzumyan et al. 2021).
    warp = {length: (length + WARP_CLASSES) * shape.d_model for length in lengths}
    forms = [("warp", f"{WARP_CLASSES} classes", length, stored) for length, stored in warp.items()]
    forms += [("prompt_design", TOKEN_IDS, ids, ids) for ids in PROMPT_DESIGN_IDS]
    for method, variant, length, stored in forms:
        row: Row = {"model": model.name, "total": total, "method": method, "variant": variant, "length": length}
        yield dict.fromkeys((*COLUMNS, FORMULA, KIND), "") | row | {"stored_form": stored, "share": stored / total}


def _shape(model: ModelConfig) -> Shape:
    shape = shape_of(model)
    if shape is None:
        raise InputError(f"model={model.name} cannot be counted: neither model.shape nor its config.json says how")
    return shape


def _points(grids: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Each grid's points: a list stands for its values in turn."""
    for grid in grids:
        axes = [value if isinstance(value, list) else [value] for value in grid.values()]
        for values in itertools.product(*axes):
            yield dict(zip(grid, values, strict=True))


def _with(method: MethodConfig, point: Mapping[str, Any]) -> MethodConfig:
    allowed = [part.name for part in fields(method) if part.name != "name"]
    for name in point:
        if name not in allowed:
            where = f"report.variants.{method.name}.{name}"
            raise InputError(f"{where} is not a field: it must be one of {', '.join(allowed) or 'none'}")
    variant = replace(method, **point)
    variant.check()
    return variant


def _words(point: Mapping[str, Any]) -> str:
    """A variant for people, but for its length: what is on by its name, other values after theirs."""
    settings = [
        name if value is True else f"{name} {value}"
        for name, value in point.items()
        if name != "length" and value is not False
    ]
    return ", ".join(settings).replace("_", " ")


def to_csv(table: pd.DataFrame) -> str:
    """The table as CSV; shares have six significant digits."""
    shares = [f"{share:.5e}" for share in table["share"]]
    return table[list(COLUMNS)].assign(share=shares).to_csv(index=False, lineterminator="\n")


def to_markdown(table: pd.DataFrame) -> str:
    """The table for people, the formulas, and where the paper's shares hold."""
    rows = [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]
    lines = [
        line(["model", "parameters", "method", "trained", "formula", "stored", "formula", "agree", "bytes", "share"]),
        line(["---", "---:", "---", "---:", "---:", "---:", "---:", "---", "---:", "---:"]),
    ]
    for row in rows:
        counts = [_number(row[name]) for name in ("trained", "trained_form", "stored", "stored_form")]
        cells = [*counts, row["agrees"] or "-", _number(row["bytes"]), f"{percent(row['share'])} %"]
        lines.append(line([row["model"], millions(row["total"]), _label(row), *cells]))
    told = dict.fromkeys((row["method"], row[FORMULA]) for row in rows if row[FORMULA])
    formulas = [f"- {method.replace('_', ' ')}: {formula}" for method, formula in told]
    kinds = {row[KIND] for row in rows if row[KIND]}
    letters = "P: length, H: width, L: layers of a stack, A: heads × d_kv, F: d_ff, M: all parameters."
    if "causal" in kinds:
        letters = f"{letters.removesuffix('.')}, K: key-value heads × d_kv."
    formulas += [
        f"- WARP (not built): P·H + C·H, with C = {WARP_CLASSES} classes",
        f"- prompt design: {' to '.join(map(str, PROMPT_DESIGN_IDS))} token ids",
    ]
    held = [f"- {sentence}" for claim in SHARES for sentence in _held(claim, rows)]
    parts = [
        "\n".join(lines),
        COUNTED.format(model="a T5" if "causal" not in kinds else "the model"),
        "## Formulas",
        letters,
        "\n".join(formulas),
        "## The paper's shares",
        "\n".join(held),
    ]
    return "\n\n".join(parts) + "\n"


def _held(claim: ShareClaim, rows: Sequence[Row]) -> Iterator[str]:
    """For each variant of the claim's method, the models and lengths where it holds."""
    ours = [row for row in rows if row["method"] == claim.method]
    for variant in dict.fromkeys(row["variant"] for row in ours):
        asked = [row for row in ours if row["variant"] == variant and row["total"] > claim.over]
        label = ", ".join(part for part in (claim.method.replace("_", " "), variant) if part)
        if not asked:
            yield f"{label}, {claim.words}: no model here is that large."
            continue
        held = [row for row in asked if claim.least <= row["share"] <= claim.most]
        where = [
            f"{model} {_lengths([row for row in held if row['model'] == model])}"
            for model in dict.fromkeys(row["model"] for row in asked)
        ]
        yield f"{label}, {claim.words}: holds for {len(held)} of {len(asked)} ({'; '.join(where)})."


def _lengths(rows: Sequence[Row]) -> str:
    if not rows:
        return "never"
    lengths = [str(row["length"]) for row in rows if row["length"] != ""]
    return f"at length {', '.join(lengths)}" if lengths else "yes"


def _label(row: Row) -> str:
    length = "" if row["length"] == "" else f"length {row['length']}"
    if row["variant"] == TOKEN_IDS:
        length = str(row["length"])
    return ", ".join(part for part in (row["method"].replace("_", " "), row["variant"], length) if part)


def _number(value: Any) -> str:
    return "-" if value == "" else f"{value:,}"


def percent(share: float) -> str:
    """100 for 1, 0.0037 for 0.0000368: two significant digits however small the share is."""
    digits = max(0, 1 - math.floor(math.log10(100 * share)))
    return f"{100 * share:.{digits}f}"
