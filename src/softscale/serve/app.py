"""The HTTP interface: POST /predict, GET /runs, POST and DELETE /runs/{id}, GET /health, GET /metrics.

A request names runs by their ids only, never a file. What is refused says why in one sentence, as `detail`.
"""

import asyncio
import math
import sys
import time
from collections.abc import AsyncIterator, Awaitable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import fastapi
from fastapi import FastAPI, HTTPException
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect

from softscale.backbone.backbone import Backbone
from softscale.errors import InputError
from softscale.finished.mixed_batch import answers
from softscale.runs.record_values import is_id
from softscale.serve.bank import Bank, Damaged, NotServed
from softscale.serve.batcher import Batcher, Failed, Full
from softscale.serve.counts import Counted, Counts
from softscale.serve.limits import Limits
from softscale.serve.reading import Request, read

Value = TypeVar("Value")
LOOPBACK = ("127.0.0.1", "localhost")


def app_of(bank: Bank, backbone: Backbone, limits: Limits, loopback: bool = True) -> FastAPI:
    """loopback: only for requests to this machine by its own name, which a page of the web in a browser cannot send."""
    counts = Counts()
    batcher = Batcher(partial(answers, backbone, bank.first.study.model.dtype), limits, counts)
    reader = ThreadPoolExecutor(1, thread_name_prefix="reader")  # a tokenizer is for one thread

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        work = asyncio.create_task(batcher.work())
        yield
        batcher.close()
        await work
        reader.shutdown()

    # Without the pages that load scripts from elsewhere; /openapi.json stays.
    app = FastAPI(title="softscale serve", lifespan=life, docs_url=None, redoc_url=None)
    app.add_middleware(Counted, counts=counts)
    if loopback:
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=LOOPBACK)

    @app.post("/predict")
    async def predict(request: fastapi.Request) -> Response:
        """Predictions of a served run for records of its task, or for texts."""
        started = time.perf_counter()
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            raise HTTPException(415, "the body must be JSON, with the header Content-Type: application/json")

        async def answered() -> tuple[Request, list[str]]:
            batcher.check_room(1)
            body = await _body(request, limits.body)
            asked = await _in(reader, read, body, bank, backbone.tokenizer, limits)
            return asked, await batcher.ask(asked.questions)

        asked, texts = await _within(limits.timeout, answered())
        counts.rows[asked.served.run.id] += len(texts)
        counts.seconds.observe(time.perf_counter() - started)
        rows = zip(asked.places, asked.inputs, texts, strict=True)
        predictions = [{"place": place, "input": text, "prediction": written} for place, text, written in rows]
        return JSONResponse({"run": asked.served.run.id, "predictions": predictions, "notes": asked.notes})

    @app.get("/runs")
    async def runs() -> list[dict[str, Any]]:
        """The runs that are served."""
        return [served.summary() for served in bank.all()]

    @app.post("/runs/{id}")
    async def add(id: str) -> Response:
        """Serve one more run, of those in the folder of runs."""
        if not is_id(id):
            raise HTTPException(400, "the id of a run is twelve of the characters 0-9 and a-f")
        if not bank.holds(id):
            raise HTTPException(404, f"run {id} is not among the finished runs of this server")
        known = id in bank
        try:
            served = await _in(reader, bank.add, id)
        except Damaged as error:
            print(f"run {id} was not added: {error}", file=sys.stderr)
            raise HTTPException(409, f"run {id} is damaged: the server's log says how") from error
        except InputError as error:
            raise HTTPException(409, str(error)) from error
        return JSONResponse(served.summary(), 200 if known else 201)

    @app.delete("/runs/{id}")
    async def remove(id: str) -> Response:
        """Serve a run no more; what was asked of it before is answered."""
        try:
            return JSONResponse(bank.remove(id).summary())
        except NotServed as error:
            raise HTTPException(404, str(error)) from error

    @app.get("/health")
    async def health() -> dict[str, Any]:
        """Whether requests are answered."""
        return {"status": "ok", "model": bank.first.study.model.name, "runs": len(bank), "waiting": batcher.waiting}

    @app.get("/metrics")
    async def metrics() -> Response:
        """What was done so far, for Prometheus."""
        text = counts.text({"waiting_rows": batcher.waiting, "runs": len(bank), "resident_bytes": _resident()})
        return PlainTextResponse(text, media_type="text/plain; version=0.0.4")

    @app.exception_handler(Full)
    async def full(_: fastapi.Request, error: Full) -> Response:
        seconds = str(max(1, math.ceil(error.args[0])))
        return JSONResponse({"detail": "the queue is full: try again later"}, 503, {"Retry-After": seconds})

    @app.exception_handler(Failed)
    async def failed(*_: Any) -> Response:
        return JSONResponse({"detail": "the model could not answer this: the server's log says why"}, 500)

    @app.exception_handler(ClientDisconnect)
    async def gone(*_: Any) -> Response:
        return Response(status_code=400)  # to nobody

    return app


async def _body(request: fastapi.Request, most: int) -> bytes:
    """The whole body. Raises HTTPException where it is larger than `most` bytes, of which no more are read."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most:
            raise HTTPException(413, f"the body has more than {most:,} bytes, which is the most")
    return bytes(body)


async def _in(thread: ThreadPoolExecutor, function: Any, *arguments: Any) -> Any:
    return await asyncio.get_running_loop().run_in_executor(thread, function, *arguments)


async def _within(seconds: float, work: Awaitable[Value]) -> Value:
    """Raises HTTPException where the work takes longer; it is then cancelled."""
    try:
        return await asyncio.wait_for(work, seconds)
    except TimeoutError as error:
        raise HTTPException(504, f"the request was not answered within {seconds:g} seconds") from error


def _resident() -> int:
    """Bytes of memory that this process holds; 0 where the system does not say."""
    path = Path("/proc/self/statm")
    if not path.exists():
        return 0
    import resource

    return int(path.read_text().split()[1]) * resource.getpagesize()
