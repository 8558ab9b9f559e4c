"""What a sweep would cost, before anything is spent: cells, parameters, FLOPs, memory and hours, without weights."""

import statistics
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from softscale.backbone.shape import shape_of
from softscale.config import Study
from softscale.costs.flops import score_share, tokens_of, training_flops
from softscale.costs.memory import DEVICES, USABLE, Memory, memory_of
from softscale.markdown import aligned_table
from softscale.runs.job import Job
from softscale.runs.record import Record

STATES = ("done", "interrupted", "failed", "to do")  # a damaged record is a failed cell
ESTIMATED_ON = next(device for device in DEVICES if device.name.startswith("H100"))
UTILISATION = 0.4  # of its peak: assumed, for cells without a measured rate
UNKNOWN = "-"

FORMULAS = f"""\
FLOPs: 4ND with a frozen backbone (2ND forward, 2ND for gradients of activations), 6ND where it trains, for every step:
  ND = batch x (N_enc x (T + P) + N_dec x S), T = task.input_length, P = positions of the method, S = task.target_length
  N_enc, N_dec: weights that a token that is read, one that is written meets; no embeddings, output head in N_dec
  an upper bound: batches are padded to their longest input only; scoring on dev comes on top
Memory: one process, at the full length, nothing recomputed; weights by model.dtype, gradients and fp32 state of
  Adafactor of what trains, activations of batch x (T + P) positions: a layer of T5 keeps
  positions x (2 d_model + 4 heads x d_kv + 6 d_ff + heads x positions), more where it trains, one of a causal model
  at most what its family says (src/softscale/backbone/families/); a device fits where at most {USABLE:.0%} of it is
  taken
Hours: of the cells that are not done, all steps of them (optim.stop_at may end some early), from the seconds an
  example of recorded runs of that model and method on this kind of device; ~ is an estimate: from runs of that model
  with other methods, and where there are none from FLOPs at
  {UTILISATION:.0%} of the peak of one {ESTIMATED_ON.name} (bf16 {ESTIMATED_ON.peak["bf16"] / 1e12:.0f}, \
fp32 {ESTIMATED_ON.peak["fp32"] / 1e12:.0f} TFLOP/s)"""


@dataclass(frozen=True, kw_only=True)
class Group:
    """The cells of one model and method; None where it cannot be known without weights."""

    model: str
    method: str
    states: Counter[str]
    trained: tuple[int, int] | None  # parameters, least and most
    flops: float | None  # of all cells
    scores: float | None  # what attention scores would add, as a share, at most
    memory: Memory | None  # of the cell that takes most
    hours: float | None  # of the cells that are not done
    rates: int  # recorded runs that the hours are from; 0 is an estimate

    @property
    def fits(self) -> list[str]:
        """The devices that have the memory."""
        if self.memory is None:
            return []
        return [device.name for device in DEVICES if self.memory.total <= USABLE * device.gigabytes * 1e9]


def groups_of(jobs: Sequence[Job], records: Sequence[Record], states: Mapping[str, str] | None = None) -> list[Group]:
    """The groups of a sweep, in its order.

    Args:
        states: of the jobs, by their ids (`states_of`); None: by the files that are there.
        records: of any runs; those of a group's model and method on its kind of device tell its rate.
    """
    grouped: dict[tuple[str, str], list[Job]] = defaultdict(list)
    for job in jobs:
        grouped[job.study.model.name, job.study.method.name].append(job)
    known = states or {job.id: job.state() for job in jobs}
    return [_group(each, records, known) for each in grouped.values()]


def _group(jobs: Sequence[Job], records: Sequence[Record], states: Mapping[str, str]) -> Group:
    study = jobs[0].study
    left = [job.study for job in jobs if states[job.id] != "done"]
    shape = shape_of(study.model)
    trained = (
        [each for each in (job.study.method.num_trained(shape) for job in jobs) if each is not None] if shape else []
    )
    memory = [each for each in (memory_of(job.study, shape) for job in jobs) if each] if shape else []
    here = [record for record in records if record.runtime["device"] == jobs[0].runtime.device]
    rates = measured_rates(study, here)
    return Group(
        model=study.model.name,
        method=study.method.name,
        states=Counter("failed" if states[job.id] == "damaged" else states[job.id] for job in jobs),
        trained=(min(trained), max(trained)) if len(trained) == len(jobs) else None,
        flops=sum(flops_of(job.study) or 0.0 for job in jobs) if shape else None,
        scores=max(score_share(shape, *tokens_of(job.study), study.method.trains_backbone) for job in jobs)
        if shape
        else None,
        memory=max(memory, key=lambda each: each.total) if len(memory) == len(jobs) else None,
        hours=_hours(left, rates or measured_rates(study, here, any_method=True)),
        rates=len(rates),
    )


def flops_of(study: Study) -> float | None:
    """Of the whole training of one cell; None where the shape is not known."""
    shape = shape_of(study.model)
    if shape is None:
        return None
    read, written = tokens_of(study)
    examples = study.optim.steps * study.optim.batch_size
    return float(examples * training_flops(shape, read, written, study.method.trains_backbone))


def measured_rates(study: Study, records: Sequence[Record], any_method: bool = False) -> list[float]:
    """Seconds an example, loading and scoring included, of those records that are of that model and method."""
    return [
        record.provenance["seconds"] / (record.last["step"] * record.study["optim"]["batch_size"])
        for record in records
        if record.study["model"]["name"] == study.model.name
        and (any_method or record.study["method"]["name"] == study.method.name)
        and record.last["step"]
    ]


def _hours(studies: Sequence[Study], rates: Sequence[float]) -> float | None:
    """From the median of `rates`, or from FLOPs where there are none."""
    if rates:
        rate = statistics.median(rates)
        return sum(study.optim.steps * study.optim.batch_size * rate for study in studies) / 3600
    costs = [(flops_of(study), study.model.dtype) for study in studies]
    if any(flops is None for flops, _ in costs):
        return None
    return (
        sum(
            (flops or 0.0) / (UTILISATION * ESTIMATED_ON.peak["bf16" if dtype == "mixed" else dtype])
            for flops, dtype in costs
        )
        / 3600
    )


def written_plan(groups: Sequence[Group]) -> str:
    """Two tables and what they mean, for the terminal."""
    compute = [*(_compute_row(group) for group in groups), _totals(groups)]
    header = ["model", "method", "cells", *STATES, "trained", "FLOPs", "hours"]
    gigabytes = ["weights", "gradients", "optimiser", "activations", "total GB"]
    parts = [
        aligned_table(header, compute, left=2),
        aligned_table(["model", "method", *gigabytes, "fits"], [_memory_row(group) for group in groups], left=2),
        FORMULAS,
    ]
    scores = [group.scores for group in groups if group.scores is not None]
    if scores:
        parts.append(f"Attention scores, which are not in ND, add up to {max(scores):.0%} to the FLOPs.")
    return "\n\n".join(parts)


def _compute_row(group: Group) -> list[str]:
    least, most = group.trained or (None, None)
    trained = UNKNOWN if least is None else f"{least:,}" if least == most else f"{least:,} to {most:,}"
    return [
        group.model,
        group.method,
        str(group.states.total()),
        *(str(group.states[state]) for state in STATES),
        trained,
        UNKNOWN if group.flops is None else f"{group.flops:.2e}",
        UNKNOWN if group.hours is None else f"{'' if group.rates else '~'}{_number(group.hours)}",
    ]


def _totals(groups: Sequence[Group]) -> list[str]:
    states = sum((group.states for group in groups), Counter())
    hours = sum(group.hours or 0.0 for group in groups)
    estimated = any(not group.rates and group.hours for group in groups)
    return [
        "total",
        "",
        str(states.total()),
        *(str(states[state]) for state in STATES),
        "",
        f"{sum(group.flops or 0.0 for group in groups):.2e}",
        f"{'~' if estimated else ''}{_number(hours)}",
    ]


def _memory_row(group: Group) -> list[str]:
    memory = group.memory
    if memory is None:
        return [group.model, group.method, *([UNKNOWN] * 6)]
    sizes = (memory.weights, memory.gradients, memory.optimiser, memory.activations, memory.total)
    fits = f"{group.fits[0]} and up" if group.fits else "none of them"
    return [group.model, group.method, *(f"{_number(each / 1e9)}" for each in sizes), fits]


def _number(value: float) -> str:
    """Two digits or more: 0.0012, 0.31, 4.2, 57, 1,234."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"
