"""Pre-training of a rung: a step as by hand, its batches, and a resumed job equal to a whole one."""

import hashlib
import itertools
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tiny import SHAPE, load
from transformers import PreTrainedTokenizerFast

from softscale.backbone.padding import IGNORED
from softscale.commands.pretrain import config_of as config_of_command
from softscale.compose.cells import hydra_session
from softscale.errors import InputError
from softscale.pretrain import loop
from softscale.pretrain.batches import alike
from softscale.pretrain.loop import pretrain
from softscale.pretrain.optimiser import ScaledAdamW, groups
from softscale.pretrain.rung import Pretraining, Rung, initial_model
from softscale.pretrain.world_batches import WorldBatches
from softscale.world.text import STAGES, document, split_words, write

EOS = 1


def config_of(to: Path, **told: Any) -> Pretraining:
    values = Pretraining(
        rung=Rung(name="tiny", lr=0.02, **SHAPE),
        span={"reading": 1, "judging": 1, "all": 4},
        lm={"all": 2, "choosing": 1, "revising": 1, "reordering": 1, "finishing": 1},
        restarts=[6],
        batch_size=2,
        lr=0.02,
        bias_lr=0.05,
        lm_share=1.0,
        warmup_steps=2,
        salient=0.5,
        density=0.2,
        mean_span=2.0,
        precision="fp32",
        seed=0,
        threads=1,
        checkpoint_every=4,
        to=str(to),
    )
    return replace(values, **told)


def test_a_step_of_the_optimiser_is_the_one_computed_by_hand() -> None:
    rng = np.random.default_rng(0)
    value = rng.normal(size=(5, 3))
    param = torch.nn.Parameter(torch.tensor(value))
    optimiser = ScaledAdamW([param], lr=0.02)
    mean, square = np.zeros_like(value), np.zeros_like(value)
    for step in range(1, 5):
        grad = rng.normal(size=value.shape)
        param.grad = torch.tensor(grad)
        optimiser.step()
        mean = 0.9 * mean + 0.1 * grad
        square = 0.98 * square + 0.02 * grad**2
        size = max(np.sqrt((value**2).mean()), 1e-3)
        direction = (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.98**step)) + 1e-8)
        value = value - 0.02 * size * direction
        np.testing.assert_allclose(param.detach().numpy(), value, rtol=1e-9)


def test_a_matrix_of_zeros_still_moves() -> None:
    param = torch.nn.Parameter(torch.zeros(2, 2))
    param.grad = torch.ones(2, 2)
    ScaledAdamW([param], lr=0.1).step()
    torch.testing.assert_close(param.detach(), torch.full((2, 2), -1e-4))


def test_a_relative_position_bias_moves_as_if_it_were_large() -> None:
    model = initial_model(Rung(name="tiny", lr=0.02, **SHAPE), 100)
    before = {name: param.detach().clone() for name, param in model.named_parameters()}
    for param in model.parameters():
        param.grad = torch.ones_like(param)
    ScaledAdamW(groups(model, bias_size=2.5), lr=0.1).step()
    for name, param in model.named_parameters():
        size = before[name].square().mean().sqrt().clamp(min=2.5 if "relative" in name else 1e-3)
        torch.testing.assert_close(before[name] - param.detach(), torch.full_like(param, 0.1) * size)


def test_each_phase_warms_up_to_its_peak_and_falls_to_a_tenth(tmp_path: Path) -> None:
    config = replace(config_of(tmp_path, warmup_steps=100), span={"all": 1000}, lm={"all": 1000}, lr=0.2, lm_share=0.5)
    for start, peak in ((0, 0.2), (1000, 0.1)):
        rates = [config.rate(start + step) for step in range(1000)]
        assert rates[0] == pytest.approx(peak / 100)
        assert rates[99] == max(rates) == pytest.approx(peak, rel=0.1)
        assert rates[-1] == pytest.approx(peak / 10, rel=0.05)
        assert rates[99:] == sorted(rates[99:], reverse=True)


def test_the_batch_of_a_step_depends_on_the_seed_and_the_step_only(
    tmp_path: Path, tokenizer: PreTrainedTokenizerFast
) -> None:
    config = config_of(tmp_path)
    forward, backward = WorldBatches(config, tokenizer), WorldBatches(config, tokenizer)
    drawn = [forward[step] for step in range(12)]
    for step in reversed(range(12)):
        for part, again in zip(drawn[step], backward[step], strict=True):
            assert torch.equal(part, again)
    other = WorldBatches(replace(config, seed=1), tokenizer)[0]
    assert other[0].shape != drawn[0][0].shape or not torch.equal(other[0], drawn[0][0])


def test_span_corruption_comes_first_and_language_modelling_after(
    tmp_path: Path, tokenizer: PreTrainedTokenizerFast
) -> None:
    batches = WorldBatches(config_of(tmp_path), tokenizer)
    first = tokenizer.convert_tokens_to_ids("<extra_id_0>")
    for step in range(12):
        inputs, labels = batches[step]
        assert bool((inputs == first).any()) == bool((labels == first).any()) == (step < 6)
        assert bool(((labels == IGNORED) | (labels > 0)).all())


def test_salient_spans_are_the_answers_and_a_salient_prefix_ends_before_the_last(
    tmp_path: Path, tokenizer: PreTrainedTokenizerFast
) -> None:
    batches = WorldBatches(replace(config_of(tmp_path), salient=1.0), tokenizer)
    first, second = tokenizer.convert_tokens_to_ids(["<extra_id_0>", "<extra_id_1>"])
    document = [[10, 11, 12], [20, 21], [13], [22]]
    masked = [10, 11, 12, first, 13, second, EOS], [first, 20, 21, second, 22, EOS]
    assert batches.pair(document, 5, random.Random(0)) == masked
    assert batches.pair(document, 6, random.Random(0)) == ([10, 11, 12, 20, 21, 13, EOS], [22, EOS])


def test_the_batches_of_a_rung_are_those_that_made_the_committed_models(tokenizer: PreTrainedTokenizerFast) -> None:
    with hydra_session():
        config = config_of_command(["rung=1"])
    assert isinstance(config, Pretraining)
    batches, digest = WorldBatches(config, tokenizer), hashlib.sha256()
    stages = (0, 999, 1000, 1799, 1800, 3799), (3800, 4399, 4400, 4899, 4904, 5299, 5304, 5499, 5504, 5899, 5904, 6799)
    for step in itertools.chain(*stages):  # first and last steps of each, of both objectives
        for part in batches[step]:
            digest.update(str(tuple(part.shape)).encode())
            digest.update(part.numpy().tobytes())
    assert digest.hexdigest() == "d5dbb09b8d118733e5bb0109515f623b84f8c8e0789057418752c3c0756809df"


def test_a_word_of_the_world_is_a_token(tokenizer: PreTrainedTokenizerFast) -> None:
    ids, rng = tokenizer.get_vocab(), random.Random(0)
    for stage in STAGES:
        for text in (write(document(rng, stage=stage)) for _ in range(50)):
            assert [ids[word] for word in split_words(text)] == tokenizer(text, add_special_tokens=False)["input_ids"]


@pytest.mark.parametrize("named", ["rung=2", "rung=mini_2"])
def test_a_rung_has_a_number_and_a_name(named: str) -> None:
    with hydra_session():
        config = config_of_command([named])
    assert isinstance(config, Pretraining)
    assert config.rung.name == "mini_2"


def test_parts_of_a_batch_have_its_gradient_and_hold_less_padding(tmp_path: Path) -> None:
    config = config_of(tmp_path, batch_size=64, salient=0.9, span={"all": 6}, lm={"all": 6})
    gradients, losses = [], []
    for parts in (alike, lambda inputs, labels: [(inputs, labels)]):
        torch.manual_seed(0)
        begun = config.begin()
        inputs, labels = begun.batches[10]
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("softscale.pretrain.batches.alike", parts)
            losses.append(begun.learn(inputs, labels))
        gradients.append({name: param.grad for name, param in begun.model.named_parameters()})
    held = [part.numel() for pair in alike(inputs, labels) for part in pair]
    assert len(held) == 6
    assert sum(held) < (inputs.numel() + labels.numel()) * 2 / 3
    torch.testing.assert_close(*losses)
    torch.testing.assert_close(*gradients, rtol=1e-4, atol=1e-6)


def test_language_modelling_begins_with_the_published_model_and_without_moments(tmp_path: Path) -> None:
    config = replace(config_of(tmp_path / "kept"), keep=[6, 7])
    folder = pretrain(config)
    begun = config.begin()
    with torch.no_grad():
        for name, param in begun.model.named_parameters():
            param.copy_(load_file(folder / "step_6" / "model.safetensors")[name])
    begun.learn(*begun.batches[6])
    for group in begun.optimiser.param_groups:
        group["lr"] = config.rate(6)
    begun.optimiser.step()
    after = load_file(folder / "step_7" / "model.safetensors")
    for name, param in begun.model.named_parameters():
        assert torch.equal(param.detach().to(torch.bfloat16), after[name]), name


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An undisturbed pre-training of 12 steps."""
    return pretrain(config_of(tmp_path_factory.mktemp("pretrain") / "whole"))


def test_a_pre_training_killed_and_resumed_equals_a_whole_one_bit_for_bit(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = config_of(tmp_path / "resumed")
    advance, calls = loop._advance, []

    def dying(*told: Any) -> float:
        calls.append(told)
        if len(calls) == 3:  # two checkpoints are written: steps 4 and 8
            raise KeyboardInterrupt
        return advance(*told)

    monkeypatch.setattr(loop, "_advance", dying)
    with pytest.raises(KeyboardInterrupt):
        pretrain(config)
    monkeypatch.undo()
    assert (Path(config.to) / "last.ckpt").exists()
    folder = pretrain(config)
    for name in ("model.safetensors", "config.json", "tokenizer.json"):
        assert (folder / name).read_bytes() == (whole / name).read_bytes()
    assert not (folder / "last.ckpt").exists()


def test_a_pre_trained_folder_loads_as_a_backbone_with_its_own_head(whole: Path) -> None:
    backbone = load(whole)
    assert not torch.equal(backbone.model.lm_head.weight, backbone.embeddings)
    assert (whole / "pretraining.json").exists()


def test_a_rung_keeps_the_steps_that_it_is_told_to_keep(whole: Path, tmp_path: Path) -> None:
    folder = pretrain(replace(config_of(tmp_path / "kept"), keep=[6, 12]))
    assert (folder / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()
    assert (folder / "step_12" / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()
    assert load(folder / "step_6").sha256() != load(whole).sha256()


def test_the_cadence_of_checkpoints_does_not_change_the_weights(whole: Path, tmp_path: Path) -> None:
    folder = pretrain(config_of(tmp_path / "other", checkpoint_every=5))
    assert (folder / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()


def test_a_checkpoint_of_another_configuration_is_refused_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = config_of(tmp_path / "one", checkpoint_every=12)
    save = loop._save

    def saving(*told: object) -> None:
        save(*told)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(loop, "_save", saving)
    with pytest.raises(KeyboardInterrupt):
        pretrain(config)
    monkeypatch.undo()
    last = Path(config.to) / "last.ckpt"
    content = last.read_bytes()
    with pytest.raises(InputError, match="seed=0, not 1"):
        pretrain(replace(config, seed=1))
    assert last.read_bytes() == content


@pytest.mark.parametrize("told", [{"batch_size": 0}, {"span": {"all": -1}}, {"warmup_steps": 0}])
def test_a_value_out_of_range_is_refused_before_anything_is_written(told: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(InputError, match=next(iter(told))):
        pretrain(config_of(tmp_path / "none", **told))
    assert not (tmp_path / "none").exists()
