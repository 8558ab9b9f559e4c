"""The README's commands: every one composes as written, and its make targets exist."""

import re
import shlex

import pytest
from committed import committed_folders

from softscale.cli import COMMANDS
from softscale.commands.pretrain import config_of
from softscale.compose.cells import cells, hydra_session
from softscale.config import ROOT

README = (ROOT / "README.md").read_text()
BLOCKS = "\n".join(re.findall(r"```bash\n(.*?)```", README, re.DOTALL)).replace("\\\n", " ")
LINES = [line for line in BLOCKS.splitlines() if line.startswith("softscale ")]


def test_the_readme_shows_commands() -> None:
    assert len(LINES) >= 8


@pytest.mark.parametrize("line", LINES)
def test_every_command_of_the_readme_composes(line: str) -> None:
    words = shlex.split(line, comments=True)
    assert words[1] in COMMANDS
    overrides = [word for word in words[2:] if "=" in word]
    if overrides and overrides[0].startswith("run="):  # what is done with a run is in tests of its own
        assert (ROOT / "results/records" / f"{overrides[0].removeprefix('run=')}.json").exists()
        return
    if words[1] in ("claims", "doctor", "skills"):  # these compose no study
        return
    if words[1] == "pretrain":
        with hydra_session():
            config_of(overrides)
        return
    with hydra_session():
        assert cells(overrides)


@pytest.mark.parametrize("target", sorted(set(re.findall(r"`?make ([a-z]+)", README))))
def test_every_make_target_of_the_readme_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#:]+)\)", README))
def test_every_file_that_the_readme_links_to_exists(link: str) -> None:
    assert (ROOT / link).exists()


def test_the_readme_maps_every_top_level_folder() -> None:
    told = README.split("## Map")[1]
    for folder in committed_folders():
        assert f"{folder}/" in told, f"{folder}/ is not in the README's map"


@pytest.mark.parametrize(
    ("language", "file"), [("python", "src/softscale/methods/bitfit.py"), ("yaml", "conf/method/bitfit.yaml")]
)
def test_the_method_that_the_readme_shows_in_full_is_the_one_that_runs(language: str, file: str) -> None:
    assert f"```{language}\n# {file}\n{(ROOT / file).read_text()}```" in README
