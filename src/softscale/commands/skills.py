"""usage: softscale skills [model=NAME,… questions=N]

The skill card of each rung of the miniature ladder: what the untouched model answers when it is asked in the words of
its own text, on passages of the dev split. Writes results/miniature/skill_cards/{table.csv,table.md,figure.png}.

  softscale skills                         # mini_1 to mini_5
  softscale skills model=mini_1,mini_2 questions=100
"""

from collections.abc import Sequence
from pathlib import Path

from hydra import compose
from omegaconf import OmegaConf

from softscale.compose.cells import hydra_session
from softscale.config import ModelConfig
from softscale.errors import InputError

RUNGS = ("mini_1", "mini_2", "mini_3", "mini_4", "mini_5")
QUESTIONS = 300
MOST = 99_999
FOLDER = Path("results/miniature/skill_cards")


def main(arguments: Sequence[str]) -> int:
    values = {key: value for key, _, value in (argument.partition("=") for argument in arguments)}
    for key in values:
        if key not in ("model", "questions"):
            raise InputError(f"{key} is not allowed: it must be one of model, questions")
    names = values.get("model", ",".join(RUNGS)).split(",")
    questions = values.get("questions", str(QUESTIONS))
    if not questions.isdecimal() or not 1 <= int(questions[:9]) <= MOST:
        raise InputError(f"questions={questions} is not allowed: it must be a whole number, 1 to {MOST:,}")
    with hydra_session():
        models = [_model(name) for name in names]
    from softscale.commands.skill_card import skill_card, write_cards

    rows = []
    for model in models:
        rows += skill_card(model, int(questions))
        shares = ", ".join(
            f"{row['skill']} {row['right'] / row['count']:.0%}" for row in rows if row["model"] == model.name
        )
        print(f"{model.name}: {shares}", flush=True)
    write_cards(rows, FOLDER)
    print(f"{FOLDER}/table.csv, table.md and figure.png")
    return 0


def _model(name: str) -> ModelConfig:
    composed = compose("config", overrides=[f"model={name}"])
    model = OmegaConf.to_object(composed.model)
    assert isinstance(model, ModelConfig)
    if model.source != "miniature":
        raise InputError(f"model={name} is not allowed: skill cards are of the miniature ladder")
    return model
