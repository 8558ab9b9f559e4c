"""What the values of a record must be, so that what is made of a record need not look again."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

PARTS = ("model", "method", "task", "data", "optim")  # of a study


def is_id(text: Any) -> bool:
    """Whether `text` is the id of a run: it becomes the name of files and folders."""
    return isinstance(text, str) and bool(re.fullmatch(r"[0-9a-f]{12}", text))


def problem(values: Mapping[str, Any]) -> str | None:
    """The first field of a record that does not hold what it must, and what that is; None where all do."""
    for name, (holds, words) in FIELDS.items():
        if not holds(values[name]):
            return f"{name} must be {words}"
    curve = values["curve"]
    if values["last"] != curve[-1]:
        return "last must be the last point of curve"
    if values["best"] != max(curve, key=lambda point: point["dev/score"]):
        return "best must be the point of curve with the highest dev/score"
    return None


def _number(value: Any) -> bool:
    return (type(value) is float and math.isfinite(value)) or (type(value) is int and abs(value) < 2**63)


def _count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**63


def _named(holds: Callable[[Any], bool], *needed: str) -> Callable[[Any], bool]:
    """A mapping that has the needed names, and in which every value holds."""
    return lambda value: (
        isinstance(value, dict) and all(map(value.__contains__, needed)) and all(map(holds, value.values()))
    )


def _sha256(value: Any) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"[0-9a-f]{64}", value))


def _plain(value: Any) -> bool:
    """JSON without a number that is none."""
    if isinstance(value, dict):
        return all(map(_plain, value.values()))
    if isinstance(value, list):
        return all(map(_plain, value))
    return value is None or isinstance(value, bool | str) or _number(value)


def _study(value: Any) -> bool:
    parts = isinstance(value, dict) and [value.get(name) for name in PARTS]
    return (
        bool(parts)
        and all(isinstance(part, dict) for part in parts)
        and all(_name(value[name].get("name")) for name in PARTS if name != "optim")
        and _count(value["optim"].get("batch_size"))
        and value["optim"]["batch_size"] > 0
        and _count(value.get("seed"))
        and isinstance(value.get("transfer"), list)
        and all(map(_name, value["transfer"]))
        and _plain(value)
    )


def _name(value: Any) -> bool:
    """The name of a model, method, task or data set: one line that is no path."""
    return isinstance(value, str) and bool(value) and value.isprintable() and "/" not in value


def _point(value: Any) -> bool:
    return _named(_number, "step", "dev/score")(value) and _count(value["step"])


def _curve(value: Any) -> bool:
    if not isinstance(value, list) or not value or not all(map(_point, value)):
        return False
    steps = [point["step"] for point in value]
    return steps == sorted(set(steps))


def _summary(value: Any) -> bool:
    """Of one file of predictions."""
    return (
        isinstance(value, dict)
        and _sha256(value.get("sha256"))
        and _count(value.get("count"))
        and all(type(number) is int for name, number in value.items() if name != "sha256")
    )


def _predictions(value: Any) -> bool:
    """One summary, or one a task, or both: beside it those of transfers."""
    if not isinstance(value, dict) or not value:
        return False
    own = {name: item for name, item in value.items() if not isinstance(item, dict)}
    return (not own or _summary(own)) and all(_summary(item) for item in value.values() if isinstance(item, dict))


def _scores(value: Any) -> bool:
    # A sum is finite where all its terms are; one by one would take most of the time of reading a record.
    return isinstance(value, list) and {*map(type, value)} <= {int, float} and math.isfinite(math.fsum(value))


def _provenance(value: Any) -> bool:
    return _plain(value) and isinstance(value, dict) and _number(value.get("seconds")) and value["seconds"] >= 0


FIELDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "id": (is_id, "twelve hex digits"),
    "study": (_study, f"the study: {', '.join(PARTS)} with their names and values, seed and transfer"),
    "runtime": (lambda value: _plain(value) and isinstance(value, dict) and "device" in value, "the runtime's fields"),
    "parameters": (_named(_count, "total", "trained", "stored", "bytes"), "counts: total, trained, stored, bytes"),
    "backbone": (_named(_sha256, "before", "after"), "two hashes, before and after"),
    "data": (_named(_number, "train", "dev", "train_cut", "majority"), "numbers: train, dev, train_cut, majority"),
    "curve": (_curve, "points with rising step, dev/score and other finite numbers, one at least"),
    "best": (_point, "finite numbers, with step and dev/score"),
    "last": (_point, "finite numbers, with step and dev/score"),
    "predictions": (_predictions, "sha256 and counts of the predictions, or those of each task"),
    "notes": (
        lambda value: isinstance(value, list) and all(isinstance(note, str) for note in value),
        "a list of texts",
    ),
    "provenance": (_provenance, "facts of the run, with its seconds"),
    "transfer": (_named(_number), "finite numbers"),
    "resampled": (_named(_scores), "lists of finite numbers"),
}
