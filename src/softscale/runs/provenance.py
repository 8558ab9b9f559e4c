"""Where, when and with what a run was made: best effort, never part of its identity."""

import importlib.metadata
import platform
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

from softscale.config import ROOT

PACKAGES = ("torch", "transformers", "pytorch-lightning", "datasets", "evaluate", "hydra-core", "wandb")


def provenance(device: str) -> dict[str, Any]:
    """Commit, uncommitted changes, versions, device, command line and the time now."""
    status = _git("status", "--porcelain", "--", "src", "conf", "examples", "experiments", "models")
    return {
        "commit": _git("rev-parse", "HEAD"),
        "dirty": None if status is None else bool(status),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": " ".join(["softscale", *sys.argv[1:]]),
        "device": device,
        "python": platform.python_version(),
        "versions": {name: importlib.metadata.version(name) for name in PACKAGES},
    }


def _git(*arguments: str) -> str | None:
    """What git prints of this checkout; None where there is none, as in a wheel, wherever that is installed."""
    if not (ROOT / ".git").exists():
        return None
    try:
        answer = subprocess.run(
            ["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()
