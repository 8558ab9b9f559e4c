"""The page of an experiment as a run of Weights & Biases: its table, its figure, and an artifact with its files."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from softscale.config import WandbConfig
from softscale.errors import InputError
from softscale.files import writable
from softscale.training.wandb_run import begun, forget, line_of, mode_of

FILES = ("table.csv", "table.md", "figure.png", "runs.csv")


def log_page(experiment: str, page: Path, counts: dict[str, Any], config: WandbConfig, runs: Path) -> list[str]:
    """Log the folder `page` where `wandb.mode` is online; notes on what did not go as was asked.

    One run of W&B for each experiment, of the same id every time, in the group of the experiment's own runs. Its files
    are in `runs`/wandb; W&B is offline where WANDB_MODE says so, or the server does not answer.
    """
    notes: list[str] = []
    if config.mode != "online":
        return notes
    name = re.sub(r"[^\w.-]", "-", experiment)
    words = {"id": f"report-{name}", "name": f"report {experiment}", "group": experiment, "job_type": "report"}
    try:
        run = begun(replace(config, mode=mode_of(config)), writable(runs), notes, **words)
    except InputError as error:  # the page is written all the same
        return [str(error)]
    if run is None:
        return notes
    try:
        _log(run, name, page, counts)
        run.finish()
    except Exception as error:  # of a socket, a process or a server: the page is written
        notes.append(f"W&B stopped ({line_of(error)}): the page is in {page} only")
        forget()
    return notes


def _log(run: Any, name: str, page: Path, counts: dict[str, Any]) -> None:
    import pandas as pd
    import wandb

    run.log(
        {"table": wandb.Table(dataframe=pd.read_csv(page / "table.csv")), "figure": wandb.Image(page / "figure.png")}
    )
    run.summary.update(counts)
    artifact = wandb.Artifact(name, type="report")
    for file in FILES:
        if (page / file).is_file():
            artifact.add_file(str(page / file))
    run.log_artifact(artifact)
