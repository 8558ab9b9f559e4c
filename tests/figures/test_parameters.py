"""Figure 4 comes from its CSV alone and shows bands, closed forms, shares and what was not built."""

from pathlib import Path

import pytest

from softscale.figures.parameters import CURVES, draw
from softscale.tables.parameters import COLUMNS, TOKEN_IDS


def line(model: str, total: int, method: str, variant: str, length: object, counted: int | None, form: int) -> str:
    counts = ("", form, "", form, "", "") if counted is None else (counted, form, counted, form, "yes", 4 * counted)
    return ",".join(map(str, (model, total, method, variant, length, *counts, (counted or form) / total)))


def table_of(folder: Path, *, wrong: bool = False, longest: int = 100, second: bool = False) -> Path:
    lines = [",".join(COLUMNS)]
    for model, total, width in (("t5_small", 77_000_000, 512), ("t5_xl", 2_800_000_000, 2048)):
        lines.append(line(model, total, "model_tuning", "", "", total, total))
        for length in (1, 50, longest):
            prefix, prompt = 16 * width * length, width * length
            lines.append(line(model, total, "prefix_tuning", "encoder", length, prefix, prefix))
            lines.append(line(model, total, "prompt_tuning", "", length, prompt, 2 * prompt if wrong else prompt))
            lines.append(line(model, total, "warp", "2 classes", length, None, prompt + 2 * width))
        if second:
            lines.append(line(model, total, "prefix_tuning", "encoder and decoder", 50, 10**8, 10**8))
        lines += [line(model, total, "prompt_design", TOKEN_IDS, ids, None, ids) for ids in (500, 2000)]
    path = folder / "table.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def drawn(table: Path, caption: str = "C") -> bytes:
    path = table.parent / "figure.png"
    draw(table, path, title="T", caption=caption)
    return path.read_bytes()


def test_drawing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    assert drawn(table_of(tmp_path)) == drawn(table_of(tmp_path))


@pytest.mark.parametrize("other", [{"wrong": True}, {"longest": 80}, {"second": True}], ids=str)
def test_wrong_forms_other_bands_and_other_variants_are_seen(tmp_path: Path, other: dict) -> None:
    assert drawn(table_of(tmp_path)) != drawn(table_of(tmp_path, **other))


def test_lengths_over_100_are_in_no_band(tmp_path: Path) -> None:
    table = table_of(tmp_path)
    once = drawn(table)
    longer = line("t5_xl", 2_800_000_000, "prompt_tuning", "", 150, 150 * 2048, 150 * 2048)
    table.write_text(table.read_text() + longer + "\n")
    assert drawn(table) == once


def test_every_curve_of_the_papers_figure_has_its_name() -> None:
    assert [curve.label.partition(" (")[0] for curve in CURVES] == [
        "Model Tuning",
        "Prefix Tuning",
        "Prefix Tuning",
        "WARP",
        "Prompt Tuning",
        "Prompt Design",
    ]
