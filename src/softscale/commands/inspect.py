"""usage: softscale inspect run=ID [to=DIR] [runtime.runs=DIR] [model.path=DIR]

What a prompt looks like in the vocabulary (paper, section 7): the nearest pieces of each row by cosine, clusters,
duplicates, norms, and whether label words are near. Markdown; with to=DIR also DIR/<id>.md. model.path=DIR
says where the run's model is now, if it was moved.

  softscale inspect run=0d3a65273e6f
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from softscale import tasks
from softscale.commands.options import check_can_be_made, options
from softscale.errors import InputError
from softscale.files import write_atomically
from softscale.finished.run import Finished, finished
from softscale.markdown import aligned_table

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from softscale.finished.vocabulary import Inspection


def main(arguments: Sequence[str]) -> int:
    values = options("inspect", arguments, ("run", "to", "runtime.runs", "model.path"), needed=("run",))
    if "to" in values:
        check_can_be_made(Path(values["to"]).expanduser() / "page", values["to"])
    run = finished(values["run"], Path(values.get("runtime.runs", "runs")), values.get("model.path"))
    if run.study.method.name != "prompt_tuning":
        raise InputError(f"run={run.id} is of method={run.study.method.name}: inspect shows prompts of prompt_tuning")

    from softscale.backbone.load import load_tokenizer
    from softscale.finished.backbone import backbone_of
    from softscale.finished.vocabulary import inspect

    tokenizer = load_tokenizer(run.study.model)
    page = _page(run, inspect(run.tensors["prompt"], backbone_of(run, tokenizer).embeddings), tokenizer)
    print(page, end="")
    if "to" in values:
        write_atomically(Path(values["to"]).expanduser() / f"{run.id}.md", page.encode())
    return 0


def _page(run: Finished, found: "Inspection", tokenizer: "PreTrainedTokenizerBase") -> str:
    study = run.study
    rows = [
        [
            str(index),
            " ".join(f"{piece} ({cosine:.2f})" for piece, cosine in _pieces(row.ids, row.cosines, tokenizer)),
            "yes" if row.clustered else "",
            f"{row.norm:.2f}",
        ]
        for index, row in enumerate(found.rows)
    ]
    init = run.record.study["method"]["init"]["name"]
    parts = [
        f"# Prompt of run {run.id}\n\n{study.model.name}, {study.task.name}, seed {study.seed}, init {init}",
        aligned_table(["row", "nearest pieces (cosine)", "cluster", "norm"], rows, left=2),
        "\n".join(
            [
                f"- rows whose nearest pieces are a cluster: {found.clustered:.0%} (chance: 5 %)",
                f"- rows that share their nearest piece with another: {found.duplicate:.0%}",
                f"- norms, least, mean and most: {_numbers(found.norms)}; "
                f"of the vocabulary: {_numbers(found.vocabulary_norms)}",
                *_labels(run, found, tokenizer, init),
            ]
        ),
        "A cluster: the nearest pieces are closer to one another, by their mean cosine, than those of 95 % of random "
        "vectors.",
    ]
    return "\n\n".join(parts) + "\n"


def _pieces(
    ids: Sequence[int], cosines: Sequence[float], tokenizer: "PreTrainedTokenizerBase"
) -> list[tuple[str, float]]:
    """Pieces as Markdown shows them; a bar would end a cell."""
    pieces = tokenizer.convert_ids_to_tokens(list(ids))
    return [(f"`{piece.replace('|', chr(0x2758))}`", cosine) for piece, cosine in zip(pieces, cosines, strict=True)]


def _labels(run: Finished, found: "Inspection", tokenizer: "PreTrainedTokenizerBase", init: str) -> list[str]:
    """A line for each label word: near which rows it is, and whether near that which began as it."""
    from softscale.backbone.text import written_ids
    from softscale.finished.vocabulary import near_labels

    lines = []
    for index, word in enumerate(tasks.of(run.study.task).init_words):
        rows = near_labels(found.rows, written_ids(tokenizer, [word])[0])
        nearness = f"near row(s) {', '.join(map(str, rows))}" if rows else "near no row"
        if init == "class_labels" and index < len(found.rows):
            nearness += f"; row {index} began as it and is {'still' if index in rows else 'no longer'} near"
        lines.append(f"- label word `{word}`: {nearness}")
    return lines


def _numbers(values: Sequence[float]) -> str:
    return ", ".join(f"{value:.2f}" for value in values)
