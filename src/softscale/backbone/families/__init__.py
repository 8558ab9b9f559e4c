"""The families of models that softscale adapts: what is known of each without weights and without torch.

A family is chosen by what a model says of itself: the shape in its configuration, or config.json in its folder.
"""

from softscale.backbone.families.bloom import Bloom
from softscale.backbone.families.family import Family
from softscale.backbone.families.gpt_neox import GPTNeoX
from softscale.backbone.families.llama import Llama
from softscale.backbone.families.other import Other
from softscale.backbone.families.t5 import T5
from softscale.errors import InputError

KNOWN: dict[str, Family] = {each.name: each for each in (T5(), Llama(), GPTNeoX(), Bloom())}


def family_named(model_type: str, architectures: list[str] | None = None) -> Family | None:
    """The family of models of a type, which writes text as `architectures` of its config.json say; None: of none."""
    if model_type in KNOWN:
        return KNOWN[model_type]
    if any(name.endswith(("ForCausalLM", "LMHeadModel")) for name in architectures or []):
        return Other(name=model_type)
    return None


def known_family(name: str) -> Family:
    """The family that a configuration names. Raises InputError where there is none of that name."""
    if name not in KNOWN:
        raise InputError(f"model.shape.family={name} is not allowed: it must be one of {', '.join(KNOWN)}")
    return KNOWN[name]
