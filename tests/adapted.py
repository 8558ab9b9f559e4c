"""Every method that trains, on models of two layers of each family, as it may be after some training.

Methods are discovered, as the command line discovers them: a new one is tested as its file in conf/method/ has it, or
as EXAMPLES has it, which is where variants and small sizes stand.
"""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from hydra.core.config_store import ConfigStore
from omegaconf import OmegaConf
from tiny import METHODS, save_t5_1_1
from tiny_causal import SHAPES, save_causal, shape_for
from torch import Tensor, nn
from transformers import PreTrainedTokenizerFast

from softscale import methods
from softscale.backbone.backbone import Backbone
from softscale.backbone.families import known_family
from softscale.backbone.padding import IGNORED
from softscale.compose.cells import hydra_session, single
from softscale.config import MethodConfig, Shape
from softscale.data.batches import Batch
from softscale.errors import InputError
from softscale.methods.bitfit import BitFitConfig
from softscale.methods.ia3 import IA3Config
from softscale.methods.init.sampled_vocab import SampledVocab
from softscale.methods.lora import LoRAConfig
from softscale.methods.method import Context
from softscale.methods.modules.method import Method
from softscale.methods.per_layer_prompts import PerLayerPromptsConfig
from softscale.methods.prefix_tuning import PrefixTuningConfig

INIT = SampledVocab(name="sampled_vocab", population=100)
MAPS = ["q", "k", "v", "o", "wi_0", "wi_1", "wo"]
PREFIX: dict[str, Any] = {"name": "prefix_tuning", "length": 3, "population": 100}
EXAMPLES: dict[str, MethodConfig] = {
    **METHODS,
    "prefix_tuning": PrefixTuningConfig(**PREFIX, encoder=True, decoder=True, cross=True, hidden=None),
    "prefix_tuning_mlp": PrefixTuningConfig(**PREFIX, encoder=True, decoder=True, cross=True, hidden=5),
    "prefix_tuning_encoder": PrefixTuningConfig(**PREFIX, encoder=True, decoder=False, cross=False, hidden=None),
    "prefix_tuning_decoder": PrefixTuningConfig(**PREFIX, encoder=False, decoder=True, cross=True, hidden=None),
    "prefix_tuning_writing": PrefixTuningConfig(**PREFIX, encoder=False, decoder=True, cross=False, hidden=None),
    "prefix_tuning_writing_mlp": PrefixTuningConfig(**PREFIX, encoder=False, decoder=True, cross=False, hidden=5),
    "lora": LoRAConfig(name="lora", rank=2, alpha=4, dropout=0.0, targets=MAPS),
    "ia3": IA3Config(name="ia3"),
    "bitfit": BitFitConfig(name="bitfit"),
    "per_layer_prompts": PerLayerPromptsConfig(name="per_layer_prompts", length=3, init=INIT),
}


def discovered() -> dict[str, type[MethodConfig]]:
    """The configuration of every method that trains, by the name that is typed."""
    methods.register()
    store = ConfigStore.instance()
    names = [file.removesuffix("_schema.yaml") for file in store.list("method") if file.endswith("_schema.yaml")]
    types = {name: OmegaConf.get_type(store.load(f"method/{name}_schema.yaml").node) for name in names}
    return {name: each for name, each in types.items() if each is not None and each.trains}


def without_example() -> list[str]:
    return sorted(discovered().keys() - {example.name for example in EXAMPLES.values()})


def as_configured(name: str) -> MethodConfig | None:
    """The method of conf/method/<name>.yaml; None where there is no such file, or it wants values."""
    try:
        with hydra_session():
            return single([f"method={name}"]).config.method
    except InputError:
        return None


FROM_FILES = {name: as_configured(name) for name in without_example()}
ALL = EXAMPLES | {name: example for name, example in FROM_FILES.items() if example is not None}
# Two layers, and as in T5 1.1 Small heads x d_kv differs from d_model.
SHAPE = {"d_model": 16, "num_heads": 3, "d_kv": 4, "d_ff": 24, "num_layers": 2}
FAMILIES = ("t5", *SHAPES)


def carried_by(family: str) -> list[str]:
    """The methods that a family can carry; the others are refused, which other tests say."""

    def is_carried(example: MethodConfig) -> bool:
        try:
            example.check_on(known_family(family), family)
        except InputError:
            return False
        return True

    return [name for name, example in ALL.items() if is_carried(example)]


EVERY = {name: ALL[name] for name in carried_by("t5")}
FROZEN = sorted(name for name, example in ALL.items() if not example.trains_backbone)
BATCH = Batch(
    tokens=torch.tensor([[7, 8, 9, 10, 1], [30, 31, 1, 0, 0]]),
    mask=torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]]),
    labels=torch.tensor([[40, 1, IGNORED], [41, 42, 1]]),
)


def shape_in(family: str, vocab_size: int) -> Shape:
    return Shape(vocab_size=vocab_size, **SHAPE) if family == "t5" else shape_for(family, vocab_size)


def saved(family: str, folder: Path, tokenizer: PreTrainedTokenizerFast) -> Path:
    """A model of that family and of `shape_in` in `folder`, with fresh weights."""
    if family == "t5":
        return save_t5_1_1(folder, tokenizer, **SHAPE)
    return save_causal(family, folder, tokenizer)


def built(name: str, backbone: Backbone, seed: int = 0) -> Method:
    """A method as it may be after some training: moved a little from where it starts."""
    generator = torch.Generator().manual_seed(seed)
    words = ("entailment", "not_entailment")
    method = ALL[name].build(Context(backbone=backbone, words=words, generator=generator, notes=[]))
    with torch.no_grad():
        for param in method.trainable().values():
            param += 0.3 * torch.randn(param.shape, generator=generator)
    return method.eval()


class Nothing(Method):
    """Adapts nothing."""

    def trainable(self) -> dict[str, nn.Parameter]:
        return {}


def logits_of(backbone: Backbone, method: Method, batch: Batch = BATCH) -> Tensor:
    """Teacher-forced logits `[B, S, V]`, as the loss is made of; a padded target counts as id 0."""
    labels, made = batch.labels.clamp(min=0), []
    head: nn.Module = backbone.model.get_output_embeddings()  # type: ignore[assignment]
    with torch.no_grad(), method.attach(backbone), ExitStack() as hooks:
        hooks.callback(head.register_forward_hook(lambda _, __, logits: made.append(logits)).remove)
        backbone.loss(*method.join(backbone.embed(batch.tokens), batch.mask), labels)
    return made[0].unflatten(0, labels.shape)
