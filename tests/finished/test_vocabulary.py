"""What a prompt is near to in the vocabulary, on embeddings whose answer is known."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tiny import job_of, study_of

from softscale.cli import main
from softscale.finished.vocabulary import NEAREST, inspect, near_labels
from softscale.methods.init.class_labels import ClassLabels
from softscale.methods.prompt_tuning import PromptTuningConfig
from softscale.training.run import run

V, H = 400, 64


@pytest.fixture(scope="module")
def embeddings() -> torch.Tensor:
    """Random directions, of which ids 10 to 14 are one word in five spellings."""
    generator = torch.Generator().manual_seed(1)
    table = torch.randn(V, H, generator=generator)
    table[10:15] = table[10] + 0.1 * torch.randn(5, H, generator=generator)
    return table


def test_a_row_of_the_vocabulary_is_nearest_to_itself_whatever_its_length(embeddings: torch.Tensor) -> None:
    found = inspect(3.0 * embeddings[[7, 200]], embeddings)
    assert [row.ids[0] for row in found.rows] == [7, 200]
    assert [row.cosines[0] for row in found.rows] == pytest.approx([1.0, 1.0])
    assert all(list(row.cosines) == sorted(row.cosines, reverse=True) and len(row.ids) == NEAREST for row in found.rows)
    assert found.rows[0].norm == pytest.approx(3.0 * embeddings[7].norm().item())
    lengths = embeddings.norm(dim=1)
    assert found.vocabulary_norms == (lengths.min().item(), lengths.mean().item(), lengths.max().item())


def test_spellings_of_one_word_are_a_cluster_and_random_vectors_have_none(embeddings: torch.Tensor) -> None:
    assert inspect(embeddings[10:12], embeddings).clustered == 1.0
    chance = torch.randn(300, H, generator=torch.Generator().manual_seed(2))
    assert inspect(chance, embeddings).clustered < 0.12


def test_rows_with_one_nearest_piece_are_duplicates(embeddings: torch.Tensor) -> None:
    assert inspect(embeddings[[7, 7, 8, 9]] * torch.tensor([[1.0], [2.0], [1.0], [1.0]]), embeddings).duplicate == 0.5


def test_a_label_is_near_the_rows_that_have_one_of_its_pieces_among_their_nearest(embeddings: torch.Tensor) -> None:
    found = inspect(embeddings[[7, 10, 8]], embeddings)
    assert near_labels(found.rows, [13, 399]) == [1]


def test_the_page_says_that_labels_are_still_near_where_a_prompt_began_as_them(
    t5_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = study_of(t5_folder, task="boolq", steps=0)  # its labels are single pieces
    init = ClassLabels(name="class_labels", population=100)
    study.method = PromptTuningConfig(name="prompt_tuning", length=4, init=init)
    job = job_of(study, tmp_path)
    run(job)
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main(["inspect", f"run={job.id}", f"to={tmp_path}/pages", f"runtime.runs={job.runtime.runs}"])
    assert ended.value.code == 0
    page = capsys.readouterr().out
    assert page == (tmp_path / "pages" / f"{job.id}.md").read_text()
    for place, word in enumerate(("False", "True")):
        assert f"- label word `{word}`: near row(s) " in page
        assert f"row {place} began as it and is still near" in page
    assert sum(line.startswith("| ") and "(1.00)" in line for line in page.splitlines()) == 4


def test_only_prompts_are_inspected(t5_folder: Path, tmp_path: Path, refused: Callable[..., str]) -> None:
    job = job_of(study_of(t5_folder, method="model_tuning", steps=1), tmp_path)
    run(job)
    told = refused("inspect", f"run={job.id}", f"runtime.runs={job.runtime.runs}")
    assert told == f"run={job.id} is of method=model_tuning: inspect shows prompts of prompt_tuning"
