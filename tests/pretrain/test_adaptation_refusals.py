"""Bad input of `softscale pretrain text=…`: one sentence, before any weights are loaded, and nothing left."""

import gzip
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from english import adaptation, overrides_of

from softscale.errors import InputError
from softscale.pretrain import loop
from softscale.pretrain.loop import pretrain


@pytest.mark.parametrize(
    ("typed", "parts"),
    [
        ("text=nowhere", ["text=nowhere", "neither a file nor a folder"]),
        ("text={empty}", ["holds no files"]),
        ("text={latin}", ["line 1 is not UTF-8"]),
        ("text={torn}", ["cannot be unpacked"]),
        ("batch_size=1000", ["pieces of text", "batch_size=1000"]),
        ("objective=mlm", ["objective=mlm", "lm, span_corruption"]),
        ("objective.density=0.1", ["objective.density is not a field", "length"]),
        ("objective.length=2", ["objective.length=2", "3 or more"]),
        ("document=page", ["document=page", "line, file"]),
        ("keep=[9]", ["keep=[9]", "between 1 and the last one, 8"]),
        ("keep=[0]", ["keep=[0]", "between 1"]),
        ("keep=4", ["keep=4", "list"]),
        ("steps=0", ["steps=0", "1 or more"]),
        ("lr=0", ["lr=0", "above 0"]),
        ("micro_batch_size=0", ["micro_batch_size=0", "1 or more"]),
        ("nope=1", ["nope is not a field"]),
        ("model.path=nowhere", ["model.path=nowhere", "not a folder"]),
        ("model.dtype=fp16", ["fp16", "overflows"]),
        ("to={full}", ["holds mine.txt", "no last.ckpt"]),
    ],
)
def test_bad_input_is_refused_and_leaves_nothing(
    typed: str, parts: list[str], t5: Path, text: Path, tmp_path: Path, refused: Callable[..., str]
) -> None:
    places = {name: tmp_path / name for name in ("empty", "latin", "torn", "full")}
    places["empty"].mkdir()
    places["full"].mkdir()
    (places["full"] / "mine.txt").write_text("mine\n")
    places["latin"].write_bytes("fünf Wörter\n".encode("latin-1"))
    places["torn"].write_bytes(gzip.compress(text.read_bytes())[:-20])
    before = sorted(tmp_path.rglob("*"))
    told = refused("pretrain", *overrides_of(t5, text, tmp_path / "to"), typed.format(**places))
    assert all(part in told for part in parts), told
    assert sorted(tmp_path.rglob("*")) == before


def test_span_corruption_without_sentinels_is_refused(
    t5: Path, text: Path, tmp_path: Path, refused: Callable[..., str]
) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    for file in t5.iterdir():
        (bare / file.name).write_bytes(file.read_bytes().replace(b"<extra_id_", b"<other_id_"))
    told = refused("pretrain", *overrides_of(bare, text, tmp_path / "to", "objective=span_corruption"))
    assert "without <extra_id_0>" in told


@pytest.mark.parametrize(
    ("typed", "part"),
    [
        (["text=FILE"], "model has no value"),
        (["model=local", "model.path=DIR", "to=DIR"], "text has no value"),
        (["model=local", "text=FILE", "to=DIR"], "model.path has no value"),
        (["rung=1", "text=FILE"], "text is not a field"),
        ([], "rung has no value"),
    ],
)
def test_what_is_missing_is_named(typed: list[str], part: str, refused: Callable[..., str]) -> None:
    assert part in refused("pretrain", *typed)


def test_a_text_that_changed_under_an_interrupted_job_is_refused(
    t5: Path, text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "text"
    copy.write_text(text.read_text())
    config = adaptation(t5, copy, tmp_path / "to")
    save = loop._save

    def dying(*told: object) -> None:
        save(*told)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(loop, "_save", dying)
    with pytest.raises(KeyboardInterrupt):
        pretrain(config)
    monkeypatch.undo()
    copy.write_text(text.read_text() + "One more line of text\n")
    with pytest.raises(InputError, match="another text"):
        pretrain(config)
    with pytest.raises(InputError, match="batch_size=4, not 2"):
        pretrain(replace(config, batch_size=2))
