"""usage: softscale serve run=ID[,ID…] [host=127.0.0.1] [port=8000] [batch=32] [window=0.005] [queue=1024] [timeout=30]
                       [runtime.runs=DIR]

One frozen backbone answers over HTTP for many runs of prompt tuning, requests of different tasks in one batch. Needs
pip install -e '.[serve]'. Runs are added and removed while it works; a request names a run by its id, never a file.
Ctrl-C, or SIGTERM, ends it after what is in flight.

  batch    inputs that are answered at once
  window   seconds that an input waits for others to share its batch, while the model has nothing to do
  queue    inputs that may wait; beyond them a request is refused with 503
  timeout  seconds within which a request is answered

  softscale serve run=0d3a65273e6f,6f3b1676dd8d
  curl -s 127.0.0.1:8000/runs
"""

import importlib.util
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from softscale.commands.options import options
from softscale.errors import InputError

KEYS = ("run", "host", "port", "batch", "window", "queue", "timeout", "runtime.runs")
NEEDS = ("fastapi", "uvicorn")


def main(arguments: Sequence[str]) -> int:
    values = options("serve", arguments, KEYS, needed=("run",))
    ids = values["run"].split(",")
    if len(set(ids)) < len(ids):
        raise InputError(f"run={values['run']} is not allowed: it must name each run once")
    host, port = values.get("host", "127.0.0.1"), int(_number(values, "port", 8000, 0, 65535))
    batch, queue = int(_number(values, "batch", 32, 1, 4096)), int(_number(values, "queue", 1024, 1, 1_000_000))
    window, timeout = _number(values, "window", 0.005, 0, 60), _number(values, "timeout", 30.0, 0.001, 3600)
    missing = [name for name in NEEDS if importlib.util.find_spec(name) is None]
    if missing:
        raise InputError(f"serve needs {' and '.join(missing)}: pip install 'softscale[serve]'")

    from softscale.serve.bank import Bank
    from softscale.serve.limits import Limits
    from softscale.serve.server import listening, serve

    limits = Limits(batch=batch, window=window, queue=queue, timeout=timeout)
    bank = Bank(ids, Path(values.get("runtime.runs", "runs")), limits.runs)
    with listening(host, port) as where:
        from softscale.backbone.load import load_tokenizer
        from softscale.finished.backbone import backbone_of
        from softscale.serve.app import LOOPBACK, app_of

        backbone = backbone_of(bank.first, load_tokenizer(bank.first.study.model))
        app = app_of(bank, backbone, limits, loopback=host in LOOPBACK)
        at = f"http://{f'[{host}]' if ':' in host else host}:{where.getsockname()[1]}"
        print(f"{at}: {len(bank)} runs on {bank.first.study.model.name}; Ctrl-C ends it", flush=True)
        serve(app, where, limits)
    return 0


def _number(values: Mapping[str, str], key: str, default: float, least: float, most: float) -> float:
    """The value of a key, whole where its default is. Raises InputError where it is out of range."""
    kind = type(default)
    try:
        value = kind(values.get(key, default))
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        what = "a whole number" if kind is int else "a number"
        raise InputError(f"{key}={values[key]} is not allowed: it must be {what} from {least:g} to {most:g}")
    return value
