"""RTE: does the premise entail the hypothesis? (Dagan et al. 2005)

The text form is T5's: the fields in alphabetical order.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from softscale.tasks.fields import Fields
from softscale.tasks.official_files import superglue
from softscale.tasks.task import Example, Task, written

if TYPE_CHECKING:
    from softscale.metrics.ratios import Ratios


class RTE(Task):
    name = "rte"
    place = superglue("RTE", "rte")
    stand_in = {"label": "entailment"}
    labels = ("entailment", "not_entailment")
    init_words = labels
    metrics = ("accuracy",)

    def examples(self, record: Mapping[str, Any], split: str) -> Iterator[Example]:
        fields = Fields(record)
        parts = {"hypothesis": fields.text("hypothesis"), "premise": fields.text("premise")}
        target = fields.one_of("label", {word: word for word in self.labels})
        yield Example(input=written(parts), parts=parts, target=target)

    def from_hub(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**row, "label": Fields(row).one_of("label", dict(enumerate(self.labels)))}

    def score(self, predictions: Sequence[str], examples: Sequence[Example]) -> dict[str, float]:
        from softscale.metrics.accuracy import accuracy

        return {"accuracy": accuracy(predictions, [example.target for example in examples])}

    def ratios(self, predictions: Sequence[str], examples: Sequence[Example]) -> "dict[str, Ratios]":
        from softscale.metrics.accuracy import accuracy_ratios

        return {"accuracy": accuracy_ratios(predictions, [example.target for example in examples])}
