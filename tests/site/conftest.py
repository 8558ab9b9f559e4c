from pathlib import Path

import pytest
from pages import committed_site, hostile_site


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the committed results."""
    return committed_site(tmp_path_factory.mktemp("committed") / "site")


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of results in which every text is markup and code."""
    return hostile_site(tmp_path_factory.mktemp("hostile"))
