"""Where a task's records come from: a folder, the hub, or the generated miniature. One file a source."""

import importlib
import pkgutil


def register() -> None:
    """Import every source, so that Hydra knows their schemas."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
