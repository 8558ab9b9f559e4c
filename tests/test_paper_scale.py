"""Every experiment of paper scale runs where the hub cannot be reached: its first cell, on a T5-shaped folder.

The vocabulary and the data are the real ones; the weights are random and small, so scores mean nothing.
"""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from real_data import real
from tiny import job_of, model_of
from transformers import AutoTokenizer

from softscale.backbone.t5_1_1 import build_t5_1_1, save_t5, t5_1_1_config
from softscale.compose.cells import cells, hydra_session
from softscale.config import ROOT
from softscale.sources.local import LocalConfig
from softscale.training.run import run

EXPERIMENTS = sorted(path.stem for path in (ROOT / "experiments" / "paper").glob("*.yaml"))
COUNTED = {"figure_4_parameters"}  # needs no run


@pytest.fixture(scope="module")
def t5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pieces = real("t5/spiece.model")
    folder = tmp_path_factory.mktemp("paper") / "t5"
    config = t5_1_1_config(vocab_size=32128, d_model=16, d_ff=16, d_kv=8, num_heads=2, num_layers=1)
    save_t5(build_t5_1_1(config), folder)
    shutil.copy(pieces, folder)
    AutoTokenizer.from_pretrained(folder).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real files under one root; in place of QQP, which is not among them, MRPC's pairs in QQP's columns."""
    superglue, mrpc, squad, mrqa = (real(name) for name in ("superglue", "mrpc", "squad", "mrqa"))
    root = tmp_path_factory.mktemp("data")
    for folder in [*superglue.iterdir(), mrpc, squad, mrqa]:
        (root / folder.name).symlink_to(folder)
    (root / "QQP").mkdir()
    for split in ("train", "dev"):
        rows = [line.split("\t") for line in (mrpc / f"{split}.tsv").read_text("utf-8-sig").splitlines()[1:]]
        header = "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate"
        lines = ["\t".join([str(i), row[1], row[2], row[3], row[4], row[0]]) for i, row in enumerate(rows)]
        (root / "QQP" / f"{split}.tsv").write_text("\n".join([header, *lines]) + "\n")
    return root


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in EXPERIMENTS if name not in COUNTED])
def test_its_first_cell_runs_for_three_steps_without_the_hub(
    name: str, t5: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with hydra_session():
        study = cells([f"experiment=paper/{name}"])[0].config.study()
    here = replace(
        study,
        model=model_of(t5),
        data=LocalConfig(name="local", root=str(data), num_train=32, num_dev=4),
        task=replace(study.task, target_length=8),
        optim=replace(study.optim, steps=3, eval_every=3, batch_size=4),
        transfer=[task for task in study.transfer if task in ("duorc", "mrpc", "qqp")],
    )
    record = run(job_of(here, tmp_path))
    assert record.last["step"] == 3
    frozen = here.method.name != "model_tuning"
    assert (record.backbone["before"] == record.backbone["after"]) == frozen
    assert bool(record.transfer) == bool(here.transfer)
    assert len(here.transfer) == (1 if name in ("table_1_domain_shift", "table_2_paraphrase") else 0)
