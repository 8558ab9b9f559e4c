"""Every notebook runs from top to bottom; only one that reads no results is committed with what it showed."""

from tempfile import gettempdir

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

from softscale.config import ROOT

NOTEBOOKS = {path.stem: path for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
SHOWN = ("a_soft_prompt_by_hand",)  # needs a checkpoint and nothing of results/, so new records make no output old


def code_of(name: str) -> list[NotebookNode]:
    """The cells of code of a notebook, as committed."""
    return [cell for cell in nbformat.read(NOTEBOOKS[name], as_version=4).cells if cell.cell_type == "code"]


def text_of(cell: NotebookNode) -> str:
    """What a cell printed, or showed as text."""
    return "".join(told.get("text") or told.get("data", {}).get("text/plain", "") for told in cell.outputs)


def test_both_notebooks_are_there() -> None:
    assert {"a_soft_prompt_by_hand", "reading_the_results"} <= set(NOTEBOOKS)


@pytest.mark.slow
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_notebook_runs(name: str) -> None:
    """A cell that raises fails this; the prompt's notebook asserts of its own what it says of gradients and weights."""
    path = NOTEBOOKS[name]
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(path.parent)}}).execute()


@pytest.mark.parametrize("name", [name for name in NOTEBOOKS if name not in SHOWN])
def test_a_notebook_that_reads_results_is_committed_without_outputs(name: str) -> None:
    assert not any(cell.outputs for cell in code_of(name))


@pytest.mark.parametrize("name", SHOWN)
def test_a_notebook_with_outputs_was_run_from_top_to_bottom(name: str) -> None:
    cells = code_of(name)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert {told.output_type for cell in cells for told in cell.outputs} <= {"stream", "display_data", "execute_result"}
    assert all(told.name == "stdout" for cell in cells for told in cell.outputs if told.output_type == "stream")
    assert any("image/png" in told.get("data", {}) for cell in cells for told in cell.outputs)
    assert not any(place in text_of(cell) for cell in cells for place in (str(ROOT), gettempdir()))


@pytest.mark.parametrize("name", SHOWN)
def test_a_notebook_with_outputs_needs_nothing_of_the_results(name: str) -> None:
    assert not any("results" in cell.source for cell in code_of(name))
