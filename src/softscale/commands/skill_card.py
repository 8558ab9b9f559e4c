"""What an untouched rung of the miniature ladder can do, asked in the words of its own text."""

import random
from pathlib import Path
from statistics import fmean
from typing import Any

import torch

from softscale.backbone.load import load_backbone, load_tokenizer
from softscale.backbone.padding import PAD, padded
from softscale.backbone.text import input_ids, text_ids, texts_of
from softscale.config import ModelConfig
from softscale.world.skills import SKILLS, Asked, asked

Row = dict[str, Any]
BATCH = 100
LONGEST = 6  # tokens of an answer
TITLE = "Skill cards of the miniature ladder"
CAPTION = "What each rung answers untouched, asked in the words of its own text on passages that it has not seen."


def skill_card(config: ModelConfig, count: int) -> list[Row]:
    """A row a skill: model, total (parameters), skill, right, count, chance, example_question, example_answer.

    The model reads a passage of the dev split and a question and writes on, greedily; it is right where what it writes
    begins with the answer. chance: of a reader who knows the form of the answer and guesses.
    """
    torch.set_num_threads(1)
    tokenizer = load_tokenizer(config)
    backbone = load_backbone(config, tokenizer, dropout=0.0)
    rows = []
    for name in SKILLS:
        rng = random.Random(f"skill card {name}")
        asks = [asked(name, "dev", rng) for _ in range(count)]
        written: list[str] = []
        for start in range(0, count, BATCH):
            ids = input_ids(tokenizer, [read(ask) for ask in asks[start : start + BATCH]])
            mask = padded([[1] * len(row) for row in ids], 0)
            written += backbone.generate(backbone.embed(padded(ids, PAD)), mask, LONGEST)
        answers = texts_of(tokenizer, text_ids(tokenizer, [ask.answer for ask in asks]))
        rows.append(
            {
                "model": config.name,
                "total": backbone.num_parameters(),
                "skill": name,
                "right": sum(text.startswith(answer) for text, answer in zip(written, answers, strict=True)),
                "count": count,
                "chance": round(fmean(1 / ask.choices for ask in asks), 4),
                "example_question": read(asks[0]),
                "example_answer": asks[0].answer,
            }
        )
    return rows


def read(ask: Asked) -> str:
    """What the model reads of a question: the passage, then what is asked."""
    return f"{ask.passage} {ask.question}".strip()


def write_cards(rows: list[Row], folder: Path) -> None:
    """table.csv, table.md and figure.png of the skill cards."""
    import pandas as pd

    from softscale.files import write_atomically

    write_atomically(folder / "table.csv", pd.DataFrame(rows).to_csv(index=False, lineterminator="\n").encode())
    write_page(folder)


def write_page(folder: Path) -> None:
    """table.md and figure.png from the table.csv that is there: no model is asked."""
    from softscale.figures.skill_card import draw, to_markdown
    from softscale.files import write_atomically

    draw(folder / "table.csv", folder / "figure.png", title=TITLE, caption=CAPTION)
    page = f"# {TITLE}\n\n{CAPTION}\n\n![{TITLE}](figure.png)\n\n{to_markdown(folder / 'table.csv')}"
    write_atomically(folder / "table.md", page.encode())
