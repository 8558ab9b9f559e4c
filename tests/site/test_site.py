"""The page of results says what the results say: every number, every run, every answer; from results/ alone."""

import csv
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pages import HOSTILE, RESULTS, RUN, data

from softscale.commands.site import main
from softscale.site.build import build_site

TABLES = sorted(str(path.parent.relative_to(RESULTS)) for path in RESULTS.glob("*/*/table.csv"))
RECORDS = sorted(path.stem for path in (RESULTS / "records").glob("*.json"))
MOST_BYTES, MOST_SECONDS = 10_000_000, 20


def experiment(site: Path, name: str) -> Any:
    return data(site, f"data/experiment-{name.replace('/', '-')}")


def runs(site: Path) -> Iterator[Any]:
    for path in sorted((site / "data").glob("records-*.js")):
        yield from data(site, f"data/{path.stem}").values()


@pytest.mark.parametrize("name", TABLES)
def test_every_number_of_a_table_is_the_text_in_its_csv(site: Path, name: str) -> None:
    with (RESULTS / name / "table.csv").open(newline="") as file:
        head, *rows = csv.reader(file)
    table = experiment(site, name)["table"]
    assert [column["name"] for column in table["columns"]] == head
    assert table["rows"] == rows


@pytest.mark.parametrize("name", TABLES)
def test_every_point_of_a_chart_has_the_score_of_its_row(site: Path, name: str) -> None:
    shown = experiment(site, name)
    chart, table = shown["chart"], shown["table"]
    head = [column["name"] for column in table["columns"]]
    measured = next(column for column in ("mean", "score", "right", "trained") if column in head)
    axis = chart["x"][0] if chart["mark"] == "dots" else chart["y"][0]
    assert len(chart["rows"]) == len(axis["values"]) > 0
    for row, value in zip(chart["rows"], axis["values"], strict=True):
        named = dict(zip(head, table["rows"][row], strict=True))
        if named[measured]:
            assert value == float(named[measured]) / (float(named["count"]) if measured == "right" else 1)


def test_a_row_of_scores_leads_to_a_run_a_seed_and_task(site: Path) -> None:
    counted = 0
    for name in TABLES:
        shown = experiment(site, name)
        head = [column["name"] for column in shown["table"]["columns"]]
        if not {"n", "tasks", "collapsed"} <= set(head):
            continue
        for texts, ids in zip(shown["table"]["rows"], shown["runs_of"], strict=True):
            row = dict(zip(head, texts, strict=True))
            tasks = 1 if row.get("task.tasks") else int(row["tasks"])  # of a mixture one run has them all
            assert len(ids) == int(row["n"]) * tasks, (name, row)
            counted += 1
    assert counted > 500


def test_every_record_can_be_reached(site: Path) -> None:
    assert sorted(run["id"] for run in runs(site)) == RECORDS
    assert sorted(row[0] for row in data(site, "data/runs")) == RECORDS
    assert all(run["experiments"] for run in runs(site))
    linked = {id_ for name in TABLES for ids in experiment(site, name)["runs_of"] for id_ in ids}
    assert linked == set(RECORDS)


def test_answers_are_judged_as_the_records_were_scored(site: Path) -> None:
    judged = 0
    for run in runs(site):
        if run["examples"] is None:
            assert "tasks" in run["study"]["task"]  # a mixture publishes none
            continue
        answers = data(site, f"predictions/{run['id'][:2]}")[run["id"]]
        count = len(answers["given"])
        assert count == run["predictions"]["count"] == len(data(site, f"data/examples-{run['examples']}")["input"])
        assert len(answers["illegal"] or []) == max(0, run["predictions"]["illegal"])
        exact = run["best"].get("dev/accuracy", run["best"].get("dev/em"))
        if run["study"]["task"]["name"] != "multirc":  # its exact match is of whole questions
            assert 1 - len(answers["wrong"]) / count == pytest.approx(exact), run["id"]
            judged += 1
    assert judged > 1000


def test_the_claims_are_those_of_claims_md(site: Path) -> None:
    page = (RESULTS / "claims.md").read_text()
    rows = [row for group in data(site, "data/index")["claims"]["groups"] for row in group["rows"]]
    assert len(rows) == page.count("**") // 2 - 5  # its own words name each verdict once
    for row in rows:
        assert f"| {row['claim']} | {row['here']} | **{row['verdict']}** | {row['rule']} |" in page


def test_the_site_is_small_and_made_in_seconds_with_the_same_bytes_each_time(site: Path, tmp_path: Path) -> None:
    started = time.process_time()  # other work on the machine is no fault of ours
    build_site(RESULTS, tmp_path / "site", [])
    assert time.process_time() - started < MOST_SECONDS
    made = {path.relative_to(tmp_path / "site"): path for path in (tmp_path / "site").rglob("*") if path.is_file()}
    assert sum(path.stat().st_size for path in made.values()) <= MOST_BYTES
    for name, path in made.items():
        assert path.read_bytes() == (site / name).read_bytes()


def test_torch_is_not_loaded(hostile: Path) -> None:
    arguments = [f"runtime.results={hostile.parent / 'results'}", f"to={hostile.parent / 'again'}"]
    script = f"import sys; from softscale.commands.site import main; main({arguments}); print('torch' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == [f"{hostile.parent / 'again'}/index.html: 1 experiments and 1 runs", "False"]


def test_text_of_records_can_neither_end_a_script_nor_run(hostile: Path) -> None:
    for path in hostile.rglob("*.js"):
        if path.parent.name in ("data", "predictions"):
            assert "<" not in path.read_text()
            data(hostile, str(path.relative_to(hostile).with_suffix("")))  # one call with two strings
    run = data(hostile, f"data/records-{RUN[0]}")[RUN]
    assert run["notes"] == [HOSTILE]
    assert run["provenance"]["command"] == HOSTILE


def test_without_results_one_sentence_says_what_to_do(refused: Callable[..., str], tmp_path: Path) -> None:
    assert "has no results" in refused("site", f"runtime.results={tmp_path / 'none'}", f"to={tmp_path / 'site'}")
    assert not (tmp_path / "site").exists()
    assert "experiment=x is not an option of site" in refused("site", "experiment=x")


def test_a_folder_of_something_else_is_not_emptied(refused: Callable[..., str], tmp_path: Path, hostile: Path) -> None:
    (tmp_path / "thesis.tex").write_text("five years")
    results = hostile.parent / "results"
    assert "has files that are not a site's" in refused("site", f"runtime.results={results}", f"to={tmp_path}")
    assert (tmp_path / "thesis.tex").read_text() == "five years"


def test_a_site_is_replaced_whole(tmp_path: Path, hostile: Path) -> None:
    for _ in range(2):
        build_site(hostile.parent / "results", tmp_path / "site", [])
        assert not (tmp_path / "site" / "old.js").exists()
        (tmp_path / "site" / "old.js").write_text("of an earlier version")


def test_results_without_a_list_of_runs_are_shown_without_links(tmp_path: Path) -> None:
    folder = tmp_path / "results" / "own"
    folder.mkdir(parents=True)
    (folder / "table.csv").write_text("size,loss,kind\n1,0.5,a\n10,0.25,b\n100,0.1,a\n")
    build_site(tmp_path / "results", tmp_path / "site", [])
    shown = data(tmp_path / "site", "data/experiment-own")
    assert shown["runs_of"] == [[], [], []]
    assert [axis["title"] for axis in shown["chart"]["x"]] == ["size", "loss"]
    assert [series["label"] for series in shown["chart"]["groups"][0]] == ["a", "b"]


def test_every_file_that_the_page_names_is_there(site: Path) -> None:
    page = (site / "index.html").read_text()
    for name in re.findall(r'(?:src|href)="([^"#:,]+)"', page):
        assert (site / name).is_file(), name
    assert not re.findall(r"https?://", page)
    assert json.dumps(data(site, "data/index"))  # and what it loads first is JSON


def test_a_damaged_record_is_named_and_the_others_are_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "results" / "records"
    folder.mkdir(parents=True)
    whole, damaged = sorted((RESULTS / "records").glob("*.json"))[:2]
    (folder / whole.name).write_bytes(whole.read_bytes())
    (folder / damaged.name).write_bytes(damaged.read_bytes()[:100])
    assert main([f"runtime.results={tmp_path / 'results'}", f"to={tmp_path / 'site'}"]) == 0
    printed = capsys.readouterr()
    assert "0 experiments and 1 runs" in printed.out
    assert f"skipped: {folder / damaged.name}" in printed.err
