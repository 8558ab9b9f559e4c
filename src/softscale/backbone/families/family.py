"""What a family of models is: closed forms from a shape, names of its linear maps, and what it cannot carry."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from softscale.config import Shape

if TYPE_CHECKING:
    from transformers import PretrainedConfig

    from softscale.config import Study

FP32 = 4  # bytes


@dataclass(frozen=True, kw_only=True)
class Map:
    """`count` linear maps of one name, `inputs` to `outputs`, each met by tokens that are read, written, or both."""

    name: str  # short
    count: int
    inputs: int
    outputs: int
    read: bool = True
    written: bool = True
    bias: bool = False

    @property
    def weights(self) -> int:
        return self.count * self.inputs * self.outputs


class Family(ABC):
    """Stateless. Roles are T5's names of linear maps: q, k, v, o, wi_0 (gate), wi_1, wo."""

    name: str  # model_type of its config.json
    kind: ClassVar[str]  # encoder_decoder | causal
    parts: tuple[str, ...]  # of its attention, each of which can hold a prefix
    # The short name of the map that has a role; several roles may share one, which does the work of all.
    roles: Mapping[str, str]
    peft_task: ClassVar[str]  # what PEFT calls such models
    peft_holds_prefix: ClassVar[bool]  # whether its prefix tuning has keys and values of every layer's own

    @abstractmethod
    def shape_in(self, config: Mapping[str, Any]) -> Shape | None:
        """The shape that a config.json states. Raises KeyError, TypeError or ValueError where it states none."""

    @abstractmethod
    def maps(self, shape: Shape) -> list[Map]:
        """All linear maps but the output head, the input table apart."""

    @abstractmethod
    def other_parameters(self, shape: Shape) -> int:
        """Those that are in no linear map, table of embeddings or output head: norms, position tables."""

    @abstractmethod
    def activation_bytes(
        self, shape: Shape, *, read: int, written: int, element: int, trains_backbone: bool, dropout: bool
    ) -> int:
        """What one example keeps for the backward pass, with `read` = T + P and `written` = S tokens.

        element: bytes of one activation.
        """

    @abstractmethod
    def score_pairs(self, read: int, written: int) -> int:
        """Pairs of a query and a key in a layer of each kind, one head, one example."""

    @abstractmethod
    def keys_width(self, shape: Shape) -> int:
        """Elements of one token's keys in a layer, all heads together."""

    @abstractmethod
    def config_of(self, shape: Shape) -> PretrainedConfig:
        """transformers' configuration of that shape."""

    def check(self, study: Study) -> None:  # noqa: B027 - most have everything
        """Raises InputError where a study asks for what this family has not."""

    def own_names(self, names: Sequence[str]) -> list[str]:
        """Short names of linear maps for roles and own names, each once, in order."""
        return list(dict.fromkeys(self.roles.get(name, name) for name in names))

    def outputs_but_keys(self, name: str, outputs: int) -> int:
        """Those of a linear map that are no keys; of queries, keys and values of one map a third are."""
        made = [role for role in ("q", "k", "v") if self.own_names([role]) == [name]]
        return outputs * (len(made) - 1) // len(made) if "k" in made else outputs

    def map_shapes(self, shape: Shape) -> dict[str, tuple[int, int, int]]:
        """How many linear maps have each short name, and the inputs and outputs of one."""
        made: dict[str, tuple[int, int, int]] = {}
        for each in self.maps(shape):
            count = made.get(each.name, (0, 0, 0))[0]
            made[each.name] = (count + each.count, each.inputs, each.outputs)
        return made

    def total_parameters(self, shape: Shape) -> int:
        """Parameters of the whole model."""
        tables = (1 if shape.tied else 2) * shape.vocab_size * shape.d_model
        biases = sum(each.count * each.outputs for each in self.maps(shape) if each.bias)
        return tables + sum(each.weights for each in self.maps(shape)) + biases + self.other_parameters(shape)
