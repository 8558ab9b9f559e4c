"""What holds for every method: its parameters are alive, the backbone stays, what is stored gives the same outputs."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from adapted import ALL, BATCH, FAMILIES, FROM_FILES, FROZEN, Nothing, built, carried_by, logits_of, saved
from tiny import OPTIM, load
from torch import Tensor, nn
from transformers import PreTrainedTokenizerFast

from softscale.backbone.backbone import Backbone
from softscale.config import OptimConfig
from softscale.errors import InputError
from softscale.methods.method import Context
from softscale.training.tuning import Tuning

EVERY = [(family, name) for family in FAMILIES for name in carried_by(family)]
each_method = pytest.mark.parametrize(("family", "name"), EVERY)
each_frozen = pytest.mark.parametrize(("family", "name"), [(family, name) for family, name in EVERY if name in FROZEN])


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory, tokenizer: PreTrainedTokenizerFast) -> dict[str, Path]:
    place = tmp_path_factory.mktemp("small")
    return {family: saved(family, place / family, tokenizer) for family in FAMILIES}


@pytest.fixture
def folder(family: str, folders: dict[str, Path]) -> Path:
    return folders[family]


@pytest.fixture
def backbone(folder: Path) -> Backbone:
    return load(folder)


def test_no_method_escapes_these_tests() -> None:
    escaped = [name for name, example in FROM_FILES.items() if example is None]
    assert not escaped, (
        f"no test runs {', '.join(escaped)}: give conf/method/{escaped[0]}.yaml all its values, or an example in "
        "EXAMPLES of tests/adapted.py"
    )


@each_method
def test_every_counted_parameter_gets_a_gradient(name: str, backbone: Backbone) -> None:
    method = built(name, backbone)
    with method.attach(backbone):
        embedded, mask = method.join(backbone.embed(BATCH.tokens), BATCH.mask)
        backbone.loss(embedded, mask, BATCH.labels).backward()
    for parameter_name, param in method.trainable().items():
        assert param.grad is not None, parameter_name
        # Of the embedding table and the position biases a batch uses some rows only.
        if name != "model_tuning":
            assert bool((param.grad != 0).all()), parameter_name
    backbones = [param for param in backbone.parameters() if param.grad is not None]
    assert not backbones or name == "model_tuning"


@each_frozen
def test_a_step_moves_every_parameter_of_the_method_and_nothing_of_the_backbone(name: str, backbone: Backbone) -> None:
    method = built(name, backbone)
    module, before = Tuning(backbone, method, OptimConfig(**OPTIM), 0), backbone.sha256()
    earlier = {key: value.clone() for key, value in module.state_dict().items()}
    optimiser = module.configure_optimizers()
    module.training_step(BATCH, 0).backward()
    optimiser.step()
    assert backbone.sha256() == before
    assert all(bool((value != earlier[key]).all()) for key, value in module.state_dict().items())


@each_method
def test_slices_and_activations_that_are_computed_again_change_no_gradient(name: str, folder: Path) -> None:
    gradients = []
    for micro_batch in (None, 1):
        backbone = load(folder)
        if micro_batch:
            backbone.checkpoint_activations()
        module = Tuning(backbone, built(name, backbone), OptimConfig(**OPTIM), 0, micro_batch).train()
        module.training_step(BATCH, 0).backward()
        gradients.append({key: param.grad for key, param in module.method.trainable().items()})
    torch.testing.assert_close(gradients[1], gradients[0], rtol=1e-4, atol=1e-5)


@each_method
def test_what_is_stored_gives_the_same_outputs_when_loaded(name: str, folder: Path) -> None:
    first, second = load(folder), load(folder)
    trained, fresh = built(name, first), built(name, second, seed=1)
    assert not torch.equal(logits_of(first, trained), logits_of(second, fresh))
    fresh.load(trained.stored())
    torch.testing.assert_close(logits_of(first, trained), logits_of(second, fresh), rtol=0, atol=1e-5)
    assert fresh.stored().keys() == trained.stored().keys()


@each_frozen
def test_what_is_stored_of_another_shape_is_refused(name: str, backbone: Backbone) -> None:
    method = built(name, backbone)
    stored = method.stored()
    first = next(iter(stored))
    with pytest.raises(KeyError):
        method.load({**stored, "other": torch.zeros(1)})
    with pytest.raises((ValueError, KeyError)):
        method.load({key: value for key, value in stored.items() if key != first})


@each_method
def test_generation_step_by_step_equals_teacher_forcing(name: str, backbone: Backbone) -> None:
    """Greedy writing with its cache computes what the teacher-forced logits of its own output are."""
    method, length, steps = built(name, backbone), 6, []

    def never_the_end(_: nn.Module, __: tuple, logits: Tensor) -> Tensor:
        steps.append(logits.clone().index_fill_(-1, torch.tensor([backbone.tokenizer.eos_token_id]), -torch.inf))
        return steps[-1]

    hook = backbone.model.get_output_embeddings().register_forward_hook(never_the_end)
    with torch.no_grad(), method.attach(backbone):
        backbone.generate(*method.join(backbone.embed(BATCH.tokens), BATCH.mask), length)
    hook.remove()
    stepwise = torch.stack(steps, dim=1)
    forced = logits_of(backbone, method, replace(BATCH, labels=stepwise.argmax(-1)))
    forced[..., backbone.tokenizer.eos_token_id] = -torch.inf
    torch.testing.assert_close(stepwise, forced, rtol=1e-4, atol=1e-5)


# T5 counts the distance from its prompt: its batches are padded on the right only.
SIDES = {family: [(0, 2)] if family == "t5" else [(0, 2), (3, 0), (2, 1)] for family in FAMILIES}


@pytest.mark.parametrize(("family", "name", "sides"), [(*each, sides) for each in EVERY for sides in SIDES[each[0]]])
def test_padding_moves_no_loss_and_no_answer(name: str, sides: tuple[int, int], backbone: Backbone) -> None:
    left, right = sides
    method = built(name, backbone)
    wider = replace(BATCH, tokens=F.pad(BATCH.tokens, (left, right)), mask=F.pad(BATCH.mask, (left, right)))
    told = []
    for batch in (BATCH, wider):
        with torch.no_grad(), method.attach(backbone):
            joined = method.join(backbone.embed(batch.tokens), batch.mask)
            told.append((backbone.loss(*joined, BATCH.labels), backbone.generate(*joined, 6)))
    torch.testing.assert_close(told[1][0], told[0][0], rtol=1e-5, atol=1e-5)
    assert told[1][1] == told[0][1]


@each_frozen
def test_gradient_checkpointing_gives_the_same_gradients(name: str, folder: Path) -> None:
    gradients = []
    for checkpointing in (False, True):
        backbone = load(folder)
        if checkpointing:
            backbone.model.gradient_checkpointing_enable()
        module = Tuning(backbone, built(name, backbone), OptimConfig(**(OPTIM | {"dropout": 0.0})), 0)
        module.train()
        module.training_step(BATCH, 0).backward()
        gradients.append({key: param.grad for key, param in module.method.trainable().items()})
    torch.testing.assert_close(gradients[0], gradients[1], rtol=1e-4, atol=1e-5)


@each_frozen
def test_two_tasks_take_turns_over_one_backbone(name: str, folder: Path) -> None:
    shared, alone = load(folder), load(folder)
    first, second = built(name, shared, seed=1), built(name, shared, seed=2)
    untouched = shared.sha256()
    told = [logits_of(shared, method) for method in (first, second, first)]
    expected = [logits_of(alone, built(name, alone, seed=seed)) for seed in (1, 2)]
    assert torch.equal(told[0], told[2])
    torch.testing.assert_close(told[0], expected[0])
    torch.testing.assert_close(told[1], expected[1])
    assert not torch.equal(told[0], told[1])
    assert shared.sha256() == untouched


@each_frozen
def test_a_closed_method_leaves_the_backbone_as_it_was(name: str, backbone: Backbone) -> None:
    before = logits_of(backbone, Nothing())
    with built(name, backbone).attach(backbone):
        pass
    assert torch.equal(logits_of(backbone, Nothing()), before)


STARTS_AT_THE_BACKBONE = ("lora", "ia3", "bitfit")


@pytest.mark.parametrize("name", STARTS_AT_THE_BACKBONE)
@pytest.mark.parametrize("family", FAMILIES)
def test_an_update_of_nothing_changes_nothing(name: str, backbone: Backbone) -> None:
    context = Context(backbone=backbone, words=(), generator=torch.Generator(), notes=[])
    method = ALL[name].build(context)
    torch.testing.assert_close(logits_of(backbone, method), logits_of(backbone, Nothing()), rtol=0, atol=1e-5)


MERGED = [(family, name) for family, name in EVERY if name in ("lora", "ia3", "bitfit", "model_tuning")]


@pytest.mark.parametrize(("family", "name"), MERGED)
def test_what_is_merged_gives_the_outputs_of_what_is_attached(name: str, backbone: Backbone) -> None:
    method = built(name, backbone)
    if name == "bitfit" and all(linear.bias is None for linear in backbone.maps.values()):
        with pytest.raises(InputError, match="no biases"):
            method.merge(backbone)
        return
    attached = logits_of(backbone, method)
    method.merge(backbone)
    torch.testing.assert_close(logits_of(backbone, Nothing()), attached, rtol=1e-4, atol=1e-5)


@each_frozen
def test_prompts_and_adapters_stay_fp32_over_a_bf16_backbone(name: str, folder: Path) -> None:
    backbone = load(folder, dtype="bf16")
    method = built(name, backbone)
    assert {param.dtype for param in method.trainable().values()} == {torch.float32}
    module = Tuning(backbone, method, OptimConfig(**OPTIM), 0)
    module.training_step(BATCH, 0).backward()
    assert all(param.grad is not None and param.grad.dtype == torch.float32 for param in method.trainable().values())


@each_frozen
def test_the_seed_decides_the_start(name: str, folder: Path) -> None:
    def started(seed: int, noise: int) -> dict[str, Tensor]:
        torch.manual_seed(noise)
        backbone, generator = load(folder), torch.Generator().manual_seed(seed)
        return ALL[name].build(Context(backbone=backbone, words=(), generator=generator, notes=[])).stored()

    first, again, other = started(0, 1), started(0, 2), started(1, 1)
    assert all(torch.equal(first[key], again[key]) for key in first)
    if name not in ("ia3", "bitfit"):  # which start at ones and zeros
        assert any(not torch.equal(first[key], other[key]) for key in first)


Refused = Callable[..., str]


@pytest.mark.parametrize(
    ("typed", "parts"),
    [
        (["method=lora", "method.rank=0"], ["method.rank=0", "1 or more"]),
        (["method=lora", "method.targets=[]"], ["method.targets=[]", "q,v"]),
        (["method=lora", "method.targets=[wi]"], ["method.targets=wi", "k, o, q, v, wi_0, wi_1, wo"]),
        (["method=lora", "method.dropout=1"], ["method.dropout=1", "less than 1"]),
        (["method=lora", "method.alpha=0"], ["method.alpha=0", "above 0"]),
        (["method=lora", "method.start=nowhere"], ["method.start=nowhere", "folder of a run"]),
        (["method=prefix_tuning", "method.length=0"], ["method.length=0", "1 or more"]),
        (["method=prefix_tuning", "method.hidden=0"], ["method.hidden=0", "1 or more"]),
        (
            ["method=prefix_tuning", "method.encoder=false", "method.decoder=false", "method.cross=false"],
            ["method.encoder", "one must be true"],
        ),
        (["method=per_layer_prompts", "method.length=0"], ["method.length=0", "1 or more"]),
        (["method/init=from_run", "method.init.run=0123456789ab"], ["method.init.run=0123456789ab", "no finished run"]),
        (["method/init=from_file", "method.init.path=no.npy"], ["method.init.path=no.npy", ".npy", "adapter_config"]),
        (["method/init=from_text", "method.init.text=''"], ["method.init.text", "at least one word"]),
    ],
)
def test_a_bad_value_is_named_with_what_is_allowed(
    typed: list[str], parts: list[str], refused: Refused, tmp_path: Path
) -> None:
    places = [f"runtime.runs={tmp_path}/runs", f"runtime.results={tmp_path}/results"]
    told = refused("train", "model=mini_1", *typed, *places)
    assert all(part in told for part in parts), told
    assert list(tmp_path.rglob("record.json")) == []
