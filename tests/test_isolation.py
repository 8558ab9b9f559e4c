"""No test depends on what a user has run: all stand in empty folders, away from the checkout's runs/ and results/."""

from pathlib import Path

from softscale.compose.cells import hydra_session, single
from softscale.config import ROOT


def test_what_a_command_reads_and_writes_by_default_is_not_the_user_s() -> None:
    with hydra_session():
        runtime = single([]).config.runtime
    for folder in (runtime.runs, runtime.results):
        assert ROOT not in Path(folder).resolve().parents
        assert not Path(folder).exists()
