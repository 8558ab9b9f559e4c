"""A hub that does not answer costs seconds: what is in its cache is used, and what is not is said with what to do."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import sys, time
import huggingface_hub
started = time.monotonic()
from softscale.backbone.hub import check_at_hand
try:
    check_at_hand("t5_small_lm", "google/absent", "main")
except ValueError as error:
    print(error)
print(time.monotonic() - started)
from softscale.backbone.load import load_backbone, load_tokenizer
from softscale.config import ModelConfig
started = time.monotonic()
config = ModelConfig(name="t5_small_lm", source="hub", path="google/cached", revision="main", dtype="fp32")
print(load_backbone(config, load_tokenizer(config), 0.0).num_parameters())
print(time.monotonic() - started)
"""


@pytest.mark.slow
def test_a_hub_that_does_not_answer_is_tried_once(t5_folder: Path, tmp_path: Path) -> None:
    hub = "http://127.0.0.1:9"  # nobody listens
    cached = tmp_path / "hub" / "models--google--cached"
    shutil.copytree(t5_folder, cached / "snapshots" / "abc")
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text("abc")
    clean = {name: text for name, text in os.environ.items() if not name.lower().endswith("_proxy")}
    clean |= {"HF_HOME": str(tmp_path), "HF_ENDPOINT": hub, "HF_HUB_OFFLINE": "0"}
    clean |= {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=clean, capture_output=True, text=True, timeout=200, check=False
    )
    assert ended.returncode == 0, ended.stderr
    message, refused_after, parameters, loaded_after = ended.stdout.splitlines()
    assert f"google/absent is not in the cache, and the hub cannot be asked ({hub} does not answer: " in message
    assert "use model=local model.path=DIR" in message
    assert float(refused_after) < 8
    assert int(parameters) > 0
    assert float(loaded_after) < 60  # its clients alone try for 66 s before they look
    assert "Retrying" not in ended.stderr
