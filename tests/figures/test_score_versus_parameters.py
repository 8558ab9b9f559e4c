"""The comparison of methods: costs in the table, a place for nothing trained in the figure."""

from pathlib import Path

import pytest
from test_page import MAJORITY, cells_of, record_of

from softscale.config import ReportConfig
from softscale.figures.kind import Experiment
from softscale.figures.page import report
from softscale.figures.score_versus_parameters import draw
from softscale.runs.record import Record

TRAINED = {"model_tuning": None, "prompt_tuning": 640, "lora": 6144, "ia3": 900, "prompt_design": 0}
STEP = {0: 0.010, 1: 0.030, 2: 0.012}  # seconds by seed


def run_of(model: str, method: str, task: str, seed: int, **more: float) -> Record:
    record = record_of(model, method, task, seed, 0.6 + 0.02 * seed + 0.03 * len(method) / 10)
    trained = TRAINED[method]
    trained = record.parameters["total"] if trained is None else trained
    record.parameters.update(trained=trained, stored=trained + 1, bytes=4 * trained + 80)
    record.provenance.update(more)
    return record


def grid() -> list[Record]:
    """2 models x 5 methods x 2 tasks x 3 seeds; runs of prompt design take no steps."""
    return [
        run_of(
            model,
            method,
            task,
            seed,
            **({"step_seconds": STEP[seed], "peak_memory_bytes": 3e6 + seed} if method != "prompt_design" else {}),
        )
        for model in ("mini_1", "mini_2")
        for method in TRAINED
        for task in ("boolq", "rte")
        for seed in (0, 1, 2)
    ]


def made(folder: Path, records: list[Record]) -> dict[str, bytes]:
    experiment = Experiment(name="miniature/m", cells=cells_of(records), records=records, majority=MAJORITY)
    words = ReportConfig(kind="score_versus_parameters", title="Methods", claim="By parameters alone.")
    return {path.name: path.read_bytes() for path in report(experiment, words, folder).iterdir()}


def line_of(page: bytes, method: str) -> list[str]:
    (line,) = [line for line in page.decode().splitlines() if line.startswith("| mini_1") and f"| {method} |" in line]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_table_has_scores_and_costs_of_every_method(tmp_path: Path) -> None:
    page = made(tmp_path, grid())["table.md"]
    head = next(line for line in page.decode().splitlines() if line.startswith("| model"))
    assert head.endswith("| boolq | rte | average | trained | stored | bytes | step (ms) | peak memory (MB) |")
    costs = line_of(page, "prompt tuning")[-5:]
    assert costs == ["640 (0.28 %)", "641", "2,640", "12.0", "3.0"]  # the median over runs, the most of any


def test_what_was_not_measured_is_a_dash_and_nothing_trained_is_nought(tmp_path: Path) -> None:
    page = made(tmp_path, grid())["table.md"]
    assert line_of(page, "prompt design")[-5:] == ["0 (0 %)", "1", "80", "-", "-"]
    old = [run_of("mini_1", "lora", "rte", seed) for seed in (0, 1)]
    assert line_of(made(tmp_path / "old", old)["table.md"], "lora")[-2:] == ["-", "-"]


def test_a_run_that_was_not_measured_does_not_hide_those_that_were(tmp_path: Path) -> None:
    records = [run_of("mini_1", "lora", "rte", 0), run_of("mini_1", "lora", "rte", 1, step_seconds=0.02)]
    assert line_of(made(tmp_path, records)["table.md"], "lora")[-2:] == ["20.0", "-"]


def test_reporting_twice_changes_no_byte_whatever_the_order_of_the_records(tmp_path: Path) -> None:
    once = made(tmp_path, grid())
    assert made(tmp_path / "reversed", grid()[::-1]) == once


@pytest.mark.parametrize(
    "without", ["prompt_design", "model_tuning", "lora"], ids=["the place of 0", "the guide", "a point"]
)
def test_a_method_is_seen(tmp_path: Path, without: str) -> None:
    some = [record for record in grid() if record.study["method"]["name"] != without]
    assert made(tmp_path / "some", some)["figure.png"] != made(tmp_path, grid())["figure.png"]


def test_methods_that_all_train_nothing_can_be_drawn(tmp_path: Path) -> None:
    records = [run_of("mini_1", "prompt_design", "rte", seed) for seed in (0, 1)]
    assert made(tmp_path, records)["figure.png"].startswith(b"\x89PNG")


def test_a_task_alone_is_drawn_where_no_method_has_all_tasks(tmp_path: Path) -> None:
    boolq = [run_of("mini_1", "lora", "boolq", seed) for seed in (0, 1)]
    rte = [run_of("mini_1", "ia3", "rte", seed) for seed in (0, 1)]
    both, alone = made(tmp_path / "both", boolq + rte), made(tmp_path / "alone", boolq)
    assert both["table.csv"] != alone["table.csv"]
    assert both["figure.png"] == alone["figure.png"]


def test_the_figure_comes_from_the_csv_alone(tmp_path: Path) -> None:
    figure = made(tmp_path, grid())["figure.png"]
    again = tmp_path / "again.png"
    draw(tmp_path / "miniature" / "m" / "table.csv", again, title="Methods", caption="By parameters alone.")
    assert again.read_bytes() == figure
