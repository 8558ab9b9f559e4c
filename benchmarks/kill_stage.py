"""A folder in which commands run in processes of their own, up to a call of theirs on a file (kills.c)."""

import json
import os
import re
import shutil
import signal
import struct
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

OFF, LOG, KILL, FULL = range(4)  # modes of kills.c
MINUTE = 120  # seconds between a kill and the next attempt, as files see it


@dataclass(frozen=True)
class Case:
    """A command, and what is there before it."""

    name: str
    arguments: tuple[str, ...]
    needs: Callable[[Path], None] = lambda folder: None
    moments: int = 0  # kills at random moments
    most: int | None = None  # kills at calls, of a command that takes long
    repeats: bool = True  # False: once it is done, the same command refuses to do it again


@dataclass
class Ending:
    code: int
    output: str
    seconds: float


class Stage:
    """A folder in which commands run in processes that can be killed at a call."""

    def __init__(self, top: Path) -> None:
        self.top, self.below = top, Path(os.environ["SOFTSCALE_KILLS_BELOW"])
        self.control, self.log = Path(os.environ["SOFTSCALE_KILLS_CONTROL"]), Path(os.environ["SOFTSCALE_KILLS_LOG"])

    def empty(self, case: Case) -> None:
        shutil.rmtree(self.below, ignore_errors=True)
        self.below.mkdir()
        case.needs(self.below)

    def run(self, case: Case, mode: int = OFF, when: int = 0, after: float | None = None) -> Ending:
        """Run a command to its end, to its call number `when`, or for `after` seconds."""
        self.log.write_bytes(b"")
        output, started = self.top / "output.txt", time.monotonic()
        self._arm(mode, when)
        child = os.fork()
        if not child:
            _become(case.arguments, self.below, output)
        if after is not None:
            time.sleep(after)
            with suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        with suppress(ProcessLookupError):  # the processes of a sweep, which it would end by itself a little later
            os.killpg(child, signal.SIGKILL)
        self._arm(OFF, 0)
        code = os.waitstatus_to_exitcode(status)
        return Ending(code, output.read_text(errors="replace"), time.monotonic() - started)

    def _arm(self, mode: int, when: int) -> None:
        with self.control.open("r+b") as file:  # written in place: processes have it mapped
            file.write(struct.pack("lll", mode, when, 0))

    def calls(self) -> list[tuple[str, str]]:
        """Kind and file of each call of the last command; random parts of names are left out."""
        lines = self.log.read_text().splitlines()
        return [(kind, re.sub(r"\.\w+\.part$", ".part", path)) for kind, path in (line.split("\t") for line in lines)]

    def found(self) -> dict[str, bytes]:
        """Every file and folder, without what differs from time to time."""
        files = {}
        for path in sorted(self.below.rglob("*")):
            name = path.relative_to(self.below)
            if not path.name.endswith(".lock") and not {".locks", ".logs", "wandb"} & {*name.parts}:
                files[str(name)] = _lasting(path) if path.is_file() else b""
        return files

    def let_a_minute_pass(self) -> None:
        """Files of a killed writer look as they would when the next attempt comes later."""
        for path in self.below.rglob("*.part"):
            status = path.stat()
            os.utime(path, (status.st_atime - MINUTE, status.st_mtime - MINUTE))


def _become(arguments: tuple[str, ...], folder: Path, output: Path) -> None:
    """Be a process that runs a command; never returns."""
    code = 1
    try:
        os.setsid()
        os.chdir(folder)
        with output.open("wb") as file:
            for descriptor in (1, 2):
                os.dup2(file.fileno(), descriptor)
        sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
        from softscale.cli import main

        try:
            main(arguments)
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
        except BaseException:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _lasting(path: Path) -> bytes:
    """The content of a file without times."""
    content = path.read_bytes()
    if path.name == "record.json" or path.parent.name == "records":
        record = json.loads(content)
        return json.dumps({k: v for k, v in record.items() if k not in ("provenance", "runtime")}).encode()
    if path.name == "pretraining.json":
        return json.dumps({k: v for k, v in json.loads(content).items() if k != "seconds"}).encode()
    return content
