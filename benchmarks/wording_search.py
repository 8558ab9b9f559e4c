"""Which wording of each miniature task the untouched rungs answer best, scored on training examples.

  python benchmarks/wording_search.py task=rte,copa

Prompt design's wordings in conf/method/wording/miniature/ were chosen so. Every candidate asks the first 250 training
examples of its task of every rung, without demonstrations, and is scored as a run of prompt design is. The candidate
with the highest mean over the rungs is chosen, the first of equals. Dev is never read here, but the list of candidates
was written after an earlier check had shown that the text's own words score high. The first candidate of each task is
the wording that was published before there was a search. The others are forms in which the pre-training text
(src/softscale/world/skills.py, text.py) asks for the same; some have the passage behind the question, as the text has
too. All eight tasks take a minute and a half on one core.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

import torch

from softscale import tasks
from softscale.backbone.load import load_backbone, load_tokenizer
from softscale.compose.cells import hydra_session, single
from softscale.config import Config
from softscale.data.batches import evaluation_order
from softscale.data.tokenised import Tokenised, tokenised
from softscale.markdown import aligned_table
from softscale.methods.modules.prompt_design import PromptDesign
from softscale.methods.wording import WordingConfig
from softscale.training.evaluation import predict
from softscale.training.tuning import Tuning

RUNGS = ("mini_1", "mini_2", "mini_3", "mini_4", "mini_5")
NUM_TRAIN = 250

FIRST = "first"  # the name of the wording that was published before the search


class Candidate(NamedTuple):
    """A wording on offer: what is asked, and the words of each label (empty where the task has free text)."""

    name: str
    template: str
    verbaliser: Mapping[str, str] = {}


TRUE_FALSE = {"True": "True .", "False": "False ."}
ENTAILED = {"entailment": "entailment .", "not_entailment": "not_entailment ."}
THREE_WAY = {"entailment": "entailment .", "contradiction": "contradiction .", "neutral": "neutral ."}
CHOICES = {"choice1": "choice1 .", "choice2": "choice2 ."}
HYPOTHESIS = "{{ hypothesis.rstrip('.') }}"
COPA_CHOICES = "choice1 is {{ choice1.partition(' ')[2].rstrip('.') }} , choice2 is {{ choice2.partition(' ')[2] }}"
CLAIM = "{{ question.replace('who', answer).rstrip('?').rstrip() }}"  # of MultiRC: Anna has the kite

CANDIDATES: dict[str, tuple[Candidate, ...]] = {
    "boolq": (
        Candidate(FIRST, "{{ passage }} {{ question }} ?", TRUE_FALSE),
        Candidate("question in front", "{{ question }} ? {{ passage }}", TRUE_FALSE),
        Candidate("opening", "the passage is this. {{ passage }} {{ question }} ?", TRUE_FALSE),
    ),
    "cb": (
        Candidate(FIRST, f"{{{{ premise }}}} hypothesis that {HYPOTHESIS} ?", THREE_WAY),
        Candidate("the hypothesis that … is", f"{{{{ premise }}}} the hypothesis that {HYPOTHESIS} is", THREE_WAY),
        Candidate("the same in front", f"the hypothesis that {HYPOTHESIS} is {{{{ premise }}}}", THREE_WAY),
        Candidate("opening", f"the premise is this. {{{{ premise }}}} the hypothesis that {HYPOTHESIS} is", THREE_WAY),
        Candidate(
            "claim ?",
            f"{{{{ premise }}}} {HYPOTHESIS} ?",
            {"entailment": "True .", "contradiction": "False .", "neutral": "neutral ."},
        ),
    ),
    "copa": (
        Candidate(
            FIRST,
            f"{{{{ premise }}}} what is the {{{{ question }}}} ? {COPA_CHOICES}",
            {"choice1": "it is choice1 .", "choice2": "it is choice2 ."},
        ),
        Candidate("choice1 .", f"{{{{ premise }}}} what is the {{{{ question }}}} ? {COPA_CHOICES}", CHOICES),
        Candidate("choices in front", f"{COPA_CHOICES} {{{{ premise }}}} what is the {{{{ question }}}} ?", CHOICES),
    ),
    "multirc": (
        Candidate(FIRST, "{{ paragraph }} {{ question.replace('who has', 'does ' ~ answer ~ ' have') }}", TRUE_FALSE),
        Candidate(
            "question in front",
            "{{ question.replace('who has', 'does ' ~ answer ~ ' have') }} {{ paragraph }}",
            TRUE_FALSE,
        ),
        Candidate("claim ?", f"{{{{ paragraph }}}} {CLAIM} ?", TRUE_FALSE),
        Candidate(
            "that … is",
            f"{{{{ paragraph }}}} that {CLAIM} is",
            {"True": "entailment .", "False": "not_entailment ."},
        ),
    ),
    "record": (
        Candidate(FIRST, "{{ passage }} {{ query.replace('@placeholder', 'who').rstrip('.') }} ?"),
        Candidate("question in front", "{{ query.replace('@placeholder', 'who').rstrip('.') }} ? {{ passage }}"),
        Candidate("in the query", "{{ passage }} in the query {{ query }} the placeholder is"),
        Candidate("is with", "{{ passage }} {{ query.replace('@placeholder has ', '').rstrip('.') }} is with"),
    ),
    "rte": (
        Candidate(FIRST, f"{{{{ premise }}}} that {HYPOTHESIS} ?", ENTAILED),
        Candidate("that … is", f"{{{{ premise }}}} that {HYPOTHESIS} is", ENTAILED),
        Candidate("the same in front", f"that {HYPOTHESIS} is {{{{ premise }}}}", ENTAILED),
        Candidate(
            "the hypothesis that … is",
            f"{{{{ premise }}}} the hypothesis that {HYPOTHESIS} is",
            {"entailment": "entailment .", "not_entailment": "contradiction ."},
        ),
        Candidate(
            "claim ?",
            f"{{{{ premise }}}} {HYPOTHESIS} ?",
            {"entailment": "True .", "not_entailment": "False ."},
        ),
    ),
    "wic": (
        Candidate(FIRST, "{{ sentence1 }} {{ sentence2 }} does {{ word }} mean the same ?", TRUE_FALSE),
        Candidate("in front", "does {{ word }} mean the same ? {{ sentence1 }} {{ sentence2 }}", TRUE_FALSE),
        Candidate(
            "one meaning", "{{ sentence1 }} {{ sentence2 }} the word {{ word }} has one meaning in both :", TRUE_FALSE
        ),
        Candidate(
            "the same in front",
            "the word {{ word }} has one meaning in both : {{ sentence1 }} {{ sentence2 }}",
            TRUE_FALSE,
        ),
    ),
    "wsc": (
        Candidate(FIRST, "{{ text.replace('*', '') }} who has the {{ text.rstrip('.').split()[-1] }} ?"),
        Candidate(
            "the one who", "{{ text.replace('*', '') }} the one who has the {{ text.rstrip('.').split()[-1] }} is"
        ),
        Candidate("the word", "{{ text.replace('*', '') }} the word *{{ text.split('*')[1] }}* means"),
    ),
}


def main(arguments: list[str]) -> None:
    typed = dict(argument.split("=", 1) for argument in arguments)
    names = typed.pop("task", ",".join(CANDIDATES)).split(",")
    if typed:
        sys.exit(f"{', '.join(typed)} is not allowed: give task=rte,copa, or nothing for all tasks")
    rows: list[list[str]] = []
    with hydra_session():
        for name in names:
            scores = {candidate.name: scores_of(name, candidate) for candidate in CANDIDATES[name]}
            best = chosen({wording: fmean(by_rung) for wording, by_rung in scores.items()})
            for wording, by_rung in scores.items():
                numbers = [f"{100 * score:.1f}" for score in (*by_rung, fmean(by_rung))]
                rows.append([name, wording, "chosen" if wording == best else "", *numbers])
    print(aligned_table(["task", "wording", "", *RUNGS, "mean"], rows, 3))


def chosen(means: Mapping[str, float]) -> str:
    """The wording with the highest mean, the first of equals."""
    return max(means, key=lambda wording: means[wording])


def scores_of(task: str, candidate: Candidate) -> list[float]:
    """The task's selecting score of a wording on its first training examples, in [0, 1], a rung each."""
    wording = WordingConfig(
        name="search", task=task, template=candidate.template, verbaliser=dict(candidate.verbaliser)
    )
    wording.check()
    return [_score(single([f"model={rung}", f"task={task}", "method=prompt_design"]).config, wording) for rung in RUNGS]


def _score(config: Config, wording: WordingConfig) -> float:
    torch.set_num_threads(config.runtime.threads)
    task, tokenizer = tasks.by_name(config.task.name), load_tokenizer(config.model)
    cache = Path(config.runtime.runs) / ".cache"
    asked: Tokenised = tokenised(task, config.task, config.data.open(), "train", NUM_TRAIN, tokenizer, cache)
    examples = asked.examples()
    wording.check_for(task.name, task.labels, examples[0].parts)
    worded = asked.reworded([wording.question(example) for example in examples], tokenizer)
    method = PromptDesign(torch.empty(0, dtype=torch.long), wording)
    backbone = load_backbone(config.model, tokenizer, dropout=0.0)
    module = Tuning(backbone, method, config.optim, 0, mixed=config.model.dtype == "mixed")
    order = evaluation_order(worded, config.runtime.eval_batch_size)
    written = predict(module, worded, order, config.task.target_length)
    return task.selecting_score(task.score([method.answer(text) for text in written], examples))


if __name__ == "__main__":
    main(sys.argv[1:])
