"""`${model.is_t5:A,B}` in a file of conf/: A on a T5, B on a causal model.

What a recipe or a method leaves to the model: rates follow the size of its embeddings, prefixes the attention it has.
"""

import re
from typing import Any

from omegaconf import DictConfig, OmegaConf

from softscale.backbone.shape import family_of
from softscale.config import ModelConfig, Shape

CHOICE = re.compile(r"\$\{model\.is_t5:[^}]*\}")
DECISIVE = ("model.source", "model.path", "model.shape")  # the fields by which a model's family is known


def register() -> None:
    if not OmegaConf.has_resolver("model.is_t5"):
        OmegaConf.register_new_resolver("model.is_t5", _chosen, use_cache=False)


def _chosen(of_t5: Any, of_causal: Any, *, _root_: DictConfig) -> Any:
    model = OmegaConf.select(_root_, "model", default=None)
    if not isinstance(model, DictConfig) or OmegaConf.is_missing(model, "path"):
        return of_t5
    shape = model.get("shape")
    config = ModelConfig(
        name=str(model.name),
        source=str(model.source),
        path=str(model.path),
        dtype="fp32",
        shape=None if shape is None else Shape(family=str(shape.get("family", "t5"))),
    )
    return of_t5 if is_t5(config) else of_causal


def is_t5(model: ModelConfig) -> bool:
    return family_of(model).kind == "encoder_decoder"
