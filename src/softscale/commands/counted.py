"""Experiments whose pages are counted from configurations: nothing of them is to be trained."""

from collections.abc import Sequence

from softscale.compose.cells import page_of


def counted(overrides: Sequence[str]) -> str | None:
    """The experiment that overrides name, where its page is counted. Within `hydra_session`.

    Raises:
        InputError, HydraException: there is no such experiment or no such kind of page.
    """
    experiment, kind = page_of(overrides)
    if experiment is None:
        return None
    from softscale import figures  # a second for matplotlib, which most sweeps do not need

    return experiment if figures.by_name(kind).counted else None
