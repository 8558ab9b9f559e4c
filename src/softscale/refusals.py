"""What Hydra and OmegaConf refuse, in one sentence: the field, the value, what is allowed."""

import re

from softscale.errors import InputError


def refusal(error: Exception) -> InputError:
    """An InputError for an exception of Hydra's or OmegaConf's composition."""
    text = "\n".join(str(part) for part in _chain(error))
    for pattern, sentence in SENTENCES:
        found = re.search(pattern, text, re.DOTALL)
        if found:
            return InputError(" ".join(sentence(found).split()))
    return InputError(" ".join(text.splitlines()[0].split()))


def _chain(error: BaseException | None) -> list[BaseException]:
    return [] if error is None else [error, *_chain(error.__cause__ or error.__context__)]


def _options(found: re.Match) -> str:
    options = sorted(option.strip() for option in found["options"].split("\n") if option.strip())
    shown = ", ".join(option for option in options if not option.endswith("_schema"))
    return f"{found['group']}={found['value']} is not known: it must be one of {shown}"


SENTENCES = [
    (
        r"Could not find '(?P<group>[\w/]+)/(?P<value>[^'/]+)'\s+Available options in '(?P=group)':(?P<options>(?:\n\t[^\n]+)+)",
        _options,
    ),
    (
        r"Could not override '(?P<key>[^']+)'.*?Key '(?P<last>[^']+)' not in '(?P<node>\w+)'",
        lambda m: f"{m['key']} is not a field of {m['node']}: see the YAML files of its group in conf/ for its fields",
    ),
    (
        r"Could not override '(?P<key>[^']+)'.*?Key '(?P<last>[^']+)' is not in struct",
        lambda m: f"{m['key']} is not a field of the configuration: see conf/ for its fields",
    ),
    (
        r"Missing mandatory value: (?P<key>[\w.]+)",
        lambda m: f"{m['key']} has no value: give it one with {m['key']}=…",
    ),
    (
        r"Value '(?P<value>[^']*)'(?: of type '\w+')? could not be converted to (?P<type>\w+).*?full_key: (?P<key>[\w.]+)",
        lambda m: f"{m['key']}={m['value']} is not allowed: it must be of type {m['type'].lower()}",
    ),
    (
        r"Error merging override (?P<override>\S+)\s+(?P<why>[^\n]+)",
        lambda m: f"{m['override']} is not allowed: {m['why']}",
    ),
    (
        r"You must specify '(?P<key>[\w/]+)'",
        lambda m: f"{m['key']} has no value: give it one with {m['key']}=…",
    ),
]
