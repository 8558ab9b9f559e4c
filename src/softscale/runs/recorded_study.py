"""The typed study of a record, back from its JSON."""

from collections.abc import Mapping
from dataclasses import fields as parts_of
from dataclasses import is_dataclass
from functools import cache
from typing import Any, get_args, get_type_hints

from hydra.core.config_store import ConfigStore
from omegaconf import OmegaConf

from softscale.config import Study
from softscale.errors import InputError
from softscale.runs.fingerprint import fingerprint

hints_of = cache(get_type_hints)  # of a few classes, for a thousand records


def recorded_id(fields: Mapping[str, Any]) -> str | None:
    """The id of a record's study, by its values; None where a part of it is not known here, so that none can be told.

    A part that is not registered is not known: a method of another checkout, or any where none was asked for.
    """
    try:
        study = study_of(fields)
        return fingerprint(study) if _is_typed(study) else None
    except (InputError, ValueError, TypeError):
        return None


def _is_typed(value: Any) -> bool:
    """Whether no part of a study, which has a name, was left as a plain mapping."""
    if is_dataclass(value):
        return all(_is_typed(getattr(value, part.name)) for part in parts_of(value))
    return not (isinstance(value, Mapping) and "name" in value)


def study_of(fields: Mapping[str, Any]) -> Study:
    """The typed study of a record, whose JSON holds every field. Methods, sources and tasks must be registered.

    Raises InputError where the record names what this softscale does not know.
    """
    hints = hints_of(Study)
    try:
        return Study(**{n: _typed(n, v, hints[n]) if isinstance(v, Mapping) else v for n, v in fields.items()})
    except (KeyError, TypeError) as error:
        raise InputError(f"the record's study is not one of this softscale: {error}") from error


def _typed(group: str, fields: Mapping[str, Any], hint: Any) -> Any:
    """The dataclass of a group by `fields["name"]`, or by fields that it alone has, or the field's own, or a dict."""
    files, schema = ConfigStore.instance().repo, f"{fields.get('name')}_schema.yaml"
    for part in group.split("/"):
        files = files.get(part, {}) if isinstance(files, dict) else {}
    alike = [node for node in files.values() if not isinstance(node, dict) and set(node.node) == set(fields)]
    node = files.get(schema) or (alike[0] if len(alike) == 1 else None)
    own = [each for each in get_args(hint) or (hint,) if is_dataclass(each)]
    if not (node or own):
        return dict(fields)
    kind = OmegaConf.get_type(node.node) if node else own[0]
    assert isinstance(kind, type)
    hints = hints_of(kind)
    values = {n: _typed(f"{group}/{n}", v, hints[n]) if isinstance(v, Mapping) else v for n, v in fields.items()}
    return kind(**values)
