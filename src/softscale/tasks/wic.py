"""WiC: does a word mean the same in two sentences? (Pilehvar & Camacho-Collados 2019)

The text form is T5's, which ignores where in the sentences the word stands.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from softscale.tasks.fields import Fields
from softscale.tasks.official_files import superglue
from softscale.tasks.task import Example, Task, written

if TYPE_CHECKING:
    from softscale.metrics.ratios import Ratios


class WiC(Task):
    name = "wic"
    place = superglue("WiC", "wic")
    stand_in = {"label": False}
    labels = ("False", "True")
    init_words = labels
    metrics = ("accuracy",)

    def examples(self, record: Mapping[str, Any], split: str) -> Iterator[Example]:
        fields = Fields(record)
        parts = {name: fields.text(name) for name in ("sentence1", "sentence2", "word")}
        yield Example(input=written(parts), parts=parts, target=fields.one_of("label", {False: "False", True: "True"}))

    def from_hub(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**row, "label": Fields(row).one_of("label", {0: False, 1: True})}

    def score(self, predictions: Sequence[str], examples: Sequence[Example]) -> dict[str, float]:
        from softscale.metrics.accuracy import accuracy

        return {"accuracy": accuracy(predictions, [example.target for example in examples])}

    def ratios(self, predictions: Sequence[str], examples: Sequence[Example]) -> "dict[str, Ratios]":
        from softscale.metrics.accuracy import accuracy_ratios

        return {"accuracy": accuracy_ratios(predictions, [example.target for example in examples])}
