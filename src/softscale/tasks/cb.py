"""CB: does the premise entail the hypothesis, contradict it, or neither? (de Marneffe et al. 2019)

The text form is T5's: the fields in alphabetical order. F1 is the unweighted mean over the three
classes.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from softscale.tasks.fields import Fields
from softscale.tasks.official_files import superglue
from softscale.tasks.task import Example, Task, written

if TYPE_CHECKING:
    from softscale.metrics.ratios import Ratios


class CB(Task):
    name = "cb"
    place = superglue("CB", "cb")
    stand_in = {"label": "neutral"}
    labels = ("entailment", "contradiction", "neutral")
    init_words = labels
    metrics = ("accuracy", "f1")

    def examples(self, record: Mapping[str, Any], split: str) -> Iterator[Example]:
        fields = Fields(record)
        parts = {"hypothesis": fields.text("hypothesis"), "premise": fields.text("premise")}
        target = fields.one_of("label", {word: word for word in self.labels})
        yield Example(input=written(parts), parts=parts, target=target)

    def from_hub(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**row, "label": Fields(row).one_of("label", dict(enumerate(self.labels)))}

    def score(self, predictions: Sequence[str], examples: Sequence[Example]) -> dict[str, float]:
        from softscale.metrics.accuracy import accuracy
        from softscale.metrics.macro_f1 import macro_f1

        targets = [example.target for example in examples]
        return {
            "accuracy": accuracy(predictions, targets),
            "f1": macro_f1(predictions, targets, self.labels),
        }

    def ratios(self, predictions: Sequence[str], examples: Sequence[Example]) -> "dict[str, Ratios]":
        from softscale.metrics.accuracy import accuracy_ratios
        from softscale.metrics.macro_f1 import macro_f1_ratios

        targets = [example.target for example in examples]
        return {
            "accuracy": accuracy_ratios(predictions, targets),
            "f1": macro_f1_ratios(predictions, targets, self.labels),
        }
