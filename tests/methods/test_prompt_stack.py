"""Rows of one batch that have prompts of their own are what each is alone, and train their own prompt only."""

import torch
from torch import Tensor

from softscale.backbone.backbone import Backbone
from softscale.backbone.padding import IGNORED
from softscale.methods.modules.prompt_stack import prepend_own, stacked
from softscale.methods.modules.prompt_tuning import prepend

TOKENS = torch.tensor([[7, 8, 9, 10, 1], [30, 31, 1, 0, 0], [7, 8, 9, 10, 1], [12, 1, 0, 0, 0]])
MASK = (TOKENS != 0).long()
LABELS = torch.tensor([[40, 1, IGNORED], [41, 42, 1], [43, 1, IGNORED], [44, 45, 1]])
OWN = torch.tensor([2, 0, 0, 1])


def prompts() -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(length, 16, generator=generator).requires_grad_() for length in (3, 1, 9)]


def alone(backbone: Backbone, prompt: Tensor, row: int) -> tuple[Tensor, Tensor]:
    """A row without padding behind its own prompt."""
    length = int(MASK[row].sum())
    return prepend(prompt, backbone.embed(TOKENS[row : row + 1, :length]), MASK[row : row + 1, :length])


def test_every_row_is_encoded_and_answered_as_it_is_alone(backbone: Backbone) -> None:
    made = prompts()
    joined, mask = prepend_own(*stacked(made), OWN, backbone.embed(TOKENS), MASK)
    assert joined.shape == (4, 9 + 5, 16)
    encoded = backbone.model.encoder(inputs_embeds=joined, attention_mask=mask).last_hidden_state
    texts = backbone.generate(joined, mask, 6)
    assert len(set(texts)) > 1
    for row in range(4):
        own, own_mask = alone(backbone, made[OWN[row]], row)
        wanted = backbone.model.encoder(inputs_embeds=own, attention_mask=own_mask).last_hidden_state[0]
        torch.testing.assert_close(encoded[row][mask[row] == 1], wanted, rtol=1e-5, atol=1e-5)
        assert texts[row] == backbone.generate(own, own_mask, 6)[0]


def test_a_prompt_has_the_gradient_of_its_own_rows(backbone: Backbone) -> None:
    mixed, single = prompts(), prompts()
    backbone.loss(*prepend_own(*stacked(mixed), OWN, backbone.embed(TOKENS), MASK), LABELS, 1e-4).backward()
    for row in range(4):
        backbone.loss(*alone(backbone, single[OWN[row]], row), LABELS[row : row + 1], 1e-4).backward()
    for one, other in zip(mixed, single, strict=True):
        assert one.grad is not None
        assert bool((one.grad != 0).any())
        torch.testing.assert_close(one.grad, other.grad, rtol=1e-4, atol=1e-5)


def test_prompts_of_one_length_are_stacked_as_they_are() -> None:
    made = [torch.randn(4, 16), torch.randn(4, 16)]
    values, visible = stacked(made)
    assert torch.equal(values, torch.stack(made))
    assert bool(visible.all())
