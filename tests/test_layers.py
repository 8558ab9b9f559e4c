"""Data flows one way: no module imports one that comes later, and light commands stay light."""

import ast
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import softscale
from softscale.cli import COMMANDS, main

SRC = Path(__file__).parents[1] / "src"

# From what knows nothing of the rest to what knows all of it: the modules at the top of the package, then its folders.
GROUND = ["errors", "ranges", "files", "config", "discovery", "markdown"]
ROOMS = [
    "devices",
    "world",
    "formats",
    "metrics",
    "backbone",
    "tasks",
    "runs",
    "methods",
    "sources",
    "costs",
    "data",
    "training",
    "tables",
    "figures",
    "claims",
    "finished",
    "compose",
    "pretrain",
    "sweeps",
    "site",
    "serve",
    "hydra_plugins",
    "commands",
]
LAYERS = [*GROUND, *ROOMS, "cli"]


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(SRC).with_suffix("").parts).removesuffix(".__init__")


MODULES = {name_of(path): path for path in SRC.rglob("*.py")}


def layer_of(module: str) -> str:
    parts = module.split(".")
    return parts[0] if parts[0] == "hydra_plugins" else parts[1]


def imports_of(module: str) -> Iterator[str]:
    """Our modules that `module` imports, at its top or in a function."""
    for node in ast.walk(ast.parse(MODULES[module].read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module in MODULES:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in MODULES else node.module for name in names)


def inner(modules: Iterator[str]) -> list[str]:
    return sorted(module for module in modules if module not in ("softscale", "hydra_plugins"))


@pytest.mark.parametrize("module", inner(iter(MODULES)))
def test_no_import_points_back(module: str) -> None:
    assert layer_of(module) in LAYERS, f"say in LAYERS where {layer_of(module)} belongs"
    own = LAYERS.index(layer_of(module))
    later = [found for found in inner(imports_of(module)) if LAYERS.index(layer_of(found)) > own]
    assert later == []


@pytest.mark.parametrize("room", ROOMS)
def test_no_imports_within_a_room_go_in_a_circle(room: str) -> None:
    graph = {module: list(imports_of(module)) for module in inner(iter(MODULES)) if layer_of(module) == room}
    graph = {module: [found for found in imported if found in graph] for module, imported in graph.items()}
    assert list(TopologicalSorter(graph).static_order())  # raises CycleError


def test_every_layer_exists() -> None:
    assert {layer_of(module) for module in inner(iter(MODULES))} == set(LAYERS)


def test_at_most_eight_modules_stand_outside_a_room() -> None:
    assert len(list((SRC / "softscale").glob("*.py"))) <= 8


def loaded_by(statement: str) -> set[str]:
    """Top-level names of the modules that a fresh Python holds after `statement`."""
    script = f"import json, sys\n{statement}\nprint(json.dumps([name.split('.')[0] for name in sys.modules]))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    return set(json.loads(run.stdout))


# That tables/ loads no torch, and figures/ no Lightning, is in tables/test_score_table.py.


def test_the_command_line_itself_loads_neither_torch_nor_hydra() -> None:
    assert not loaded_by("import softscale.cli") & {"torch", "hydra", "omegaconf", "transformers", "pytorch_lightning"}


def test_the_version_is_that_of_the_package() -> None:
    run = subprocess.run([COMMAND, "--version"], capture_output=True, text=True, check=True)
    assert run.stdout == f"softscale {softscale.__version__}\n"


def test_composing_a_configuration_loads_neither_transformers_nor_lightning() -> None:
    loaded = loaded_by("import softscale.commands.train, softscale.commands.status")
    assert not loaded & {"transformers", "pytorch_lightning", "datasets", "wandb"}


REFUSED = [
    "train optim.steps=-1",
    "train seed=abc",
    "train method=lora method.rank=0",
    "train method.length=100000000",
    "train optim.lr=0.1,1e30 seed=0,1",
    "train method/init=from_file method.init.path=nowhere.npy",
    "train model=local model.path=nowhere",
    "train data=local data.root=nowhere",
    "status optim.nope=1",
    "plan task=nope",
    "recipe run=nope",
    "report experiment=nope",
    "neighbours experiment=nope",
    "predict run=nope input=pyproject.toml",
    "inspect run=nope",
    "export run=nope format=npy to=out.npy",
    "skills questions=0",
    "doctor data.root=nowhere",
    "pretrain rung=1 density=2",
    "pretrain model=mini_1 text=nowhere to=out",
    "tain",
]


def test_a_refusal_loads_no_torch() -> None:
    """It is what takes seconds; a user who mistypes a value waits for Hydra only."""
    statement = f"""
from softscale.cli import main
for line in {REFUSED!r}:
    try:
        main(line.split())
    except SystemExit as ended:
        assert ended.code == 2, line"""
    assert not loaded_by(statement) & {"torch", "transformers", "pytorch_lightning", "datasets", "wandb"}


COMMAND = Path(sys.executable).with_name("softscale")


def test_help_takes_less_than_a_second() -> None:
    took = []
    for _ in range(3):  # the best of three: other work on the machine is no fault of ours
        started = time.perf_counter()
        run = subprocess.run([COMMAND, "--help"], capture_output=True, text=True, check=True)
        took.append(time.perf_counter() - started)
        assert "usage: softscale COMMAND" in run.stdout
    assert min(took) < 1.0


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_how_it_is_used(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: softscale {command}")
