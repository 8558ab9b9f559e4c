"""The token ids that prompt design keeps, and how its answers are read (methods/prompt_design.py)."""

from collections.abc import Mapping

from torch import Tensor, nn

from softscale.methods.modules.method import Method, copy_tensors
from softscale.methods.wording import WordingConfig


class PromptDesign(Method):
    """Nothing trains; stored are the token ids of instruction and demonstrations, which the paper counts (figure 4)."""

    text: Tensor

    def __init__(self, text: Tensor, wording: WordingConfig) -> None:
        super().__init__()
        self.wording = wording
        self.register_buffer("text", text)

    def trainable(self) -> dict[str, nn.Parameter]:
        return {}

    def stored(self) -> dict[str, Tensor]:
        return {"text": self.text}

    def load(self, stored: Mapping[str, Tensor]) -> None:
        copy_tensors(stored, {"text": self.text})

    def answer(self, text: str) -> str:
        return self.wording.label(text)
