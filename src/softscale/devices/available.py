"""Whether a study can be run as its runtime says, and on this machine; on which device, and on how many cores."""

import os
import sys
from contextlib import suppress
from pathlib import Path

from softscale.config import Runtime, Study
from softscale.errors import InputError


def check_runnable(study: Study, runtime: Runtime) -> None:
    """Raises InputError where this study cannot be run in this way."""
    if runtime.strategy == "fsdp" and not study.method.trains_backbone:
        raise InputError(
            f"runtime.strategy=fsdp is not allowed with method={study.method.name}: it shards what trains, and here "
            "the backbone is frozen; use runtime.strategy=ddp"
        )
    if study.optim.batch_size % runtime.devices:
        raise InputError(
            f"runtime.devices={runtime.devices} is not allowed: optim.batch_size={study.optim.batch_size} must be a "
            "multiple of it"
        )


def torch_device(runtime: Runtime) -> str:
    """What torch calls the device of a runtime: of a process's GPUs the one that is current."""
    return "cuda" if runtime.device == "gpu" else "cpu"


def usable_cores() -> int:
    """Cores that this process may use: those that its affinity allows where the system tells, or all of them."""
    if sys.version_info >= (3, 13):
        return os.process_cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def usable_memory() -> int | None:
    """Bytes that this process may use: of the machine, or of the control group that it is in; None where unknown."""
    try:
        whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows
        return None
    return min([whole, *_control_group_limits()])


def device_memory(runtime: Runtime) -> int | None:
    """Bytes of the device that runs compute on; of a GPU it asks torch."""
    if runtime.device != "gpu":
        return usable_memory()
    import torch

    return torch.cuda.get_device_properties(torch.cuda.current_device()).total_memory


def _control_group_limits() -> list[int]:
    """The limits of this process's control groups and of those that they are in (Linux, both versions)."""
    limits = []
    try:
        groups = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
    except OSError:
        return []
    for _, controllers, path in groups:
        if controllers not in ("", "memory"):
            continue
        root, name = Path("/sys/fs/cgroup") / controllers, "memory.limit_in_bytes" if controllers else "memory.max"
        own = root / path.strip("/")
        for folder in (own, *own.parents):
            if folder.is_relative_to(root):
                with suppress(OSError, ValueError):  # no limit there, or "max"
                    limits.append(int((folder / name).read_text()))
    return limits


def check_devices(runtime: Runtime) -> None:
    """Raises InputError where this machine has not got the devices that a run asks for."""
    if runtime.device != "gpu":
        return
    import torch

    if not torch.cuda.is_available():
        raise InputError("runtime.device=gpu is not allowed: no GPU is found here; use runtime=cpu")
    found = torch.cuda.device_count()
    if runtime.devices > found:
        raise InputError(f"runtime.devices={runtime.devices} is not allowed: it must be at most {found}, the GPUs here")
