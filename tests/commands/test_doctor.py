"""What is missing for which ladder is said, and nothing is downloaded."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from byte_pairs import SMOLLM2, save_gguf

from softscale.cli import main
from softscale.config import ROOT

RTE = '{"premise": "It rains.", "hypothesis": "It is wet.", "label": "entailment", "idx": 0}\n'


def rows_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, list[str]]:
    """The rows of the tables by what they are of: whether it is there, what was found, the remedy."""
    with pytest.raises(SystemExit) as ended:
        main(["doctor", *arguments])
    assert ended.value.code == 0  # the miniature ladder runs wherever the tests do
    lines = [line.strip("| ").split(" | ") for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    return {cells[0].strip(): [cell.strip() for cell in cells[1:]] for cells in lines}


def test_the_miniature_ladder_is_there_by_its_hashes_and_versions(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    rows = rows_of(capsys)
    for name in ("python", "torch", "transformers", "mini_1", "mini_2", "mini_3"):
        assert rows[name][0] == "yes"
    assert rows["torch"][1] == torch.__version__
    assert rows["GPU"][0] == ("yes" if torch.cuda.is_available() else "no")
    assert rows["the hub"][:2] == ["no", "HF_HUB_OFFLINE is set"]
    assert rows["t5_xxl_lm"][0] == "yes" or "hf download google/t5-xxl-lm-adapt" in rows["t5_xxl_lm"][2]
    assert rows["local data"][0] == "no"


def test_local_data_are_looked_for_task_by_task(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    (tmp_path / "RTE").mkdir()
    (tmp_path / "RTE" / "train.jsonl").write_text(RTE)
    assert rows_of(capsys, f"data.root={tmp_path}")[f"rte in {tmp_path}"][:2] == ["no", "no dev"]
    (tmp_path / "RTE" / "val.jsonl").write_text(RTE)
    rows = rows_of(capsys, f"data.root={tmp_path}")
    assert rows[f"rte in {tmp_path}"][:2] == ["yes", "all splits"]
    assert rows[f"cb in {tmp_path}"] == ["no", "no train and no dev", f"{tmp_path}/CB/train.jsonl and CB/val.jsonl"]


def test_a_causal_model_in_a_file_is_looked_for_and_looked_at(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.chdir(tmp_path)
    rows = rows_of(capsys)
    assert rows["gguf"][0] == "yes"
    there, found, remedy = rows["smollm2_135m_instruct"]
    assert (there, found) == ("no", f"no {SMOLLM2.relative_to(ROOT)}")
    assert remedy.startswith("make weights")
    file = tmp_path / SMOLLM2.relative_to(ROOT)
    file.parent.mkdir(parents=True)
    file.write_bytes(save_gguf(tmp_path).read_bytes())
    assert rows_of(capsys)["smollm2_135m_instruct"][:2] == ["yes", str(file)]
    file.write_bytes(file.read_bytes()[:5000])
    there, found, remedy = rows_of(capsys)["smollm2_135m_instruct"]
    assert there == "no"
    assert "cannot be read: it ends before its tensors" in found
    assert remedy.startswith("make weights")


def test_a_root_that_is_no_folder_is_refused(refused: Callable[..., str]) -> None:
    assert refused("doctor", "data.root=nowhere") == "data.root=nowhere is not a folder: name one with official data"
