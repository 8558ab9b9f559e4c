"""The README and the docs: links lead somewhere, what is named exists, what is quoted is what runs."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from documentation import PAGES, code_blocks, code_spans
from test_layers import GROUND, ROOMS

from softscale.config import ROOT
from softscale.metrics import Reference

SRC = ROOT / "src/softscale"
MAP = PAGES["docs/map.md"]
PACKAGES = sorted(path.parent for path in SRC.rglob("__init__.py") if path.parent != SRC)


def test_the_readme_is_two_screens() -> None:
    assert len(PAGES["README.md"].encode()) <= 7000


@pytest.mark.slow
def test_the_site_is_built_and_no_link_or_anchor_of_it_is_broken(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-c", "docs", "-W", "--keep-going", "-q", "-d", tmp_path / "trees", "."]
    built = subprocess.run([*command, tmp_path / "site"], cwd=ROOT, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    for page in PAGES:
        assert (tmp_path / "site" / page).with_suffix(".html").exists()


def named(pattern: str) -> list[str]:
    """The code in the text of any page that is like the pattern."""
    return sorted({span for page in PAGES.values() for span in code_spans(page) if re.fullmatch(pattern, span)})


@pytest.mark.parametrize("path", named(r"(src|conf|tests|models|results|benchmarks|docs|notebooks)/[\w/.]*"))
def test_every_file_that_a_page_names_exists(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize("name", named(r"(experiment=)?(miniature|paper)/\w+"))
def test_every_experiment_that_a_page_names_exists(name: str) -> None:
    assert (ROOT / "experiments" / f"{name.removeprefix('experiment=')}.yaml").exists()


QUOTED = [
    (block.split("\n", 1)[0].removeprefix("# "), block.split("\n", 1)[1])
    for page in PAGES.values()
    for language in ("python", "yaml")
    for block in code_blocks(page, language)
]


@pytest.mark.parametrize(("file", "text"), [pair for pair in QUOTED if (ROOT / pair[0]).exists()])
def test_a_file_that_is_shown_in_full_is_the_one_that_runs(file: str, text: str) -> None:
    assert (ROOT / file).read_text() == text


def test_what_is_shown_in_full() -> None:
    assert {file for file, _ in QUOTED} == {
        "src/softscale/methods/bitfit.py",
        "src/softscale/methods/modules/bitfit.py",
        "conf/method/bitfit.yaml",
        "experiments/miniature/figure_3a_length.yaml",
        "src/softscale/metrics/first_word.py",  # an example, of no file
    }


def test_the_metric_that_is_shown_scores() -> None:
    (text,) = (text for file, text in QUOTED if file.endswith("first_word.py"))
    scope = {"__name__": "first_word"}
    exec(text, scope)
    references = [Reference(target=target) for target in ("a kite", "a ball", "the cat")]
    assert scope["FirstWord"]().score(["a dog", "the ball", "the cat"], references) == {"first_word": 2 / 3}


def rows() -> dict[str, str]:
    """What the map says, by folder of src/softscale (the top is "")."""
    table = MAP.split("## src/softscale")[1].split("## ")[0]
    cells = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \|$", table, re.MULTILINE)[2:]
    return {where.strip("`/").replace("the top", ""): files for where, _, files in cells}


def test_the_map_has_every_folder_in_the_order_of_the_data() -> None:
    assert next(iter(rows())) == ""
    folders = [where for where in rows() if where and "/" not in where]
    assert folders == [room for room in ROOMS if room != "hydra_plugins"]
    assert sorted(where for where in rows() if where) == [str(path.relative_to(SRC)) for path in PACKAGES]


@pytest.mark.parametrize("folder", [SRC, *PACKAGES], ids=lambda path: path.name)
def test_the_map_has_every_file_of_a_folder_and_no_other(folder: Path) -> None:
    key = str(folder.relative_to(SRC)).strip(".")
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert set(re.findall(r"`(\w+)`", rows()[key])) == files
    assert key or files - {"cli"} == set(GROUND)


def test_the_map_has_every_folder_at_the_top() -> None:
    tracked = subprocess.run(["git", "-C", ROOT, "ls-files"], capture_output=True, text=True)
    if tracked.returncode:
        pytest.skip("not a git checkout")
    folders = {file.split("/")[0] for file in tracked.stdout.splitlines() if "/" in file and not file.startswith(".")}
    assert folders <= set(re.findall(r"^\| `(\w+)/` ", MAP.split("## The rest")[1], re.MULTILINE))
