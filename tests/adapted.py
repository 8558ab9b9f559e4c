"""Every method that trains, on a T5 1.1 of two layers, as it may be after some training.

Methods are discovered, as the command line discovers them: a new one is tested as its file in conf/method/ has it, or
as EXAMPLES has it, which is where variants and small sizes stand.
"""

from typing import Any

import torch
from hydra.core.config_store import ConfigStore
from omegaconf import OmegaConf
from tiny import METHODS
from torch import Tensor

from softscale import methods
from softscale.backbone.backbone import Backbone
from softscale.backbone.padding import IGNORED
from softscale.compose.cells import hydra_session, single
from softscale.config import MethodConfig
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
EVERY = EXAMPLES | {name: example for name, example in FROM_FILES.items() if example is not None}
FROZEN = sorted(name for name, example in EVERY.items() if not example.trains_backbone)
# Two layers, and as in T5 1.1 Small heads x d_kv differs from d_model.
SHAPE = {"d_model": 16, "num_heads": 3, "d_kv": 4, "d_ff": 24, "num_layers": 2}
BATCH = Batch(
    tokens=torch.tensor([[7, 8, 9, 10, 1], [30, 31, 1, 0, 0]]),
    mask=torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]]),
    labels=torch.tensor([[40, 1, IGNORED], [41, 42, 1]]),
)


def built(name: str, backbone: Backbone, seed: int = 0) -> Method:
    """A method as it may be after some training: moved a little from where it starts."""
    generator = torch.Generator().manual_seed(seed)
    words = ("entailment", "not_entailment")
    method = EVERY[name].build(Context(backbone=backbone, words=words, generator=generator, notes=[]))
    with torch.no_grad():
        for param in method.trainable().values():
            param += 0.3 * torch.randn(param.shape, generator=generator)
    return method.eval()


def logits_of(backbone: Backbone, method: Method, batch: Batch = BATCH) -> Tensor:
    """Teacher-forced logits `[B, S, V]`."""
    with torch.no_grad(), method.attach(backbone):
        embedded, mask = method.join(backbone.embed(batch.tokens), batch.mask)
        labels = batch.labels.clamp(min=0)
        return backbone.model(inputs_embeds=embedded, attention_mask=mask, labels=labels).logits
