"""Whether a device has the memory that a run needs at the very least, told before anything is allocated.

At the least: inputs and targets of one token. What the texts add is not known before they are read, so a study that
passes may still need more; one that is refused could not have run.
"""

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from typing import Any

from softscale.backbone.families import known_family
from softscale.backbone.shape import shape_of, total_parameters
from softscale.config import Runtime, Shape, Study
from softscale.costs.memory import FP32, Memory, element_bytes, weight_bytes
from softscale.devices.available import usable_memory
from softscale.errors import InputError

SIZES = ("length", "rank", "hidden")  # fields of methods that decide how much trains


def check_fits(study: Study, runtime: Runtime, there: int | None) -> None:
    """Raises InputError where `there` bytes, of this machine or of its GPU, cannot hold the run; None: not known."""
    shape = shape_of(study.model)
    if there is None or shape is None or runtime.strategy == "fsdp":  # which has a part of the weights on each device
        return
    need = least_memory(study, runtime, shape)
    if need is None or need.total <= there:
        return
    parts = {name: getattr(need, name) for name in ("weights", "gradients", "activations")}
    shown = ", ".join(f"{name} {_gigabytes(size)}" for name, size in parts.items() if size >= 0.05e9)
    raise InputError(
        f"{_largest(study, runtime, shape, there)} is not allowed: the run needs at least {_gigabytes(need.total)} of "
        f"memory ({shown}), and this {'GPU' if runtime.device == 'gpu' else 'machine'} has {_gigabytes(there)}"
    )


def check_fit_together(studies: Sequence[Study], runtime: Runtime, workers: int) -> None:
    """Raises InputError where the memory of this machine cannot hold so many of the runs at once."""
    shapes = [(study, shape_of(study.model)) for study in studies]
    needs = [least_memory(study, runtime, shape) for study, shape in shapes if shape]
    largest = sorted((need.total for need in needs if need), reverse=True)[:workers]
    there = usable_memory()
    if runtime.device != "cpu" or there is None or len(largest) < 2 or sum(largest) <= there:
        return
    fitting = max(1, there // largest[0])
    raise InputError(
        f"runtime.workers={workers} is not allowed: so many runs at once need at least {_gigabytes(sum(largest))} of "
        f"memory, and this machine has {_gigabytes(there)}; it must be at most {fitting}"
    )


def check_copies_fit(named: str, shape: Shape, copies: int) -> None:
    """Raises InputError where the memory of this machine cannot hold so many numbers in fp32 for each weight."""
    need, there = copies * FP32 * total_parameters(shape), usable_memory()
    if there is not None and need > there:
        raise InputError(
            f"{named} is not allowed: its weights and what their training keeps need at least {_gigabytes(need)} of "
            f"memory, and this machine has {_gigabytes(there)}"
        )


def least_memory(study: Study, runtime: Runtime, shape: Shape) -> Memory | None:
    """Bytes of one process at its peak, with inputs and targets of one token; None where the method gives no count."""
    trained = study.method.num_trained(shape)
    if trained is None:
        return None
    whole, weights = study.method.trains_backbone, weight_bytes(shape, study.model.dtype)
    trains = study.optim.steps > 0
    return Memory(
        weights=weights if whole else weights + FP32 * trained,
        gradients=(weights if whole else FP32 * trained) if trains else 0,
        optimiser=0,  # of factored matrices next to nothing
        activations=_activations(study, runtime, shape) if trains else 0,
    )


def _activations(study: Study, runtime: Runtime, shape: Shape) -> int:
    """Of the examples that are computed at once."""
    each = study.optim.batch_size // runtime.devices
    positions = 1 + study.method.num_positions()
    element = element_bytes(study.model.dtype)
    if runtime.activation_checkpointing:  # at least what enters each layer
        one = element * positions * shape.d_model * shape.num_layers
    else:
        one = known_family(shape.family).activation_bytes(
            shape,
            read=positions,
            written=1,
            element=element,
            trains_backbone=study.method.trains_backbone,
            dropout=study.optim.dropout > 0,
        )
    return min(each, runtime.micro_batch or each) * one


def _largest(study: Study, runtime: Runtime, shape: Shape, there: int) -> str:
    """The field, with its value, without which least is needed."""
    needs = {}
    for named, smaller in _smaller(study):
        need = least_memory(smaller, runtime, shape)
        needs[named] = need.total if need else 0
    named = min(needs, key=lambda name: needs[name])
    return named if needs[named] <= there else f"model={study.model.name}"


def _smaller(study: Study) -> Iterator[tuple[str, Study]]:
    """Studies with one field at its least, each with that field as it is typed."""
    yield f"optim.batch_size={study.optim.batch_size}", replace(study, optim=replace(study.optim, batch_size=1))
    for field in fields(study.method):
        value: Any = getattr(study.method, field.name)
        if field.name in SIZES and value is not None:
            method = replace(study.method, **{field.name: 1})
            yield f"method.{field.name}={value}", replace(study, method=method)


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:,.0f} GB" if size >= 10e9 else f"{size / 1e9:.1f} GB"
