"""A batch of questions for one frozen backbone, each answered after its own prompt: the paper's mixed-task inference.

What a row is answered depends on its own prompt, its tokens and how much it may write, and not on the rest of the
batch, up to the rounding of sums.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from softscale.backbone.backbone import Backbone, products
from softscale.backbone.padding import PAD, padded
from softscale.data.batches import bounded_batches
from softscale.finished.run import Finished
from softscale.methods.modules.method import Method
from softscale.methods.modules.prompt_stack import prepend_own, stacked
from softscale.methods.modules.prompt_tuning import PromptTuning
from softscale.tasks.sentinel import after_sentinel


@dataclass(frozen=True, kw_only=True)
class Question:
    """tokens: the input's ids with EOS. length: tokens that the answer may have, without its sentinel."""

    tokens: Sequence[int]
    method: Method
    length: int
    sentinel: bool  # answers begin with <extra_id_0>
    decoder: str  # as `task.decoder`

    @classmethod
    def of(cls, tokens: Sequence[int], run: Finished, method: Method) -> "Question":
        """What a run is asked; `method` holds what it trained."""
        task = run.study.task
        return cls(
            tokens=tokens, method=method, length=task.target_length, sentinel=task.sentinel, decoder=task.decoder
        )


def batches(questions: Sequence[Question], size: int) -> Iterator[list[int]]:
    """Indices of questions that are answered at once, at most `size`: inputs of similar length, tasks mixed."""
    yield from bounded_batches([len(question.tokens) for question in questions], size)


@torch.no_grad()
def answers(backbone: Backbone, dtype: str, questions: Sequence[Question]) -> list[str]:
    """What is written for each question of one batch; `dtype` is that of the study of their model.

    Methods other than prompt tuning answer alone: all questions must then have the same one.
    """
    device = backbone.embeddings.device
    embedded = backbone.embed(padded([question.tokens for question in questions], PAD).to(device))
    mask = padded([[1] * len(question.tokens) for question in questions], 0).to(device)
    distinct = list(dict.fromkeys(question.method for question in questions))
    prompts = [method.prompt for method in distinct if isinstance(method, PromptTuning)]
    with products(device.type, dtype):
        if prompts:
            own = torch.tensor([distinct.index(question.method) for question in questions], device=device)
            texts = _written(backbone, *prepend_own(*stacked(prompts), own, embedded, mask), questions)
        else:
            (method,) = distinct
            with method.attach(backbone):
                texts = _written(backbone, *method.join(embedded, mask), questions)
    return [
        question.method.answer(after_sentinel(text) if question.sentinel else text)
        for question, text in zip(questions, texts, strict=True)
    ]


def _written(backbone: Backbone, joined: Tensor, mask: Tensor, questions: Sequence[Question]) -> list[str]:
    """What the backbone writes for inputs `[B, P+T, H]`, each row in its own length and by its own decoder."""
    texts: dict[int, str] = {}
    for decoder in dict.fromkeys(question.decoder for question in questions):
        rows = [index for index, question in enumerate(questions) if question.decoder == decoder]
        lengths = [questions[index].length + questions[index].sentinel for index in rows]
        texts |= zip(rows, backbone.generate(joined[rows], mask[rows], lengths, decoder), strict=True)
    return [texts[index] for index in range(len(questions))]
