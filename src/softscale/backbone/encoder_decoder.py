"""T5 as a backbone: the encoder reads the input, the decoder writes the target."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import PreTrainedTokenizerBase, T5Config, T5ForConditionalGeneration

from softscale.backbone.attention import activations, attentions, prefixed
from softscale.backbone.attention_on_cpu import ATTENTION, register
from softscale.backbone.backbone import Backbone, summed_loss
from softscale.backbone.dropout import share_dropout
from softscale.backbone.families.t5 import T5
from softscale.backbone.folder import checked_path
from softscale.backbone.layers import keep_little
from softscale.backbone.loading import DTYPES, check_whole, revision_of_hub, unreachable
from softscale.backbone.maps import until_closed
from softscale.backbone.padding import IGNORED
from softscale.backbone.released_decoder import released
from softscale.backbone.stacks import decoded, encoded, hiding
from softscale.backbone.t5_1_1 import save_t5, untie_output_head
from softscale.backbone.text import texts_of
from softscale.backbone.writing import greedy
from softscale.config import ModelConfig
from softscale.devices.sharding import is_sharded

DECODERS = {"greedy": greedy, "released": released}  # by `task.decoder`


class EncoderDecoder(Backbone):
    """A prompt stands in front of what the encoder reads; the decoder is untouched."""

    model: T5ForConditionalGeneration

    def __init__(self, model: T5ForConditionalGeneration, tokenizer: PreTrainedTokenizerBase) -> None:
        keep_little(model)
        if model.config._attn_implementation == "sdpa":
            register()
            model.set_attn_implementation(ATTENTION)
        super().__init__(model, tokenizer, T5())

    @property
    def blocks(self) -> list[nn.Module]:
        return [*self.model.encoder.block, *self.model.decoder.block]

    @property
    def maps(self) -> dict[str, nn.Linear]:
        return {
            name: module
            for name, module in self.model.named_modules()
            if isinstance(module, nn.Linear) and name.startswith(("encoder.", "decoder."))
        }

    @property
    def num_prompted_layers(self) -> int:
        return len(self.model.encoder.block)

    def loss(self, embedded: Tensor, mask: Tensor, labels: Tensor, z_loss: float = 0.0) -> Tensor:
        start = labels.new_full((len(labels), 1), int(self.model.config.decoder_start_token_id))
        before = torch.cat([start, labels[:, :-1].clamp(min=0)], 1)
        seen = encoded(self.model, embedded, mask)
        hidden = decoded(self.model, before, seen, hiding(mask, seen.dtype)).flatten(0, 1)
        targets = labels.flatten()
        return summed_loss(self.model.lm_head, hidden, targets, targets != IGNORED, z_loss)

    @torch.no_grad()
    def generate(
        self, embedded: Tensor, mask: Tensor, length: int | Sequence[int], decoder: str = "greedy"
    ) -> list[str]:
        """As `Backbone.generate`. Padding, the end and unknown pieces are left out.

        Sentinels are text, as in t5x: a backbone that knows span corruption only may write `<extra_id_0> True`, which
        is no label (paper, section 2.2).
        """
        seen = encoded(self.model, embedded, mask)
        lengths = [length] * len(embedded) if isinstance(length, int) else list(length)
        ids = DECODERS[decoder](self.model, seen, mask, lengths, together=is_sharded(self.model))
        return texts_of(self.tokenizer, ids.tolist())

    def prefixed(self, part: str, layers: Sequence[Callable[[], Tensor]], length: int) -> ExitStack:
        with ExitStack() as stack:
            for attention, keys_values in zip(attentions(self.model)[part], layers, strict=True):
                stack.enter_context(prefixed(attention, keys_values))
            return stack.pop_all()

    def activations(self, tokens: Tensor) -> dict[str, Tensor]:
        return activations(self.model, tokens.to(self.embeddings.device))

    def save(self, folder: Path) -> None:
        save_t5(self.model, folder)

    @property
    def keys_width(self) -> int:
        return self.model.config.num_heads * self.model.config.d_kv

    def before_layers(self, put: Callable[[int, Tensor], Tensor]) -> ExitStack:
        def hook(layer: int, _: nn.Module, args: tuple) -> tuple:
            return (put(layer, args[0]), *args[1:])

        blocks = list(enumerate(self.model.encoder.block))[1:]
        return until_closed(block.register_forward_pre_hook(partial(hook, layer)) for layer, block in blocks)


def load_t5(
    config: ModelConfig, tokenizer: PreTrainedTokenizerBase, dropout: float, dropout_shared: bool
) -> EncoderDecoder:
    """Raises InputError where the checkpoint is no T5, or not whole."""
    where, revision = checked_path(config), revision_of_hub(config)
    try:
        architecture = T5Config.from_pretrained(where, revision=revision)
        architecture.dropout_rate = dropout
        untied = _says_untied(where, revision)
        model, info = T5ForConditionalGeneration.from_pretrained(  # type: ignore[misc]
            where,
            config=architecture,
            revision=revision,
            dtype=DTYPES[config.dtype],
            attn_implementation="sdpa",
            output_loading_info=True,
        )
    except Exception as error:
        raise unreachable(config, "T5 weights", error) from error
    check_whole(config, info, "a whole T5")
    if untied:
        untie_output_head(model)
    if dropout_shared:
        share_dropout(model)
    model.generation_config.max_length = None
    return EncoderDecoder(model.eval(), tokenizer)


def _says_untied(where: str, revision: str) -> bool:
    """Whether the published config.json gives the output head its own matrix, which transformers 5 overwrites."""
    return T5Config.get_config_dict(where, revision=revision)[0].get("tie_word_embeddings") is False
