"""What a server takes on: how much at once, how much in one request, and for how long."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """A row is one input of a request; rows of all requests share batches."""

    batch: int = 32  # rows that are answered at once
    window: float = 0.005  # seconds that a row waits for others to share its batch, while the model has nothing to do
    queue: int = 1024  # rows that wait
    timeout: float = 30.0  # seconds from a request to its answer
    rows: int = 256  # of a request
    tokens: int = 4096  # of a row
    characters: int = 500_000  # of a request's inputs together
    body: int = 1_000_000  # bytes of a request
    runs: int = 1000  # that are served together
    connections: int = 1000
