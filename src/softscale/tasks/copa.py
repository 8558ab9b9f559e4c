"""COPA: which of two choices is the cause or the effect of the premise? (Roemmele et al. 2011)

The text form is T5's: the fields in alphabetical order. The official labels are 0 and 1, in the
download and on the hub alike.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from softscale.tasks.fields import Fields
from softscale.tasks.official_files import superglue
from softscale.tasks.task import Example, Task, written

if TYPE_CHECKING:
    from softscale.metrics.ratios import Ratios


class COPA(Task):
    name = "copa"
    place = superglue("COPA", "copa")
    stand_in = {"label": 0}
    labels = ("choice1", "choice2")
    init_words = labels
    metrics = ("accuracy",)

    def examples(self, record: Mapping[str, Any], split: str) -> Iterator[Example]:
        fields = Fields(record)
        parts = {name: fields.text(name) for name in ("choice1", "choice2", "premise", "question")}
        yield Example(input=written(parts), parts=parts, target=fields.one_of("label", {0: "choice1", 1: "choice2"}))

    def score(self, predictions: Sequence[str], examples: Sequence[Example]) -> dict[str, float]:
        from softscale.metrics.accuracy import accuracy

        return {"accuracy": accuracy(predictions, [example.target for example in examples])}

    def ratios(self, predictions: Sequence[str], examples: Sequence[Example]) -> "dict[str, Ratios]":
        from softscale.metrics.accuracy import accuracy_ratios

        return {"accuracy": accuracy_ratios(predictions, [example.target for example in examples])}
