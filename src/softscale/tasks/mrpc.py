"""MRPC: do two sentences of the news say the same? (Dolan & Brockett 2005; GLUE, Wang et al. 2019)

The text form is T5's. Metrics are GLUE's: accuracy, and F1 of `equivalent` with T5's rule for what is no label.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from softscale.tasks.fields import Fields
from softscale.tasks.official_files import glue
from softscale.tasks.task import Example, Task, written

if TYPE_CHECKING:
    from softscale.metrics.ratios import Ratios


class MRPC(Task):
    name = "mrpc"
    place = glue("MRPC", "mrpc")
    stand_in = {"Quality": "0"}
    labels = ("not_equivalent", "equivalent")
    init_words = labels
    metrics = ("accuracy", "f1")

    def examples(self, record: Mapping[str, Any], split: str) -> Iterator[Example]:
        fields = Fields(record)
        parts = {"sentence1": fields.text("#1 String"), "sentence2": fields.text("#2 String")}
        target = fields.one_of("Quality", {"0": "not_equivalent", "1": "equivalent"})
        yield Example(input=written(parts), parts=parts, target=target)

    def from_hub(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        fields = Fields(row)
        quality = fields.one_of("label", {0: "0", 1: "1"})
        return {"Quality": quality, "#1 String": fields.text("sentence1"), "#2 String": fields.text("sentence2")}

    def translated(self, text: str, trained_on: str) -> str:
        # As the authors' qqp_to_mrpc: the input keeps this task's form, the answer changes its word.
        return text.replace("duplicate", "equivalent") if trained_on == "qqp" else text

    def score(self, predictions: Sequence[str], examples: Sequence[Example]) -> dict[str, float]:
        from softscale.metrics.accuracy import accuracy
        from softscale.metrics.binary_f1 import binary_f1

        targets = [example.target for example in examples]
        negative, positive = self.labels
        return {"accuracy": accuracy(predictions, targets), "f1": binary_f1(predictions, targets, negative, positive)}

    def ratios(self, predictions: Sequence[str], examples: Sequence[Example]) -> "dict[str, Ratios]":
        from softscale.metrics.accuracy import accuracy_ratios
        from softscale.metrics.binary_f1 import binary_f1_ratios

        targets = [example.target for example in examples]
        return {
            "accuracy": accuracy_ratios(predictions, targets),
            "f1": binary_f1_ratios(predictions, targets, *self.labels),
        }
