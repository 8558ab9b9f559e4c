"""The decoder of the released code: t5x's beam search with one beam kept, two candidates a step and alpha 0.6.

It differs from greedy writing where the end is the second candidate: the text so far is then a finished one, beside
the one that goes on, and in the end the finished one of the best score stands. A score is the log probability of the
text divided by ((5 + n) / 6)^0.6, where n is its number of tokens, the end included; a longer text must be worth its
length (t5x models.py, EncoderDecoderModel; decoding.py, `beam_search` and `brevity_penalty`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from transformers import T5ForConditionalGeneration

from softscale.backbone.padding import PAD
from softscale.backbone.stacks import decoded, hiding
from softscale.backbone.writing import Cache
from softscale.devices.ranks import summed

ALPHA = 0.6
CANDIDATES = 2  # a beam of one keeps two
NEVER = -1.0e7  # t5x decoding.py, NEG_INF


def penalty(length: Tensor) -> Tensor:
    """What the log probability of a text of so many tokens is divided by."""
    return ((5.0 + length) / 6.0) ** ALPHA


def released(
    model: T5ForConditionalGeneration, seen: Tensor, mask: Tensor, lengths: Sequence[int], together: bool = False
) -> Tensor:
    """The ids that the released code writes: `[B, longest length]`, padding after a row's end or own length.

    From the encoder's output `[B, T, H]` and its mask `[B, T]`, as `writing.greedy`. A row in which the end is never
    one of the two candidates is what greedy writing makes of it.

    together: every step is one that all ranks make together (weights are sharded): nobody ends before all have.
    """
    ends = torch.tensor(model.generation_config.eos_token_id, device=seen.device).reshape(-1)  # type: ignore[union-attr]
    cache, hidden_from = Cache(max(lengths)), hiding(mask, seen.dtype)

    def log_probs(ids: Tensor) -> Tensor:
        hidden = decoded(model, ids[:, None], seen, hidden_from, cache)
        return model.lm_head(hidden[:, -1]).float().log_softmax(-1)

    start = torch.full((len(seen),), int(model.config.decoder_start_token_id), device=seen.device)
    return search(log_probs, start, ends, torch.tensor(lengths, device=seen.device), together)


def search(
    log_probs: Callable[[Tensor], Tensor], start: Tensor, ends: Tensor, lengths: Tensor, together: bool = False
) -> Tensor:
    """The texts `[B, longest length]` by t5x's rule for a beam of one.

    Args:
        log_probs: from the last ids `[B]` to log probabilities of the next ones `[B, V]`; called once a step.
        start: `[B]`, the first ids, which are no part of the texts.
        ends: ids that end a text; they stand in it, as its last.
        lengths: `[B]`, the most tokens of each row.
    """
    live = torch.full((len(start), int(lengths.max())), PAD, device=start.device)  # the texts that go on
    total = torch.zeros(len(start), device=start.device)  # their log probabilities
    best, score = live, torch.full_like(total, NEVER)  # the best finished texts
    last = start
    for step in range(live.shape[1]):
        # No text that begins with the live one can score more than this; t5x counts the start as a token.
        going = (lengths > step) & (score <= total / penalty(lengths + 1.0))
        if not (summed(going.sum()) if together else going.any()):
            break
        found, ids = (total[:, None] + log_probs(last)).topk(CANDIDATES, -1)
        ended = torch.isin(ids, ends)
        ending, end = (found / penalty(total.new_tensor(step + 1.0)) + ~ended * NEVER).max(-1)
        onward, following = (found + ended * NEVER).max(-1)
        finished = live.clone()
        finished[:, step] = ids.gather(1, end[:, None])[:, 0]
        better = going & (ending > score)
        best, score = torch.where(better[:, None], finished, best), torch.where(better, ending, score)
        last = torch.where(going, ids.gather(1, following[:, None])[:, 0], PAD)
        live[:, step], total = last, torch.where(going, onward, total)
    return torch.where((score > NEVER)[:, None], best, live)
