"""BoolQ: does the passage answer the question with yes? (Clark et al. 2019)

The text form is T5's: the fields in alphabetical order.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from softscale.tasks.fields import Fields
from softscale.tasks.official_files import superglue
from softscale.tasks.task import Example, Task, written

if TYPE_CHECKING:
    from softscale.metrics.ratios import Ratios


class BoolQ(Task):
    name = "boolq"
    place = superglue("BoolQ", "boolq")
    stand_in = {"label": False}
    labels = ("False", "True")
    init_words = labels
    metrics = ("accuracy",)

    def examples(self, record: Mapping[str, Any], split: str) -> Iterator[Example]:
        fields = Fields(record)
        parts = {"passage": fields.text("passage"), "question": fields.text("question")}
        yield Example(input=written(parts), parts=parts, target=fields.one_of("label", {False: "False", True: "True"}))

    def from_hub(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**row, "label": Fields(row).one_of("label", {0: False, 1: True})}

    def score(self, predictions: Sequence[str], examples: Sequence[Example]) -> dict[str, float]:
        from softscale.metrics.accuracy import accuracy

        return {"accuracy": accuracy(predictions, [example.target for example in examples])}

    def ratios(self, predictions: Sequence[str], examples: Sequence[Example]) -> "dict[str, Ratios]":
        from softscale.metrics.accuracy import accuracy_ratios

        return {"accuracy": accuracy_ratios(predictions, [example.target for example in examples])}
