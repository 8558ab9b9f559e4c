"""T5s trained on, on plain text: the objectives, a resumed job, kept steps, and what the result is."""

import json
import random
from pathlib import Path

import pytest
import torch
from english import LICENCE, adaptation, overrides_of, save_t5_1_0
from tiny import load
from transformers import PreTrainedTokenizerFast

from softscale.backbone.padding import IGNORED, PAD, padded
from softscale.cli import main
from softscale.data.order import indices_of_step
from softscale.pretrain import loop
from softscale.pretrain.loop import pretrain
from softscale.pretrain.objectives import SpanCorruption, prefix_lm
from softscale.pretrain.text_batches import TextBatches

EOS = 1


def weights(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, t5: Path, text: Path) -> Path:
    """An undisturbed LM adaptation of 8 steps, of which the fourth is kept."""
    return pretrain(adaptation(t5, text, tmp_path_factory.mktemp("adapted") / "whole", "keep=[4]"))


def held_out_loss(folder: Path) -> float:
    """Mean prefix-LM loss a token on the lines that no adaptation saw."""
    backbone = load(folder)
    rows = backbone.tokenizer(LICENCE[::5], add_special_tokens=False)["input_ids"]
    pairs = [prefix_lm(row, EOS, random.Random(i)) for i, row in enumerate(rows)]  # type: ignore[arg-type]
    inputs = padded([pair[0] for pair in pairs], PAD)
    labels = padded([pair[1] for pair in pairs], IGNORED)
    with torch.no_grad():
        return float(backbone.loss(backbone.embed(inputs), inputs != PAD, labels) / (labels != IGNORED).sum())


@pytest.mark.slow
def test_lm_adaptation_on_english_lowers_the_loss_of_english_that_it_never_saw(
    t5: Path, text: Path, tmp_path: Path
) -> None:
    adapted = pretrain(adaptation(t5, text, tmp_path / "adapted", "steps=60", "batch_size=16"))
    assert held_out_loss(adapted) < held_out_loss(t5) - 0.5


def test_batches_of_span_corruption_together_rebuild_the_text(
    english: PreTrainedTokenizerFast, t5: Path, text: Path, tmp_path: Path
) -> None:
    config = adaptation(t5, text, tmp_path / "to", "objective=span_corruption", "objective.length=60")
    begun = config.begin()
    batches = begun.batches
    assert isinstance(batches, TextBatches)
    seen, counts = [], []
    for step in range(8):
        inputs, labels = batches[step]
        for read, written in zip(inputs.tolist(), labels.tolist(), strict=True):
            spans: dict[int, list[int]] = {}
            for token in written[: written.index(EOS)]:
                if token in batches.sentinels:
                    spans[token] = []
                else:
                    spans[list(spans)[-1]].append(token)
            assert all(spans.values())
            counts.append(len(spans))
            seen.append([part for token in read[: read.index(EOS)] for part in spans.get(token, [token])])
    assert min(counts) >= 1
    assert max(counts) > 1
    chosen = indices_of_step(0, 32, (len(batches.text),), config.seed)
    assert sorted(seen) == sorted(batches.text[i] for i in chosen)


def test_a_batch_of_lm_adaptation_is_a_piece_of_text_in_two_parts(t5: Path, text: Path, tmp_path: Path) -> None:
    batches = adaptation(t5, text, tmp_path / "to").begin().batches
    assert isinstance(batches, TextBatches)
    every = [batches.text[i] for i in range(len(batches.text))]
    for step in range(3):
        for read, written in zip(*(part.tolist() for part in batches[step]), strict=True):
            assert read[: read.index(EOS)] + written[: written.index(EOS)] in every


def test_the_cut_of_lm_adaptation_is_anywhere_in_the_text() -> None:
    cuts = [len(prefix_lm(list(range(5)), EOS, random.Random(seed))[0]) - 1 for seed in range(400)]
    assert set(cuts) == {1, 2, 3, 4}
    assert all(cuts.count(cut) > 60 for cut in range(1, 5))


def test_an_input_of_512_tokens_holds_568_tokens_of_text_with_a_target_of_114() -> None:
    objective = SpanCorruption(name="span_corruption", length=512, density=0.15, mean_span=3.0)
    assert objective.piece == 568
    inputs, targets = objective.pair(list(range(1000, 1568)), list(range(999, 899, -1)), EOS, random.Random(0))
    assert (len(inputs), len(targets)) == (512, 114)


def test_the_rate_goes_on_as_one_over_the_root_of_all_steps(t5: Path, text: Path, tmp_path: Path) -> None:
    config = adaptation(t5, text, tmp_path / "to", "lr=0.001", "steps_before=1000000")
    assert config.rate(0) == pytest.approx(1e-3)
    assert config.rate(100_000) == pytest.approx(1_100_000**-0.5)


def test_micro_batches_change_no_gradient(t5: Path, text: Path, tmp_path: Path) -> None:
    gradients = []
    for size in (4, 3, 1):
        begun = adaptation(t5, text, tmp_path / f"{size}", f"micro_batch_size={size}").begin()
        loss = begun.learn(*begun.batches[0])
        gradients.append([loss, *(param.grad for param in begun.model.parameters())])
    for other in gradients[1:]:
        for one, two in zip(gradients[0], other, strict=True):
            torch.testing.assert_close(one, two, rtol=1e-4, atol=1e-6)


def test_an_adaptation_killed_and_resumed_equals_a_whole_one_bit_for_bit(
    whole: Path, t5: Path, text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = adaptation(t5, text, tmp_path / "resumed", "keep=[4]")
    save, calls = loop._save, []

    def dying(*told: object) -> None:
        save(*told)  # type: ignore[arg-type]
        calls.append(told)
        if len(calls) == 2:  # step 4 is in the checkpoint, and not yet kept
            raise KeyboardInterrupt

    monkeypatch.setattr(loop, "_save", dying)
    with pytest.raises(KeyboardInterrupt):
        pretrain(config)
    monkeypatch.undo()
    folder = Path(config.to)
    assert (folder / "last.ckpt").exists()
    assert not (folder / "step_4").exists()
    pretrain(config)
    for name in ("model.safetensors", "config.json", "tokenizer.json", "step_4/model.safetensors"):
        assert (folder / name).read_bytes() == (whole / name).read_bytes()
    assert sorted(path.name for path in folder.iterdir()) == sorted(path.name for path in whole.iterdir())


def test_a_kept_step_is_what_a_job_of_so_many_steps_ends_with(
    whole: Path, t5: Path, text: Path, tmp_path: Path
) -> None:
    short = pretrain(adaptation(t5, text, tmp_path / "short", "steps=4"))
    kept = whole / "step_4"
    assert weights(kept) == weights(short) != weights(whole)
    told = json.loads((kept / "pretraining.json").read_text())
    assert (told["step"], told["curve"][-1][0]) == (4, 4)
    assert load(kept).tokenizer.get_vocab() == load(t5).tokenizer.get_vocab()


def test_the_report_says_what_was_done(whole: Path, t5: Path, text: Path) -> None:
    told = json.loads((whole / "pretraining.json").read_text())
    assert told["config"]["text"] == str(text)
    assert told["config"]["objective"]["name"] == "lm"
    assert told["backbone"] == load(t5).sha256()
    assert told["text"]["pieces"] == len(text.read_text().splitlines())
    assert told["step"] == told["curve"][-1][0] == 8
    backbone = load(whole)
    counted = backbone.num_parameters() - backbone.embeddings.numel()  # the output head is counted
    assert told["flops"] == 6 * counted * told["tokens"]


@pytest.mark.parametrize("kind", ["1.0", "1.1"])
@pytest.mark.parametrize("objective", ["lm", "span_corruption"])
def test_a_t5_of_either_kind_is_trained_on_and_stays_one(
    kind: str, objective: str, t5: Path, text: Path, english: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    start = t5 if kind == "1.1" else save_t5_1_0(tmp_path / "t5", english)
    folder = pretrain(adaptation(start, text, tmp_path / "to", f"objective={objective}", "objective.length=24"))
    before, after = load(start), load(folder)
    tied = after.model.lm_head.weight.data_ptr() == after.embeddings.data_ptr()
    assert tied == (kind == "1.0")
    assert after.num_parameters() == before.num_parameters()
    assert after.model.config.scale_decoder_outputs == before.model.config.scale_decoder_outputs == tied
    for (name, old), new in zip(before.model.named_parameters(), after.model.parameters(), strict=True):
        assert not torch.equal(old, new), name
    assert json.loads((folder / "config.json").read_text())["dropout_rate"] == 0.1


def test_passes_in_bf16_leave_weights_in_fp32(whole: Path, t5: Path, text: Path, tmp_path: Path) -> None:
    folder = pretrain(adaptation(t5, text, tmp_path / "to", "model.dtype=bf16"))
    after = dict(load(folder).model.named_parameters())
    assert {param.dtype for param in after.values()} == {torch.float32}
    assert weights(folder) != weights(whole)
    for name, param in load(whole).model.named_parameters():
        torch.testing.assert_close(after[name], param, rtol=0.2, atol=0.2)


def test_the_command_adapts_and_its_result_is_a_local_model(
    t5: Path, text: Path, whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["pretrain", *overrides_of(t5, text, tmp_path / "to", "keep=[4]")])
    assert ended.value.code == 0
    told = capsys.readouterr()
    assert str(tmp_path / "to") in told.out
    assert "local lm  step 8/8  loss" in told.err
    assert weights(tmp_path / "to") == weights(whole)
