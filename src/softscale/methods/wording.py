"""A wording: how an example is asked in plain text, and in which words it is to be answered.

A Jinja2 template over the parts of the example, as in PromptSource (Bach et al. 2022), and a verbaliser, which says
what the model is to write for each label (Schick & Schütze 2021). In the template, `input` is the task's own text form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment
from omegaconf import MISSING

from softscale.config import schema
from softscale.errors import InputError

if TYPE_CHECKING:
    from softscale.methods.method import TextExample

LANGUAGE = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)


@schema("method/wording", "wording")
@dataclass(kw_only=True)
class WordingConfig:
    name: str = MISSING  # of a family of wordings, one a task
    task: str | None = MISSING  # the task that it words; null: any
    template: str = MISSING  # Jinja2 over the parts of an example, and `input`
    verbaliser: dict[str, str] = field(default_factory=dict)  # label: what the model is to write; empty: the label
    instruction: str = ""  # said once, at the very front
    separator: str = "\n\n"  # an empty line, as in GPT-3's prompts (Brown et al. 2020); T5's pieces have it as a space

    def check(self) -> None:
        """Raises InputError where the template is no Jinja2, or the verbaliser cannot be inverted."""
        if not self.template.strip():
            raise InputError("method.wording.template is empty: it must name parts of the example, as {{ premise }}")
        _compiled(self.template)
        words = [each.strip() for each in self.verbaliser.values()]
        for label, word in self.verbaliser.items():
            if not word.strip() or words.count(word.strip()) > 1:
                raise InputError(
                    f"method.wording.verbaliser.{label}={word!r} is not allowed: each label must have words of its own"
                )

    def check_for(self, task: str, labels: Sequence[str], parts: Mapping[str, str]) -> None:
        """Raises InputError where this is no wording of a task with these labels and parts of an example."""
        if self.task not in (None, task):
            raise InputError(f"method.wording.task={self.task} is not allowed with task={task}: it must be {task}")
        known = [*parts, "input"]
        for name in sorted(find_undeclared_variables(LANGUAGE.parse(self.template)) - set(LANGUAGE.globals)):
            if name not in known:
                raise InputError(
                    f"method.wording.template names {name}, which task={task} has not: it must be one of "
                    f"{', '.join(known)}"
                )
        if self.verbaliser and set(self.verbaliser) != set(labels):
            raise InputError(
                f"method.wording.verbaliser has {', '.join(self.verbaliser)}, but task={task} has "
                f"{', '.join(labels) or 'no labels'}: it must be empty or have each label once"
            )

    def question(self, example: TextExample) -> str:
        """What is asked about an example, without its answer. Raises InputError where the template does not fit it."""
        try:
            return _compiled(self.template)({**example.parts, "input": example.input}).strip()
        except Exception as error:  # a template may call any method of a text, which may raise anything
            raise InputError(f"method.wording.template does not fit {dict(example.parts)}: {error}") from error

    def demonstration(self, example: TextExample, joiner: str = "") -> str:
        """A question with its answer, in the words that the model is to write; `joiner` ends every question."""
        return f"{self.question(example)}{joiner} {self.verbaliser.get(example.target, example.target)}"

    def label(self, text: str) -> str:
        """The label whose words are exactly `text`, white space around them apart; any other text as it is."""
        labels = {word.strip(): label for label, word in self.verbaliser.items()}
        return labels.get(text.strip(), text)


@lru_cache(maxsize=16)
def _compiled(template: str) -> Callable[[Mapping[str, str]], str]:
    try:
        made: Template = LANGUAGE.from_string(template)
    except TemplateError as error:
        raise InputError(f"method.wording.template is no Jinja2 template: {error}") from error
    return made.render
