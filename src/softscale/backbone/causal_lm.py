"""Any causal language model of transformers as a backbone: one sequence, `[prompt][input][target][end]`.

Where padding stands moves nothing: it is hidden from every token behind it, and positions are counted without it.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from transformers import AutoModelForCausalLM, PreTrainedModel, PreTrainedTokenizerBase
from transformers.cache_utils import DynamicCache

from softscale.backbone.backbone import Backbone, summed_loss
from softscale.backbone.causal_attention import CAUSAL_ATTENTION, register
from softscale.backbone.causal_layers import keep_little
from softscale.backbone.causal_prefixes import prefixed
from softscale.backbone.causal_writing import greedy
from softscale.backbone.families import KNOWN
from softscale.backbone.folder import checked_path
from softscale.backbone.gguf_file import is_gguf
from softscale.backbone.loading import DTYPES, check_whole, revision_of_hub, unreachable
from softscale.backbone.maps import until_closed
from softscale.backbone.padding import IGNORED
from softscale.backbone.text import texts_of
from softscale.backbone.unpacked import model_in
from softscale.devices.sharding import is_sharded
from softscale.errors import InputError

if TYPE_CHECKING:
    from softscale.backbone.families.causal import Causal
    from softscale.config import ModelConfig, Shape

# How attention layers of transformers call the rates that they give to a function.
DROPOUTS = ("attention_dropout", "hidden_dropout", "dropout")


class CausalLM(Backbone):
    """A prompt stands in front of the text, has the first positions, and is seen by all of it."""

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, family: Causal) -> None:
        super().__init__(model, tokenizer, family)
        keep_little(model)
        if model.config._attn_implementation == "sdpa":
            register()
            model.set_attn_implementation(CAUSAL_ATTENTION)
        self.prefix_length = 0  # of keys and values in front, which take the first positions
        self.looks_at_masks = family.attention == "sdpa"
        self.going_on = False  # whether the pass is one token behind what was read before
        takes = inspect.signature(self.stack.forward).parameters
        self.takes_positions = "position_ids" in takes
        self.cache_name = "cache" if "cache" in takes else "past_key_values"  # transformers renamed it (5.24)

    @property
    def stack(self) -> nn.Module:
        """The model without its output head."""
        return self.model.base_model

    @property
    def head(self) -> nn.Module:
        return self.model.get_output_embeddings()  # type: ignore[return-value]

    @property
    def blocks(self) -> list[nn.Module]:
        """The longest list of modules: its layers."""
        lists = [module for module in self.stack.modules() if isinstance(module, nn.ModuleList)]
        return list(max(lists, key=len))

    @property
    def maps(self) -> dict[str, nn.Linear]:
        inside = {id(module) for block in self.blocks for module in block.modules()}
        return {
            name: module
            for name, module in self.model.named_modules()
            if isinstance(module, nn.Linear) and id(module) in inside
        }

    @property
    def num_prompted_layers(self) -> int:
        return len(self.blocks)

    def loss(self, embedded: Tensor, mask: Tensor, labels: Tensor, z_loss: float = 0.0) -> Tensor:
        counted = labels != IGNORED
        targets = self.embed(labels.clamp(min=0)).to(embedded.dtype)
        hidden = self.hidden(torch.cat([embedded, targets], 1), torch.cat([mask, counted.to(mask.dtype)], 1))
        # A token is predicted from the one before it, the first of a target from the last of its input.
        hidden = torch.cat([self.last(hidden, mask)[:, None], hidden[:, mask.shape[1] : -1]], 1)
        return summed_loss(self.head, hidden.flatten(0, 1), labels.flatten(), counted.flatten(), z_loss)

    @torch.no_grad()
    def generate(
        self, embedded: Tensor, mask: Tensor, length: int | Sequence[int], decoder: str = "greedy"
    ) -> list[str]:
        assert decoder == "greedy", decoder  # families/causal.py refuses others
        lengths = [length] * len(embedded) if isinstance(length, int) else list(length)
        return texts_of(self.tokenizer, greedy(self, embedded, mask, lengths, together=is_sharded(self.model)))

    def hidden(self, embedded: Tensor, mask: Tensor, cache: DynamicCache | None = None) -> Tensor:
        """What the last layer makes of `[B, T, H]`, ready for the output head.

        mask: `[B, T' + T]`, of what is in the cache and of these.
        """
        size = embedded.shape[1]
        options: dict[str, Any] = {"use_cache": cache is not None}
        if cache is not None:
            options[self.cache_name] = cache
        if self.takes_positions:
            positions = (mask.cumsum(1) - 1).clamp(min=0) + self.prefix_length
            options["position_ids"] = positions[:, -size:]
        # Without a mask attention needs none of its own; on a GPU, to look whether it is needed would be to wait.
        nothing_hidden = mask.device.type == "cpu" and bool(mask.all())
        if mask.is_meta and self.looks_at_masks:  # there are no values: one of four dimensions is taken as it is
            mask = mask.bool()[:, None, None].expand(-1, 1, size, -1)
        seen = self.stack(inputs_embeds=embedded, attention_mask=None if nothing_hidden else mask, **options)
        return seen.last_hidden_state

    def last(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Of `[B, T, H]` the last token of each row that the mask `[B, T]` shows, `[B, H]`."""
        places = (mask * torch.arange(1, mask.shape[1] + 1, device=mask.device)).argmax(1)
        return hidden[torch.arange(len(hidden), device=hidden.device), places]

    @contextmanager
    def prefixed(self, part: str, layers: Sequence[Callable[[], Tensor]], length: int) -> Iterator[None]:
        """The text's positions begin behind the prefix; the prefix itself has none, as in PEFT."""
        assert part in self.family.parts, part
        if self.prefix_length:
            raise RuntimeError("this backbone holds a prefix already: close the other method's `attach` first")
        with prefixed(self.model, layers):
            self.prefix_length = length
            try:
                yield
            finally:
                self.prefix_length = 0

    @torch.no_grad()
    def activations(self, tokens: Tensor) -> dict[str, Tensor]:
        """Keys are as attention sees them, turned by their positions: in front of a text they are the tokens."""
        cache = DynamicCache(config=self.model.config)
        embedded = self.embed(tokens[None].to(self.embeddings.device))
        self.hidden(embedded, torch.ones_like(tokens[None]), cache)
        kept: list[Any] = cache.layers
        layers = [torch.stack([layer.keys[0], layer.values[0]]) for layer in kept]  # [2, heads, P, d_kv]
        return dict.fromkeys(self.family.parts, torch.stack(layers).transpose(2, 3).flatten(3))

    def save(self, folder: Path) -> None:
        config: Any = copy.deepcopy(self.model.config)
        if hasattr(config, "quantization_config"):  # of a GGUF file, whose weights are plain numbers now
            del config.quantization_config
        plain: Any = type(self.model)(config)
        plain.to(self.model.dtype)
        plain.load_state_dict(self.model.state_dict())
        plain.generation_config = copy.deepcopy(self.model.generation_config)  # it may end at more pieces than one
        plain.save_pretrained(folder)

    @property
    def keys_width(self) -> int:
        config = self.model.config
        heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
        return heads * (getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads)

    def before_layers(self, put: Callable[[int, Tensor], Tensor]) -> ExitStack:
        def hook(layer: int, _: nn.Module, args: tuple, options: dict) -> tuple[tuple, dict]:
            return (args if self.going_on else (put(layer, args[0]), *args[1:])), options

        return until_closed(
            block.register_forward_pre_hook(partial(hook, layer), with_kwargs=True)
            for layer, block in list(enumerate(self.blocks))[1:]
        )


def build_causal(shape: Shape, tokenizer: PreTrainedTokenizerBase, family: Causal) -> CausalLM:
    """A model of that shape with fresh weights, on torch's current device."""
    model = AutoModelForCausalLM.from_config(family.config_of(shape), attn_implementation=family.attention)
    return CausalLM(model.eval(), tokenizer, family)


def load_causal(config: ModelConfig, tokenizer: PreTrainedTokenizerBase, family: Causal, dropout: float) -> CausalLM:
    """Raises InputError where the checkpoint is none of a causal model, or not whole."""
    path = checked_path(config)
    try:
        model = model_in(Path(path)) if is_gguf(Path(path)) else _published(config, path, family)
    except InputError:  # also a ValueError
        raise
    except Exception as error:
        raise unreachable(config, "weights of a causal model", error) from error
    set_dropout(model, dropout)
    backbone = CausalLM(model.to(DTYPES[config.dtype]).eval(), tokenizer, family)  # type: ignore[arg-type]
    if family.name not in KNOWN:
        _check_head(backbone, config)
    return backbone


def _published(config: ModelConfig, path: str, family: Causal) -> PreTrainedModel:
    model, info = AutoModelForCausalLM.from_pretrained(  # type: ignore[misc]
        path,
        revision=revision_of_hub(config),
        dtype=DTYPES[config.dtype],
        attn_implementation=family.attention,
        output_loading_info=True,
        trust_remote_code=False,  # by default transformers asks on standard input
    )
    check_whole(config, info, "a whole causal model")
    return model


def set_dropout(model: PreTrainedModel, rate: float) -> None:
    """Let every place of `model` that drops something drop it at this rate; some models have no such place."""
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = rate
        for name in DROPOUTS:
            if isinstance(getattr(module, name, None), float | int):
                setattr(module, name, rate)


@torch.no_grad()
def _check_head(backbone: CausalLM, config: ModelConfig) -> None:
    """Raises InputError where what the model writes is not its output head on its last layer (Gemma 2, Cohere)."""
    tokens = torch.zeros(1, 2, dtype=torch.long)
    logits = backbone.model(input_ids=tokens).logits
    own = backbone.head(backbone.hidden(backbone.embed(tokens), torch.ones_like(tokens)))
    if not torch.allclose(own.float(), logits.float(), rtol=0.02, atol=0.02):
        raise InputError(
            f"model.path={config.path} holds a model of type {backbone.family.name}, which changes what its output "
            "head makes: softscale does not adapt it"
        )
