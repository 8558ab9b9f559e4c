"""The packages that some metrics need, which the extra `text` installs."""

import importlib.util

from softscale.errors import InputError


def need(package: str, metric: str) -> None:
    """Raises InputError, naming the extra, where a package is not installed; it is not imported."""
    if importlib.util.find_spec(package) is None:
        raise InputError(f"task.metric={metric} needs the package {package}: pip install 'softscale[text]'")
