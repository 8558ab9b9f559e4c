"""Real data, from the folder that the environment variable SOFTSCALE_DATA names; a test without it skips.

    superglue/            the official SuperGLUE, a folder a task (superglue/CB/train.jsonl, …)
    mrpc/ QQP/            GLUE's files of pairs (train.tsv, dev.tsv)
    squad/ mrqa/          the questions of SQuAD 1.1 and of the MRQA shared task
    t5/spiece.model       T5's vocabulary
    prompts/*.npy         prompts that the authors released

Parts of it do: every test names what it lacks.
"""

import os
from pathlib import Path

import pytest

VARIABLE = "SOFTSCALE_DATA"
FOLDER = Path(os.environ[VARIABLE]).expanduser().absolute() if os.environ.get(VARIABLE) else None


def real(path: str = ".") -> Path:
    """A file or folder of the real data, or skips where it is not there."""
    if FOLDER is None:
        pytest.skip(f"{VARIABLE} is not set: it names a folder with real data (tests/real_data.py says which)")
    if not (FOLDER / path).exists():
        pytest.skip(f"{path} is not in {VARIABLE}={FOLDER}")
    return FOLDER / path
