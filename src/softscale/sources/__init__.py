"""Where a task's records come from: a folder, the hub, or the generated miniature. One file a source."""

from softscale.discovery import modules_of


def register() -> None:
    """Import every source, so that Hydra knows their schemas."""
    modules_of(__name__)
