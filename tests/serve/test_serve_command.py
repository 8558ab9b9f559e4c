"""The command refuses before it loads weights, serves what the page says, and ends well."""

import contextlib
import importlib.util
import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from documentation import PAGES, code_blocks, commands
from served import Trained, unlabelled

pytestmark = pytest.mark.slow  # the runs take seconds to train

Refused = Callable[..., str]


@pytest.fixture
def refused_to_serve(trained: Trained, refused: Refused, monkeypatch: pytest.MonkeyPatch) -> Refused:
    """Runs `softscale serve` with options that must be refused, before weights are loaded."""

    def never(*_: object) -> None:
        raise AssertionError("weights were loaded")

    monkeypatch.setattr("softscale.finished.backbone.load_backbone", never)
    return lambda *options: refused("serve", f"runtime.runs={trained.folder}", *options)


def test_runs_that_cannot_be_served_together_are_refused(trained: Trained, refused_to_serve: Refused) -> None:
    rte, lora, other = trained.ids["rte"], trained.unserved["lora"], trained.unserved["other"]
    assert refused_to_serve() == "run has no value: give it one with run=…"
    assert "there is no finished run in" in refused_to_serve("run=0123456789ab")
    assert "it must name each run once" in refused_to_serve(f"run={rte},{rte}")
    assert refused_to_serve(f"run={lora}") == (
        f"run={lora} is of method=lora: serve is for runs of prompt_tuning, which share a batch"
    )
    assert (
        refused_to_serve(f"run={rte},{other}")
        == f"run={other} is of another backbone than run={rte}: local, not mini_1"
    )
    damaged = trained.folder.parent / "damaged"
    shutil.copytree(trained.folder / rte, damaged / rte)
    (damaged / rte / "best.safetensors").write_bytes(b"damaged")
    message = refused_to_serve(f"run={rte}", f"runtime.runs={damaged}")
    assert f"{damaged / rte}/best.safetensors cannot be read as a checkpoint" in message


@pytest.mark.parametrize(
    ("option", "what"),
    [
        ("port=http", "port=http is not allowed: it must be a whole number from 0 to 65535"),
        ("port=65536", "port=65536 is not allowed: it must be a whole number from 0 to 65535"),
        ("port=-1", "port=-1 is not allowed"),
        ("batch=0", "batch=0 is not allowed: it must be a whole number from 1 to 4096"),
        ("batch=1.5", "batch=1.5 is not allowed"),
        ("queue=0", "queue=0 is not allowed"),
        ("window=-1", "window=-1 is not allowed: it must be a number from 0 to 60"),
        ("timeout=0", "timeout=0 is not allowed"),
        ("timeout=nan", "timeout=nan is not allowed"),
        (
            "host=no.such.host.invalid",
            "host=no.such.host.invalid is not allowed: it must be an address of this machine",
        ),
        ("host=192.0.2.1", "host=192.0.2.1 is not allowed: it must be an address of this machine"),
        ("host=", "host= is not an option of serve"),
        ("workers=2", "workers=2 is not an option of serve: it takes run=…, host=…, port=…"),
    ],
)
def test_a_bad_option_is_refused(option: str, what: str, trained: Trained, refused_to_serve: Refused) -> None:
    assert what in refused_to_serve(f"run={trained.ids['rte']}", option)


def test_a_port_that_is_in_use_is_named(trained: Trained, refused_to_serve: Refused) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        message = refused_to_serve(f"run={trained.ids['rte']}", f"port={port}")
    assert message == f"port={port} is in use on 127.0.0.1: choose another, or port=0 for any free one"


def test_without_the_extra_its_name_is_said(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "uvicorn" else found(name))
    assert refused("serve", "run=0123456789ab") == "serve needs uvicorn: pip install 'softscale[serve]'"


@contextlib.contextmanager
def serving(trained: Trained, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process of `softscale serve` and where it listens."""
    command = [sys.executable, "-c", "from softscale.cli import main; main()", "serve"]
    command += [f"run={','.join(trained.ids.values())}", "port=0", f"runtime.runs={trained.folder}", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        line = process.stdout.readline()
        address = re.match(r"(http://127\.0\.0\.1:\d+): 5 runs on mini_1; Ctrl-C ends it$", line)
        assert address, line
        yield process, address[1]
    finally:
        process.kill()
        process.wait()


def posted(address: str, run: str, inputs: list[Any]) -> dict[str, Any]:
    body = json.dumps({"run": run, "inputs": inputs}).encode()
    request = urllib.request.Request(f"{address}/predict", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)


def test_a_server_that_is_asked_to_end_answers_what_is_in_flight(trained: Trained) -> None:
    rows = unlabelled("squad", 4)
    with serving(trained, "window=2") as (process, address), ThreadPoolExecutor(4) as clients:
        asked = [clients.submit(posted, address, trained.ids["squad"], [row]) for row in rows]
        while json.load(urllib.request.urlopen(f"{address}/health", timeout=60))["waiting"] < 4:
            pass
        process.send_signal(signal.SIGTERM)
        answers = [each.result() for each in asked]
        assert process.wait(30) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""
        with pytest.raises(urllib.error.URLError):
            posted(address, trained.ids["squad"], rows)
    wanted = trained.predicted([row | {"run": trained.ids["squad"]} for row in rows])
    assert [each["predictions"][0]["prediction"] for each in answers] == [row["prediction"] for row in wanted]


PAGE = PAGES["docs/serving.md"]


def test_every_request_that_the_page_shows_is_answered(trained: Trained) -> None:
    if not shutil.which("curl"):
        pytest.skip("curl is not installed")
    lines = [line for line in commands(PAGE) if line.startswith("curl ")]
    assert len(lines) == 7
    names = {"0d3a65273e6f": trained.ids["rte"], "6f3b1676dd8d": trained.ids["wic"]}
    shown = []
    with serving(trained) as (process, address):
        for line in lines:
            for there, here in {"127.0.0.1:8000": address, **names}.items():
                line = line.replace(there, here)
            done = subprocess.run(
                ["bash", "-c", f"{line} --fail-with-body"], capture_output=True, text=True, timeout=60
            )
            assert done.returncode == 0, (line, done.stdout, done.stderr)
            shown.append(done.stdout)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    (block,) = code_blocks(PAGE, "json")
    answer, wanted = json.loads(shown[0]), json.loads(block)
    assert answer.keys() == wanted.keys()
    assert answer["predictions"][0].keys() == wanted["predictions"][0].keys()
    assert answer["predictions"][0]["input"] == wanted["predictions"][0]["input"]
    assert len(json.loads(shown[2])) == 5
    assert json.loads(shown[3])["task"] == json.loads(shown[4])["task"] == "wic"
    assert json.loads(shown[5])["status"] == "ok"
    assert 'softscale_requests_total{status="200"} 2' in shown[6]
