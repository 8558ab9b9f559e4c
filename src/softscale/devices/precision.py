"""Whether this machine's processor has units for the precision of a study; one without them computes it slowly."""

from collections.abc import Iterable

from softscale.config import Runtime, Study


def precision_notes(studies: Iterable[tuple[Study, Runtime]]) -> list[str]:
    """What must be known before runs start: their precision is slow here. One note a precision, however many runs.

    Runs in fp32 and runs on GPUs have none, and torch is not loaded for them.
    """
    found = {study.model.dtype for study, runtime in studies if runtime.device == "cpu"} - {"fp32"}
    if not found or processor_has_bf16():
        return []
    return [
        f"this processor has no units for bf16: model.dtype={dtype} is many times slower on it than model.dtype=fp32, "
        "which makes other runs, with ids of their own"
        for dtype in sorted(found)
    ]


def processor_has_bf16() -> bool:
    """As oneDNN, which computes the products, sees the processor (`ONEDNN_MAX_CPU_ISA` holds); True: torch lacks it."""
    import torch

    if not torch.backends.mkldnn.is_available():
        return True
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
