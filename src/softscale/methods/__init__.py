"""How a frozen model is adapted: one file a method, one file an initialisation.

To add one: a file here (a config dataclass registered with `@schema`, and what it builds) and a YAML in conf/method/.
Nothing lists them: `register()` imports every module of the two folders.
"""

from softscale.discovery import modules_of
from softscale.methods import init


def register() -> None:
    """Import every method and every initialisation, so that Hydra knows their schemas."""
    for package in (__name__, init.__name__):
        modules_of(package)
