"""QQP: do two questions of Quora ask the same? (Iyer et al. 2017; GLUE, Wang et al. 2019)

The text form is T5's. Metrics are GLUE's: accuracy, and F1 of `duplicate` with T5's rule for what is no label. A few
lines of the official train.tsv are broken in two by a line break within a question; they are left out, as in TFDS,
which the paper used (section A.3) and whose count it prints (Table 7).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from softscale.tasks.fields import Fields
from softscale.tasks.official_files import glue
from softscale.tasks.task import Example, Task, written

if TYPE_CHECKING:
    from softscale.metrics.ratios import Ratios


class QQP(Task):
    name = "qqp"
    place = glue("QQP", "qqp", short_lines=True)
    stand_in = {"is_duplicate": "0"}
    labels = ("not_duplicate", "duplicate")
    init_words = labels
    metrics = ("accuracy", "f1")

    def examples(self, record: Mapping[str, Any], split: str) -> Iterator[Example]:
        fields = Fields(record)
        parts = {"question1": fields.text("question1"), "question2": fields.text("question2")}
        target = fields.one_of("is_duplicate", {"0": "not_duplicate", "1": "duplicate"})
        yield Example(input=written(parts), parts=parts, target=target)

    def from_hub(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**row, "is_duplicate": Fields(row).one_of("label", {0: "0", 1: "1"})}

    def translated(self, text: str, trained_on: str) -> str:
        # As the authors' mrpc_to_qqp: the input keeps this task's form, the answer changes its word.
        return text.replace("equivalent", "duplicate") if trained_on == "mrpc" else text

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
