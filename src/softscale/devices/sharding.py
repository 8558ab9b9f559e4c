"""Weights of which every rank holds its rows only: FSDP2, torch's `fully_shard` (Zhao et al. 2023, PyTorch FSDP).

A sharded weight is a `DTensor`; any other tensor passes through these functions as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypeGuard

import torch
import torch.distributed as dist
from torch import Tensor, nn

from softscale.devices.ranks import is_first, num_ranks

if TYPE_CHECKING:  # half a second to import, for those who shard only
    from torch.distributed.tensor import DTensor


def shard(module: nn.Module, blocks: Iterable[nn.Module], device: str, methods: Iterable[str]) -> None:
    """Shard every parameter of `module` over all ranks, in place; its blocks are gathered one at a time.

    What is in no block (embeddings, norms) is gathered while `module.forward` or one of `methods` runs: no other way
    leads into it. Gradients are the mean over ranks, as DDP's are.

    device: cpu | cuda; the parameters are moved there, one block at a time.
    """
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard, register_fsdp_forward_method

    mesh = init_device_mesh(device, (num_ranks(),))
    policy = MixedPrecisionPolicy(reduce_dtype=torch.float32)  # sums of bf16 gradients lose no more digits
    for block in blocks:
        fully_shard(block, mesh=mesh, mp_policy=policy)
    # By default the outermost one would stay whole after an evaluation: nobody would see its gradients to clear them.
    fully_shard(module, mesh=mesh, mp_policy=policy, reshard_after_forward=True)
    for method in methods:
        register_fsdp_forward_method(module, method)


def is_sharded(module: nn.Module) -> bool:
    return any(_has_rows_only(param) for param in module.parameters())


def _has_rows_only(tensor: Tensor) -> TypeGuard[DTensor]:
    if not dist.is_initialized():
        return False
    from torch.distributed.tensor import DTensor

    return isinstance(tensor, DTensor)


def whole(tensor: Tensor) -> Tensor:
    """The full tensor behind this rank's rows; every rank must ask for it."""
    return tensor.full_tensor() if _has_rows_only(tensor) else tensor


def rows_of(tensor: Tensor, like: Tensor) -> Tensor:
    """Of `tensor`, which every rank holds whole, the rows that this rank holds of `like`."""
    if not _has_rows_only(like):
        return tensor
    from torch.distributed.tensor import distribute_tensor

    return distribute_tensor(tensor, like.device_mesh, like.placements, src_data_rank=None)


def gathered(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Sharded tensors as whole ones, on the CPU and on the first rank only; every rank must ask.

    One at a time: the whole model is never in the memory of a GPU.
    """
    whole_tensors: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        full = whole(tensor)
        if full is tensor:
            whole_tensors[name] = tensor
        elif is_first():
            whole_tensors[name] = full.cpu()
    return whole_tensors
