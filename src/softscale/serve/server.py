"""From a socket to a server that ends well: what is in flight when it is asked to end is answered first."""

import errno
import math
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from softscale.errors import InputError
from softscale.serve.limits import Limits

IDLE = 75  # seconds after which a connection without requests is closed: longer than proxies keep theirs
ENDS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens there; clients wait until it is served. Raises InputError where there can be none."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError) as error:
        raise _no_address(host) from error
    made = socket.socket(family, kind, protocol)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # or a port rests for a minute after its server
    try:
        made.bind(address)
        made.listen(1024)
    except OSError as error:
        made.close()
        if error.errno == errno.EADDRINUSE:
            raise InputError(f"port={port} is in use on {host}: choose another, or port=0 for any free one") from error
        if error.errno == errno.EACCES:
            raise InputError(f"port={port} is not allowed: this user may not listen there; use 1024 or more") from error
        raise _no_address(host) from error
    return made


def _no_address(host: str) -> InputError:
    return InputError(f"host={host} is not allowed: it must be an address of this machine, such as 127.0.0.1")


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Within, a signal ends the server; to have ended so is no failure. A second Ctrl-C does not wait."""
        before = {number: signal.signal(number, self.handle_exit) for number in ENDS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def serve(app: FastAPI, where: socket.socket, limits: Limits) -> None:
    """Until a signal asks to end. Called in the main thread."""
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        ws="none",
        limit_concurrency=limits.connections,
        timeout_keep_alive=IDLE,
        timeout_graceful_shutdown=math.ceil(limits.timeout) + 1,
    )
    _Server(config).run(sockets=[where])
