"""What a server has done, in the text form that Prometheus reads."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
ROWS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0)


class Histogram:
    """How many of the observed values are at most each bound."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.within = [0] * len(bounds)
        self.count, self.sum = 0, 0.0

    def observe(self, value: float) -> None:
        self.count += 1
        self.sum += value
        for index, bound in enumerate(self.bounds):
            self.within[index] += value <= bound

    def lines(self, name: str) -> Iterator[str]:
        for bound, count in zip(self.bounds, self.within, strict=True):
            yield f'{name}_bucket{{le="{bound:g}"}} {count}'
        yield f'{name}_bucket{{le="+Inf"}} {self.count}'
        yield f"{name}_sum {self.sum:g}"
        yield f"{name}_count {self.count}"


class Counts:
    """Changed and read in the server's event loop only."""

    def __init__(self) -> None:
        self.requests: Counter[int] = Counter()  # to /predict, by status
        self.rows: Counter[str] = Counter()  # answered, by run
        self.seconds = Histogram(SECONDS)  # from a request to /predict to its answer
        self.batches = Histogram(ROWS)  # rows of each batch
        self.busy = 0.0  # seconds of the model

    def text(self, gauges: Mapping[str, float]) -> str:
        """gauges: what is so now, by the end of its name."""
        lines: list[str] = []

        def add(name: str, kind: str, does: str, values: Iterator[str]) -> None:
            lines.extend([f"# HELP {name} {does}", f"# TYPE {name} {kind}", *values])

        name = "softscale_requests_total"
        found = (f'{name}{{status="{status}"}} {count}' for status, count in sorted(self.requests.items()))
        add(name, "counter", "Requests to /predict by status.", found)
        name = "softscale_rows_total"
        found = (f'{name}{{run="{run}"}} {count}' for run, count in sorted(self.rows.items()))
        add(name, "counter", "Inputs that were answered, by run.", found)
        name = "softscale_request_seconds"
        add(name, "histogram", "Time from a request to its answer.", self.seconds.lines(name))
        name = "softscale_batch_rows"
        add(name, "histogram", "Inputs of each batch.", self.batches.lines(name))
        name = "softscale_model_seconds_total"
        add(name, "counter", "Time in which the model worked.", iter([f"{name} {self.busy:g}"]))
        for end, value in gauges.items():
            add(
                f"softscale_{end}",
                "gauge",
                f"{end.replace('_', ' ').capitalize()}.",
                iter([f"softscale_{end} {value:g}"]),
            )
        return "\n".join(lines) + "\n"


class Counted:
    """Counts the requests to /predict of the application within."""

    def __init__(self, app: ASGIApp, counts: Counts) -> None:
        self.app, self.counts = app, counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.counts.requests[message["status"]] += 1
            await send(message)

        mine = scope["type"] == "http" and scope["path"] == "/predict"
        await self.app(scope, receive, counting if mine else send)
