"""A model's folder that has not what is read: the message says how to get it, and what it says works."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tiny import load, model_of

from softscale.backbone.load import load_tokenizer
from softscale.errors import InputError


@pytest.mark.parametrize("parts", [1, 2])
def test_the_command_for_a_folder_with_pickles_only_makes_the_same_model(
    parts: int, t5_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "it's a model"
    shutil.copytree(t5_folder, folder)
    weights = load_file(folder / "model.safetensors")
    names = sorted(weights)
    for part in range(parts):
        file = "pytorch_model.bin" if parts == 1 else f"pytorch_model-0000{part + 1}-of-00002.bin"
        torch.save({name: weights[name] for name in names[part::parts]}, folder / file)
    (folder / "model.safetensors").unlink()
    with pytest.raises(InputError) as refused:
        load_tokenizer(model_of(folder))
    message = str(refused.value)
    assert message.startswith(f"model.path={folder} holds no *.safetensors weights: convert its pytorch_model.bin with")
    command = message[message.index("python -c ") :].replace("python", sys.executable, 1)
    subprocess.run(["bash", "-ec", command], check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert load(folder).sha256() == load(t5_folder).sha256()


@pytest.mark.parametrize("file", ["model.safetensors", "config.json", "tokenizer.json"])
def test_a_pointer_of_git_lfs_in_the_place_of_a_file_is_named_as_one(
    file: str, t5_folder: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(t5_folder, tmp_path / "t5")
    (folder / file).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n")
    with pytest.raises(InputError) as refused:
        load_tokenizer(model_of(folder))
    assert str(refused.value) == (
        f"{folder / file} is a Git LFS pointer and not the file itself: fetch it with `git lfs pull`"
    )
