"""The backbone that a finished run was made on, known by its weights."""

from transformers import PreTrainedTokenizerBase

from softscale.backbone.backbone import Backbone
from softscale.backbone.load import load_backbone
from softscale.errors import InputError
from softscale.finished.run import Finished


def backbone_of(run: Finished, tokenizer: PreTrainedTokenizerBase, dropout: float = 0.0) -> Backbone:
    """The backbone where `run.study` says that it is.

    Raises:
        InputError: it cannot be loaded, or its weights are not those that the record names.
    """
    backbone = load_backbone(run.study.model, tokenizer, dropout)
    if backbone.sha256() != run.record.backbone["before"]:
        raise InputError(
            f"model.path={run.study.model.path} holds other weights than run={run.id} was made on: name the folder of "
            f"its model, {run.record.study['model']['name']}, with model.path=DIR"
        )
    return backbone
