"""usage: softscale pretrain rung=1|2|3|4|5 [key=value …]
       softscale pretrain model=… text=FILE|FOLDER to=DIR [objective=lm|span_corruption] [key=value …]

With rung=…: pre-trains one rung of the miniature ladder on the generated world, span corruption, then LM adaptation
(conf/pretrain.yaml; to=DIR is runs/pretraining/mini_<rung> by default).

With model=…: trains any T5 on, on plain text, by the objective of LM adaptation or by span corruption
(conf/adaptation.yaml). A document is a line (document=file: a file); files may be packed with gzip.

  softscale pretrain model=t5_base_v1_1 text=FOLDER keep=[10000,50000] to=adapted
  softscale pretrain model=local model.path=T5_DIR text=FILE objective=span_corruption steps=1000 to=trained_on

Weights, tokenizer and pretraining.json go to to=DIR, and for each step of keep=[…] to to/step_<step>; each is a folder
for model=local model.path=DIR. The same command resumes after an interruption.
"""

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from hydra import compose
from omegaconf import OmegaConf

from softscale.backbone.folder import revision_of
from softscale.compose.cells import hydra_session
from softscale.config import schema
from softscale.errors import InputError
from softscale.pretrain.adaptation import Adaptation
from softscale.pretrain.rung import Pretraining, Rung

schema("", "pretraining")(Pretraining)
schema("rung", "rung")(Rung)
schema("", "adaptation")(Adaptation)


def main(arguments: Sequence[str]) -> int:
    with hydra_session():
        config = config_of(arguments)
    config.check()
    from softscale.pretrain.loop import pretrain  # seconds, after what is refused at once

    folder: Path = pretrain(config)
    print(f"{folder}  revision {revision_of(folder)}")
    return 0


def config_of(arguments: Sequence[str]) -> Pretraining | Adaptation:
    """A rung's `Pretraining`, or an `Adaptation` where a field is given that a rung lacks. Within `hydra_session`."""
    # Hydra takes a bare number for a value, never for the name of a file.
    overrides = [
        f"rung=mini_{argument[5:]}" if argument.removeprefix("rung=").isdecimal() else argument
        for argument in arguments
    ]
    named = {override.partition("=")[0].partition(".")[0] for override in overrides}
    rungs, other = ({part.name for part in fields(kind)} for kind in (Pretraining, Adaptation))
    root = "adaptation" if named & (other - rungs) and "rung" not in named else "pretrain"
    composed = compose(root, overrides=overrides)
    for key in sorted(OmegaConf.missing_keys(composed)):
        raise InputError(f"{key} has no value: give it one with {key}=…")
    config = OmegaConf.to_object(composed)
    assert isinstance(config, Pretraining | Adaptation)
    return config
