"""Every command of the README and the docs: cheap ones run, the others compose, and none needs what is not there.

That the example of one's own task runs as it is written is in tasks/test_own_task.py; that the requests to a server are
answered, in serve/test_serve_command.py.
"""

import re
import shlex
import tomllib
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from documentation import PAGES, commands

from softscale.cli import COMMANDS, main
from softscale.commands.pretrain import config_of
from softscale.compose.cells import cells, hydra_session
from softscale.config import ROOT

Refused = Callable[..., str]
LINES = sorted({line for page in PAGES.values() for line in commands(page)})
# The programs that pages may use, beside softscale.
SHELL = ("make", "pip", "python", "python3", "pre-commit", "printf", "curl", "wandb", "hf", "sbatch", ".")
RUN = ("--help", "--version", "status", "plan", "recipe", "doctor")  # they take seconds
OF_A_RUN = ("predict", "serve", "inspect", "export")  # they need a run that a fresh clone has only the record of


def of(program: str) -> list[list[str]]:
    """The arguments of each line that calls the program."""
    split = [shlex.split(line, comments=True) for line in LINES]
    wrapped = [shlex.split(words[words.index("--wrap") + 1]) for words in split if "--wrap" in words]
    split += [words[1:] if words[0] == "srun" else words for words in wrapped]
    return [words[1:] for words in split if words[0] == program]


def text_of(arguments: list[str]) -> str:
    return " ".join(arguments) or "(alone)"


def runs(arguments: list[str]) -> bool:
    """Whether it takes seconds, and is more than the name of a command."""
    return arguments[-1] == "--help" or (arguments[0] in RUN and (arguments[0].startswith("-") or len(arguments) > 1))


SOFTSCALE = of("softscale")
PLUGINS = {"hydra/launcher=submitit_slurm": "submitit", "hydra/launcher=ray": "ray"}  # extras, not installed everywhere


def test_the_pages_show_commands() -> None:
    assert len(SOFTSCALE) > 30
    assert {shlex.split(line)[0] for line in LINES} <= {"softscale", *SHELL}


@pytest.mark.parametrize("arguments", SOFTSCALE, ids=text_of)
def test_every_command_exists(arguments: list[str]) -> None:
    assert arguments[0] in (*COMMANDS, "--help", "--version")


@pytest.mark.parametrize("arguments", [each for each in SOFTSCALE if runs(each)], ids=text_of)
def test_what_takes_seconds_runs(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    recorded = [f"runtime.results={ROOT}/results"] if any(each.startswith("run=") for each in arguments) else []
    with pytest.raises(SystemExit) as ended:
        main([*(each.replace("=DIR", f"={tmp_path}") for each in arguments), *recorded])
    assert ended.value.code == 0
    assert capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [each for each in SOFTSCALE if each[0] in OF_A_RUN and each[1:] and "…" not in text_of(each)],
    ids=text_of,
)
def test_what_needs_a_run_names_a_recorded_one_and_asks_for_nothing_else(
    arguments: list[str], tmp_path: Path, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "records.jsonl").write_text("{}\n")
    (run,) = (each.removeprefix("run=") for each in arguments if each.startswith("run="))
    for id_ in run.split(","):
        assert (ROOT / "results/records" / f"{id_}.json").exists()
    assert "there is no finished run" in refused(*arguments, f"runtime.runs={tmp_path}")


def composed() -> list[list[str]]:
    """Arguments of the commands that train or draw, where the text gives them in full."""
    given = [each for each in SOFTSCALE if each[0] in ("train", "report", "neighbours", "pretrain")]
    return [each for each in given if each[1:] and "…" not in text_of(each) and "--help" not in each]


@pytest.mark.parametrize("arguments", composed(), ids=text_of)
def test_what_trains_or_draws_composes(arguments: list[str]) -> None:
    overrides = [each for each in arguments[1:] if not each.startswith("-")]
    if any(each in overrides and find_spec(package) is None for each, package in PLUGINS.items()):
        overrides = [each for each in overrides if not each.lstrip("+").startswith(("hydra/", "hydra."))]
    with hydra_session():
        assert config_of(overrides) if arguments[0] == "pretrain" else cells(overrides)


@pytest.mark.parametrize("target", sorted({arguments[0] for arguments in of("make")}))
def test_every_make_target_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("arguments", of("pip"), ids=text_of)
def test_every_extra_exists(arguments: list[str]) -> None:
    known = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    extra = re.fullmatch(r"install (?:-e )?\.(?:\[(\w+)\])?", " ".join(arguments))
    assert extra
    assert extra[1] is None or extra[1] in known


@pytest.mark.parametrize("arguments", [*of("python"), *of("python3")], ids=text_of)
def test_every_script_exists(arguments: list[str]) -> None:
    assert arguments[:2] == ["-m", "venv"] or (ROOT / arguments[0]).exists()
