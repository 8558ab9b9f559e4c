"""The fields of an official record: read with their type, or refused by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from softscale.errors import InputError

Meaning = TypeVar("Meaning")
Value = TypeVar("Value")


@dataclass(frozen=True)
class Fields:
    """The fields of a record, or of an object at `path` inside it.

    Every method raises InputError, in one sentence with the field's full path and its value, where
    the field is missing or is not what the method promises.
    """

    record: Mapping[str, Any]
    path: str = ""

    def text(self, field: str) -> str:
        return self._typed(field, str, "a string")

    def integer(self, field: str) -> int:
        return self._typed(field, int, "an integer")

    def inner(self, field: str) -> "Fields":
        return Fields(self._typed(field, dict, "an object"), f"{self.path}{field}.")

    def inners(self, field: str) -> list["Fields"]:
        """The objects of a list."""
        found = self._typed(field, list, "a list of objects")
        if not all(isinstance(item, dict) for item in found):
            raise self.refused(field, "a list of objects")
        return [Fields(item, f"{self.path}{field}[{i}].") for i, item in enumerate(found)]

    def texts(self, field: str) -> list[str]:
        """The strings of a list."""
        found = self._typed(field, list, "a list of strings")
        if not all(isinstance(item, str) for item in found):
            raise self.refused(field, "a list of strings")
        return found

    def one_of(self, field: str, meanings: Mapping[Any, Meaning]) -> Meaning:
        """What the field's value means; 1 and true are different values."""
        value = self._value(field)
        for allowed, meaning in meanings.items():
            if type(value) is type(allowed) and value == allowed:
                return meaning
        raise self.refused(field, " or ".join(repr(allowed) for allowed in meanings))

    def refused(self, field: str, expected: str) -> InputError:
        """The error for a field whose value is not `expected`."""
        value = repr(self.record[field])
        shown = value if len(value) <= 80 else f"{value[:77]}..."
        return InputError(f"field {self.path}{field} is {shown}, but it must be {expected}")

    def _typed(self, field: str, kind: type[Value], kind_name: str) -> Value:
        value = self._value(field)
        # JSON's true is no integer, though Python's True is.
        if not isinstance(value, kind) or isinstance(value, bool):
            raise self.refused(field, kind_name)
        return value

    def _value(self, field: str) -> Any:
        if field not in self.record:
            present = ", ".join(self.record) or "none"
            raise InputError(f"field {self.path}{field} is missing (fields present: {present})")
        return self.record[field]
