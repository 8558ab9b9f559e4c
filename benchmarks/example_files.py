"""Writes the example files of the ready-made own tasks: examples/<task>/train.* and dev.*

The texts are put together at random, by a fixed seed, from pieces that were written by hand for this project
(example_pieces.py); no person, firm or ticket is real. They show what files look like, and let every task run from its
file to a score. They are no benchmark: what a model scores on them says little about texts that people wrote.

  python benchmarks/example_files.py
"""

import csv
import json
import random
from collections.abc import Callable
from pathlib import Path

from example_pieces import EVENTS, FEELINGS, GERMAN, NOTES, TICKETS

EXAMPLES = Path(__file__).parents[1] / "examples"
TRAIN, DEV = 96, 48
NAMES = (
    "Anna",
    "Ben",
    "Clara",
    "David",
    "Emma",
    "Frank",
    "Greta",
    "Hugo",
    "Ida",
    "Jack",
    "Kate",
    "Leo",
    "Lucy",
    "Paul",
)
Row = dict[str, str]


def tickets(rng: random.Random) -> Row:
    department = rng.choice(list(TICKETS["things"]))
    if rng.random() < 0.2:  # the thing is not named
        subject, message = rng.choice(TICKETS["unnamed"][department])
    else:
        thing = rng.choice(TICKETS["things"][department])
        subject, message = (text.format(thing=thing) for text in rng.choice(TICKETS["messages"]))
    end = rng.choice(TICKETS["ends"])
    return {"subject": subject, "message": f"{message} {end}".strip(), "department": department}


def sentiment(rng: random.Random) -> Row:
    label = rng.choice(["positive", "negative"])
    what = rng.choice(list(FEELINGS["things"]))
    first = rng.choice(FEELINGS["things"][what][label])
    rest = rng.sample(FEELINGS[label], rng.choice([1, 1, 2]))
    return {
        "review": " ".join([rng.choice(FEELINGS["openings"]).format(what=what), first, *rest]),
        "feeling": {"positive": "fun", "negative": "sad"}[label],
    }


def summary(rng: random.Random) -> Row:
    event = rng.choice(EVENTS)
    one, other = rng.sample(NAMES, 2)
    values = {"one": one, "other": other, **{name: rng.choice(words) for name, words in event["words"].items()}}
    sentences = [rng.choice(choices).format(**values) for choices in event["story"]]
    return {"story": " ".join(sentences), "headline": event["headline"].format(**values)}


def translation(rng: random.Random) -> Row:
    english, german = rng.choice(GERMAN["sentences"])
    values = {"name": rng.choice(NAMES), "name_2": rng.choice(NAMES)}
    theirs = dict(values)
    for slot, pairs in GERMAN["words"].items():
        values[slot], theirs[slot] = rng.choice(pairs)
    noun, theirs_of = rng.choice(list(GERMAN["nouns"].items()))
    values |= {"noun": noun, "a_noun": f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"}
    return {"english": english.format(**values), "german": german.format(**theirs, **theirs_of)}


def entities(rng: random.Random) -> Row:
    text = rng.choice(NOTES["notes"])
    found = []
    while "{" in text:
        kind = text[text.index("{") + 1 : text.index("}")]
        value = rng.choice([word for word in NOTES["words"][kind] if word not in text])
        text = text.replace(f"{{{kind}}}", value, 1)
        found.append(f"{kind}: {value}")
    return {"note": text, "entities": "; ".join(found) or "none"}


def distinct(make: Callable[[random.Random], Row], seed: str) -> list[Row]:
    """TRAIN + DEV rows, of which no two have the same input."""
    rng, rows = random.Random(seed), {}
    while len(rows) < TRAIN + DEV:
        row = make(rng)
        rows.setdefault(tuple(row.values())[:-1], row)
    return list(rows.values())


def write(path: Path, rows: list[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        if path.suffix == ".csv":
            table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            table.writeheader()
            table.writerows(rows)
        else:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


TASKS = {
    "tickets": (tickets, ".csv"),
    "sentiment": (sentiment, ".csv"),
    "summary": (summary, ".jsonl"),
    "translation": (translation, ".csv"),
    "entities": (entities, ".jsonl"),
}


def main(to: Path = EXAMPLES) -> None:
    for name, (make, ending) in TASKS.items():
        rows = distinct(make, name)
        write(to / name / f"train{ending}", rows[:TRAIN])
        write(to / name / f"dev{ending}", rows[TRAIN:])


if __name__ == "__main__":
    main()
