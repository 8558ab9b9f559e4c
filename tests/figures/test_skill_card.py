"""A skill card comes from a CSV alone, is the same bytes every time, and its intervals are Wilson's."""

from pathlib import Path

import pytest

from softscale.errors import InputError
from softscale.figures.skill_card import draw, to_markdown, wilson

HEAD = "model,total,skill,right,count,chance,example_question,example_answer"
SKILLS = {"category": "0.25", "who has it": "", "cause": "0.5"}


def table_of(folder: Path, *changes: tuple[str, str]) -> Path:
    lines = [HEAD]
    for index, total in enumerate((66_000, 230_000, 13_000_000)):
        for skill, chance in SKILLS.items():
            lines.append(f"mini_{index + 1},{total},{skill},{60 + 40 * index},200,{chance},is a {skill} | so ?,yes")
    text = "\n".join(lines) + "\n"
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = folder / "table.csv"
    path.write_text(text)
    return path


def drawn(table: Path) -> bytes:
    path = table.with_name("figure.png")
    draw(table, path, title="T", caption="C")
    return path.read_bytes()


@pytest.mark.parametrize(
    ("right", "count", "low", "high"),
    [
        (15, 148, 0.062, 0.160),  # Newcombe 1998, Table I (score method): 81/263, 15/148, 0/20, 1/29
        (81, 263, 0.2553, 0.3662),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (20, 20, 1 - 0.1611, 1.0),
    ],
)
def test_intervals_are_those_of_the_literature(right: int, count: int, low: float, high: float) -> None:
    digits = 3 if count == 148 else 4
    assert [round(end, digits) for end in wilson(right, count)] == [round(low, 4), round(high, 4)]


@pytest.mark.parametrize(("right", "count"), [(3, 2), (-1, 2), (0, 0)])
def test_what_is_no_share_has_no_interval(right: int, count: int) -> None:
    with pytest.raises(ValueError, match="is no share"):
        wilson(right, count)


def test_drawing_twice_gives_the_same_bytes_and_names_no_software(tmp_path: Path) -> None:
    once = drawn(table_of(tmp_path))
    assert drawn(table_of(tmp_path)) == once
    assert b"Software" not in once


def test_shares_numbers_of_questions_chance_and_holes_are_seen(tmp_path: Path) -> None:
    others = [
        table_of(tmp_path).read_text(),
        table_of(tmp_path, ("category,60,200", "category,70,200")).read_text(),
        table_of(tmp_path, ("category,60,200", "category,30,100")).read_text(),  # another interval
        table_of(tmp_path).read_text().replace("0.25", "0.2"),
        table_of(tmp_path).read_text().replace("0.25", ""),
        table_of(tmp_path, ("mini_2,230000,cause,100,200,0.5,is a cause | so ?,yes\n", "")).read_text(),
    ]
    seen = []
    for text in others:
        (tmp_path / "table.csv").write_text(text)
        seen.append(drawn(tmp_path / "table.csv"))
    assert len(set(seen)) == len(others)


def test_the_markdown_has_a_row_a_skill_and_a_column_a_rung(tmp_path: Path) -> None:
    lines = to_markdown(
        table_of(tmp_path, ("mini_2,230000,cause,100,200,0.5,is a cause | so ?,yes\n", ""))
    ).splitlines()
    assert lines[0] == "| skill | chance | mini_1 (0.1 M) | mini_2 (0.2 M) | mini_3 (13.0 M) | asked | answer |"
    assert lines[2].startswith("| category | 25.0 | 30.0 [24.1, 36.7] | 50.0 [43.1, 56.9] | 70.0 [63.3, 75.9] |")
    assert lines[2].endswith("| is a category \\| so ? | yes |")
    assert lines[3].startswith("| who has it | - | ")
    assert "| not asked |" in lines[4]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ((HEAD, HEAD.replace("right", "good")), "is not a table of skills: it has no right"),
        (("category,60,200", "category,201,200"), "mini_1 category has 201 of 200 right"),
        (("mini_2,230000,category", "mini_1,66000,category"), "has mini_1 category twice"),
        (("0.25", "0.3"), "has several chances for category"),
    ],
)
def test_a_table_that_cannot_be_is_refused(change: tuple[str, str], message: str, tmp_path: Path) -> None:
    table = table_of(tmp_path, change)
    for use in (drawn, to_markdown):
        with pytest.raises(InputError, match=message):
            use(table)
