"""The committed miniature ladder is what the configuration says it is."""

import itertools
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hydra import compose
from omegaconf import OmegaConf

from softscale.backbone.folder import revision_of
from softscale.backbone.load import load_backbone, load_tokenizer
from softscale.backbone.shape import parameters_of
from softscale.commands.pretrain import schema as _registers_pretraining  # noqa: F401
from softscale.compose.cells import hydra_session, single
from softscale.config import ROOT
from softscale.pretrain.loop import RUNTIME
from softscale.world.tokenizer import build_tokenizer

MODELS = sorted((ROOT / "models").iterdir())
RUNGS = [folder for folder in MODELS if folder.name.count("_") == 1]
PARTS = {"span": 0.0, "lm_10": 0.1, "lm_50": 0.5}  # of LM adaptation (figures 3c and 3d)


def test_there_are_five_rungs_in_48_megabytes() -> None:
    assert [folder.name for folder in RUNGS] == [f"mini_{k}" for k in range(1, 6)]
    assert sum(file.stat().st_size for folder in MODELS for file in folder.iterdir()) <= 48_000_000


@pytest.mark.parametrize("rung", MODELS, ids=lambda rung: rung.name)
def test_the_configuration_pins_the_committed_weights(rung: Path) -> None:
    with hydra_session():
        model = single([f"model={rung.name}"]).config.model
    assert model.revision == revision_of(rung)
    backbone = load_backbone(model, load_tokenizer(model), dropout=0.0)
    assert backbone.num_parameters() == parameters_of(model)
    assert backbone.model.lm_head.weight.data_ptr() != backbone.embeddings.data_ptr()


@pytest.mark.parametrize("folder", MODELS, ids=lambda folder: folder.name)
def test_the_committed_weights_were_made_by_the_committed_configuration(folder: Path) -> None:
    rung, part = "_".join(folder.name.split("_")[:2]), "_".join(folder.name.split("_")[2:])
    with hydra_session():
        config = OmegaConf.to_container(compose("pretrain", overrides=[f"rung={rung}"]), resolve=True)
    assert isinstance(config, dict)
    told = json.loads((folder / "pretraining.json").read_text())
    span, lm = (sum(config[objective].values()) for objective in ("span", "lm"))
    keep = config["keep"]
    config = {key: value for key, value in config.items() if key not in RUNTIME}
    if "span_steps" in told["config"]:  # made before stages had names: those up to its step are compared
        older = told["config"]
        first = {"reading": older["reading_steps"], "judging": older["judging_steps"]}
        first["all"] = older["span_steps"] - sum(first.values())
        assert first == config["span"]
        assert older["choosing_from"] == config["lm"]["all"]
        assert told["step"] <= span + config["lm"]["all"]
        shared = config.keys() & older.keys()
        assert {key: older[key] for key in shared} == {key: config[key] for key in shared}
        assert config.keys() - shared == {"span", "lm", "restarts"}
    else:
        assert told["config"] == config
    step = span + round(PARTS.get(part, 1.0) * lm)
    assert told["step"] == told["curve"][-1][0] == step
    assert step in [*keep, span + lm]


@pytest.mark.parametrize("rung", MODELS, ids=lambda rung: rung.name)
def test_the_committed_tokenizer_is_that_of_the_world(rung: Path) -> None:
    told = json.loads((rung / "tokenizer.json").read_text())["model"]["vocab"]
    assert told == {word: id_ for word, id_ in build_tokenizer().get_vocab().items() if word in told}
    assert len(told) == len(build_tokenizer())


def test_each_rung_has_at_least_three_times_the_parameters_of_the_one_below() -> None:
    sizes = [json.loads((rung / "pretraining.json").read_text())["parameters"]["non_embedding"] for rung in RUNGS]
    assert all(above >= 3 * below for below, above in itertools.pairwise(sizes))


@pytest.mark.slow
def test_a_fresh_start_follows_the_committed_curve(tmp_path: Path) -> None:
    """Within 1 %: products in bf16 are rounded by each processor in its own way, and a hundred steps carry that on."""
    curve = json.loads((ROOT / "models/mini_1/pretraining.json").read_text())["curve"]
    command = [Path(sys.executable).with_name("softscale"), "pretrain", "rung=1", f"to={tmp_path / 'again'}"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT) as run:
        assert run.stderr is not None
        told = next(found for line in run.stderr if (found := re.search(r"step (\d+)/\d+  loss ([\d.]+)", line)))
        run.kill()
    assert int(told[1]) == curve[0][0]
    assert float(told[2]) == pytest.approx(curve[0][1], rel=0.01)
