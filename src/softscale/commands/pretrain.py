"""usage: softscale pretrain rung=1|2|3 [key=value …]

Pre-trains one rung of the miniature ladder on the generated world: span corruption, then LM adaptation. Resumes after
an interruption. Weights, tokenizer and pretraining.json go to to=DIR (default runs/pretraining/mini_<rung>).
"""

from collections.abc import Sequence
from pathlib import Path

from hydra import compose
from omegaconf import OmegaConf

from softscale.backbone.load import revision_of
from softscale.composition import hydra_session
from softscale.config import schema
from softscale.pretrain.config import Pretraining, Rung

schema("", "pretraining")(Pretraining)
schema("rung", "rung")(Rung)


def main(arguments: Sequence[str]) -> int:
    from softscale.pretrain.loop import pretrain

    # Hydra takes a bare number for a value, never for the name of a file.
    overrides = [f"rung=mini_{told[5:]}" if told.startswith("rung=") else told for told in arguments]
    with hydra_session():
        config = OmegaConf.to_object(compose("pretrain", overrides=overrides))
    assert isinstance(config, Pretraining)
    folder: Path = pretrain(config)
    print(f"{folder}  revision {revision_of(folder)}")
    return 0
