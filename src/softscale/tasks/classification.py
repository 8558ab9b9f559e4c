"""Classification: a record is one example, its input made of some of the record's columns, its target a label word."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from softscale.tasks.fields import Fields
from softscale.tasks.task import Example, Task, written


class Classification(Task):
    """What its tasks declare:

    columns: the hub's names of the columns that the input is made of, in the order of the text form.
    words: the label word of each value of an official label, in the order of the hub's class ids.
    label_column: where an official record has its label; the hub has it in `label`.
    official_columns: by the hub's name, the official one of a column that is called otherwise there.
    """

    columns: tuple[str, ...]
    words: Mapping[Any, str]
    label_column: str = "label"
    official_columns: Mapping[str, str] = MappingProxyType({})

    def __init__(self) -> None:
        self.labels = self.init_words = tuple(self.words.values())
        self.stand_in = {self.label_column: next(iter(self.words))}

    def examples(self, record: Mapping[str, Any], split: str) -> Iterator[Example]:
        fields = Fields(record)
        parts = {name: fields.text(self.official_columns.get(name, name)) for name in self.columns}
        yield Example(input=written(parts), parts=parts, target=fields.one_of(self.label_column, self.words))

    def from_hub(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        fields = Fields(row)
        label = fields.one_of("label", dict(enumerate(self.words)))
        renamed = {official: fields.text(name) for name, official in self.official_columns.items()}
        return {**row, **renamed, self.label_column: label}
