"""Runs as they are served: an application over them, a client of it, and what `softscale predict` says."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from softscale.backbone.load import load_tokenizer
from softscale.cli import main
from softscale.finished.backbone import backbone_of
from softscale.serve.app import app_of
from softscale.serve.bank import Bank
from softscale.serve.limits import Limits
from softscale.world.records import records


def unlabelled(task: str, number: int) -> list[dict[str, Any]]:
    """Records of a task as they are without their labels, none of them in the run's dev set."""
    made = records(task, "dev", number, 7)
    return [{key: value for key, value in row.items() if key not in ("label", "answers")} for row in made]


@dataclass(frozen=True)
class Trained:
    """Finished runs by task, in one folder with some that are not served at first: of LoRA (`lora`), on another
    backbone (`other`), and a second one of rte (`twin`)."""

    folder: Path
    ids: Mapping[str, str]
    unserved: Mapping[str, str]

    def app(self, *tasks: str, **limits: Any) -> FastAPI:
        """An application that serves the runs of these tasks; of all where none is named."""
        told = Limits(**limits)
        bank = Bank([self.ids[task] for task in tasks or self.ids], self.folder, told.runs)
        return app_of(bank, backbone_of(bank.first, load_tokenizer(bank.first.study.model)), told)

    def predicted(self, rows: list[dict[str, Any]]) -> list[dict[str, str]]:
        """What `softscale predict` writes for records that name their `run`."""
        here = Path("records.jsonl")
        here.write_text("".join(json.dumps(row) + "\n" for row in rows))
        ids = ",".join(dict.fromkeys(row["run"] for row in rows))
        with pytest.raises(SystemExit) as ended:
            main(["predict", f"run={ids}", f"input={here}", "to=predicted.jsonl", f"runtime.runs={self.folder}"])
        assert ended.value.code == 0
        return [json.loads(line) for line in Path("predicted.jsonl").read_text().splitlines()]


@asynccontextmanager
async def client_of(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application that has started, and ends afterwards."""
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=60) as client,
    ):
        yield client


async def until_waiting(client: httpx.AsyncClient, rows: int) -> None:
    """Returns once so many rows wait."""
    while (await client.get("/health")).json()["waiting"] < rows:
        await asyncio.sleep(0.01)


def metric(text: str, name: str) -> float:
    """The value of one line of GET /metrics."""
    (value,) = (line.rpartition(" ")[2] for line in text.splitlines() if line.startswith(f"{name} "))
    return float(value)
