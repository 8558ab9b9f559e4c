"""The command line: `softscale <command> [overrides]`.

Only the chosen command's module is imported, so that `--help` and `--version` answer at once. Bad input ends with one
sentence on standard error and exit code 2.
"""

import errno
import gc
import importlib
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from softscale import __version__
from softscale.devices.home import make_caches_writable
from softscale.errors import InputError
from softscale.files import is_of_full_disk

COMMANDS = {
    "train": "one study, or a sweep with -m or experiment=…",
    "status": "done, interrupted, failed and to do of experiment=…",
    "plan": "cells, parameters, FLOPs, memory and hours of experiment=…, before anything is spent",
    "recipe": "how run=ID, or a study, differs from the paper's recipe and the released one",
    "report": "table and figure of experiment=… from its records",
    "reproduce": "train experiment=… here, and hold every score against the published one",
    "predict": "answers of one run or several (run=ID,ID) to the records of a JSONL or CSV file",
    "serve": "answers over HTTP of many runs (run=ID,ID) on one backbone, requests of all tasks in one batch",
    "inspect": "the vocabulary that a run's prompt is near to",
    "neighbours": "what the prompts of experiment=… are near to in the vocabulary, beside random vectors",
    "claims": "each claim of the paper, what the miniature ladder shows, and whether it holds",
    "site": "the results as a static page for a browser: charts, tables, runs, predictions, claims",
    "export": "a run's prompt or adapter for PEFT, as .npy, or as a model with merged weights",
    "skills": "what each rung of the miniature ladder can do, untouched",
    "new-task": "look at FILE.csv or FILE.jsonl, and write a task of your own for it",
    "doctor": "what is missing for which ladder, and how to get it",
    "pretrain": "make a checkpoint of the miniature ladder (rung=1), or adapt any T5 to plain text (text=FILE)",
}

USAGE = f"""softscale — The Power of Scale for Parameter-Efficient Prompt Tuning, reproduced and carried further

usage: softscale COMMAND [key=value …]
       softscale --version

commands
{chr(10).join(f"  {name:<10} {does}" for name, does in COMMANDS.items())}

examples
  softscale train model=mini_1 task=rte method.length=20
  softscale train -m model=mini_1,mini_2,mini_3,mini_4,mini_5 method=prompt_tuning,model_tuning seed=0,1,2
  softscale train experiment=miniature/figure_1_first_look
  softscale train model=t5_small_lm data=local data.root=DIR task=cb

keys are those of the YAML files in conf/; `softscale COMMAND --help` says more.
"""


GOES_ON = {"train": "the same command goes on from the last checkpoint"}
GOES_ON |= {command: GOES_ON["train"] for command in ("reproduce", "pretrain")}


class Terminated(BaseException):
    """A signal that asks this process to end; its number is the argument."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit: 0 = well, 1 = something failed, 2 = bad input, 128 + n = ended by signal n.

    That is 130 for Ctrl-C, 143 where it is terminated, 129 where its terminal is closed.
    """
    _open_standard_descriptors()
    typed = list(sys.argv[1:] if arguments is None else arguments)
    if not typed or typed[0] in ("-h", "--help", "help"):
        print(USAGE, end="")
        sys.exit(0 if typed else 2)
    if typed[0] == "--version":
        print(f"softscale {__version__}")
        sys.exit(0)
    make_caches_writable(typed)
    try:
        with _signals_that_end():
            status = _run(typed)
        gc.freeze()  # or Python searches all of torch for garbage once more as it ends, for 0.4 s
        sys.exit(status)
    except InputError as error:
        print(f"softscale: {error}", file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:  # of `softscale … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains once more as it ends
        sys.exit(1)
    except Exception as error:
        if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
            print(f"softscale: {str(error.filename)[:80]}… is too long for the name of a file", file=sys.stderr)
            sys.exit(2)
        if not is_of_full_disk(error):
            raise
        print(f"softscale: the disk is full: make room, then {_again(typed[0])}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        _end("interrupted", typed[0], signal.SIGINT)
    except Terminated as ended:
        _end("terminated", typed[0], ended.args[0])


def _run(typed: Sequence[str]) -> int:
    """The exit code of a command."""
    if typed[0] not in COMMANDS:
        raise InputError(f"{typed[0]} is not a command: it must be one of {', '.join(COMMANDS)}")
    command = importlib.import_module(f"softscale.commands.{typed[0].replace('-', '_')}")
    if "-h" in typed or "--help" in typed:
        print((command.__doc__ or "").strip())
        return 0
    return command.main(typed[1:])


def _again(command: str) -> str:
    return GOES_ON.get(command, "the same command starts again")


def _end(how: str, command: str, number: int) -> None:
    try:
        print(f"softscale: {how}; {_again(command)}", file=sys.stderr, flush=True)
    except OSError:  # its terminal is gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    sys.exit(128 + number)


@contextmanager
def _signals_that_end() -> Iterator[None]:
    """Within, a request to end raises Terminated, so that what was begun is put away; ignored ones stay ignored."""

    def end(number: int, _: Any) -> None:
        raise Terminated(number)

    names = ("SIGTERM", "SIGHUP") if threading.current_thread() is threading.main_thread() else ()
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    try:
        for number in numbers:
            if before[number] == signal.SIG_DFL:
                signal.signal(number, end)
        yield
    finally:
        for number in numbers:
            signal.signal(number, before[number])


def _open_standard_descriptors() -> None:
    """Give closed ones (`>&-`) a place to go: the next file that is opened would take theirs, and be written into."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            os.set_inheritable(number, True)  # for the processes of a sweep too
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115 - as long as the process is there
