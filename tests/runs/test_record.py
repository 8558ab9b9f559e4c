"""A record is believed only where every value is one that a run could have written, and it is that of its own file."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from softscale import methods, sources, tasks
from softscale.cli import main
from softscale.errors import InputError
from softscale.runs.record import read_record, read_records

Values = dict[str, Any]


@pytest.fixture(scope="module", autouse=True)
def _everything_is_registered() -> None:
    methods.register()
    sources.register()
    tasks.register()


@pytest.fixture
def published(committed_records: Path) -> Path:
    """A committed record."""
    return committed_records / "0d3a65273e6f.json"


def put(field: str, value: Any) -> Callable[[Values], None]:
    """Puts a value into the field of that dotted name."""
    *parents, last = field.split(".")

    def change(values: Values) -> None:
        for parent in parents:
            values = values[int(parent) if isinstance(values, list) else parent]
        values[int(last) if isinstance(values, list) else last] = value

    return change


WRONG = [
    ("id", "../../etc/pas"),
    ("id", "0d3a65273e6g"),
    ("id", 3),
    ("study", []),
    ("study.model", None),
    ("study.model.name", "a/../../b"),
    ("study.task.name", "rte\n# injected"),
    ("study.method.name", ""),
    ("study.seed", -1),
    ("study.seed", True),
    ("study.seed", "0"),
    ("study.optim.lr", float("inf")),
    ("study.optim.batch_size", 0),
    ("study.transfer", "qqp"),
    ("runtime", None),
    ("parameters.trained", 1.5),
    ("parameters.total", -1),
    ("parameters", {}),
    ("backbone.before", "abc"),
    ("backbone", {}),
    ("data.majority", None),
    ("data.dev", float("nan")),
    ("curve", []),
    ("curve", {}),
    ("curve.0", 3),
    ("curve.0.step", -1),
    ("curve.0.dev/score", "0.5"),
    ("curve.0.dev/score", float("nan")),
    ("curve.0.train/loss", 1e999),
    ("best.dev/score", 0.123),
    ("best.step", 10**400),
    ("best", None),
    ("last.step", 1),
    ("predictions.sha256", "abc"),
    ("predictions.count", "8"),
    ("predictions", {}),
    ("notes", "a note"),
    ("notes", [1]),
    ("provenance.seconds", "12"),
    ("provenance.seconds", -1.0),
    ("provenance", []),
    ("transfer", {"transfer/qqp/score": None}),
    ("resampled.dev", [0.5, None]),
    ("resampled.dev", [0.5, float("nan")]),
    ("resampled", []),
    ("schema", 0),
    ("schema", True),
    ("schema", "3"),
]


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_a_value_that_no_run_writes_is_refused_with_its_field(
    field: str, value: Any, published: Path, tmp_path: Path
) -> None:
    values = json.loads(published.read_bytes())
    put(field, value)(values)
    path = tmp_path / published.name
    path.write_text(json.dumps(values))
    with pytest.raises(InputError) as refused:
        read_record(path)
    message = str(refused.value)
    assert message.startswith(f"{path} is not a record (")
    assert field.split(".")[0] in message
    assert "\n" not in message


CONTENTS = {
    "empty": b"",
    "cut off": b'{"id": "0d3a65273e6f", ',
    "a list": b"[]",
    "a number": b"3",
    "no text": b"\xff\xfe\x00\x80",
    "zeros": bytes(4096),
    "nested": b"[" * 200_000,
    "digits": b'{"schema": ' + b"9" * 6000 + b"}",
}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_what_is_no_json_of_a_record_is_refused_in_one_sentence(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "0d3a65273e6f.json"
    path.write_bytes(content)
    with pytest.raises(InputError) as refused:
        read_record(path)
    assert str(refused.value).startswith(f"{path} is not a record (")
    assert "\n" not in str(refused.value)


def test_the_record_of_another_run_is_refused_in_this_run_s_file(published: Path, tmp_path: Path) -> None:
    folder = tmp_path / "1938f025d99b"
    folder.mkdir()
    for path in (tmp_path / "1938f025d99b.json", folder / "record.json"):
        path.write_bytes(published.read_bytes())
        with pytest.raises(InputError, match="its id is 0d3a65273e6f"):
            read_record(path)


def test_a_record_whose_study_was_changed_is_not_that_of_its_id(published: Path, tmp_path: Path) -> None:
    values = json.loads(published.read_bytes())
    values["study"]["optim"]["lr"] *= 2
    path = tmp_path / published.name
    path.write_text(json.dumps(values))
    with pytest.raises(InputError, match=r"its study is that of [0-9a-f]{12}"):
        read_record(path)


def test_a_study_of_a_method_that_is_not_known_here_is_no_reason_to_refuse_its_record(
    published: Path, tmp_path: Path
) -> None:
    values = json.loads(published.read_bytes())
    values["study"]["method"] = {"name": "from_another_checkout", "width": 3}
    path = tmp_path / published.name
    path.write_text(json.dumps(values))
    assert read_record(path).study["method"]["width"] == 3


def test_all_committed_records_are_read_within_two_seconds(committed_records: Path) -> None:
    paths = list(committed_records.rglob("*.json"))
    started = time.process_time()
    ids = {read_record(path).id for path in paths}
    assert time.process_time() - started < 2.0
    assert ids == {path.stem for path in paths}
    assert len(ids) > 1000


def test_records_of_schemas_one_and_two_are_read(published: Path, tmp_path: Path) -> None:
    values = json.loads(published.read_bytes())
    del values["resampled"]
    path = tmp_path / published.name
    path.write_text(json.dumps(values | {"schema": 2}))
    assert read_record(path).resampled == {}
    del values["transfer"], values["study"]["transfer"]
    path.write_text(json.dumps(values | {"schema": 1}))
    assert (read_record(path).transfer, read_record(path).study["transfer"]) == ({}, [])


def test_a_damaged_record_is_left_out_and_named_and_the_others_are_read(published: Path, tmp_path: Path) -> None:
    whole = tmp_path / published.name
    whole.write_bytes(published.read_bytes())
    (tmp_path / "1938f025d99b.json").write_text("{")
    damaged: list[str] = []
    found = read_records(tmp_path, ["1938f025d99b", published.stem, "000000000000"], damaged)
    assert [record.id for record in found] == [published.stem]
    assert len(damaged) == 1
    assert str(tmp_path / "1938f025d99b.json") in damaged[0]


EXPERIMENT = "experiment=miniature/figure_1_first_look"


def test_a_damaged_published_record_stops_neither_a_plan_nor_a_report(
    committed_records: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main_ends(["status", EXPERIMENT])
    own, *others = [line.split()[0] for line in capsys.readouterr().out.splitlines()[:-1]]
    results = tmp_path / "results"
    (results / "records").mkdir(parents=True)
    for id_ in others:
        (results / "records" / f"{id_}.json").write_bytes((committed_records / f"{id_}.json").read_bytes())
    for id_ in (own, "000000000000"):
        (results / "records" / f"{id_}.json").write_text('{"schema": 3}')
    main_ends(["plan", EXPERIMENT, f"runtime.results={results}"])
    told = capsys.readouterr().err.splitlines()
    assert len([line for line in told if line.startswith("note: skipped: ")]) == 2
    main_ends(["report", EXPERIMENT, f"runtime.results={results}"])
    told_in_report = capsys.readouterr()
    assert f"{results / 'records' / own}.json is not a record" in told_in_report.err
    assert "000000000000" not in told_in_report.err  # of no cell of this page
    assert f"from {len(others)} of {len(others) + 1} cells" in told_in_report.out


def main_ends(arguments: list[str]) -> None:
    """The command ends well."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 0
