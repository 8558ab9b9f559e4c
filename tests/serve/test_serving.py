"""A server loses no request and answers as `softscale predict` does, whatever comes at once, comes new and goes."""

import asyncio
import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx
import pytest
from served import Trained, client_of, metric, unlabelled, until_waiting

pytestmark = pytest.mark.slow  # the runs take seconds to train

Asked = tuple[str, list[dict[str, Any]]]


def mixed(trained: Trained, requests: int) -> list[Asked]:
    """Requests of one to three records, the tasks in turn: the run of each and its records."""
    rows = {task: unlabelled(task, requests) for task in trained.ids}
    tasks = list(rows)
    asked = []
    for number in range(requests):
        task = tasks[number % len(tasks)]
        asked.append((trained.ids[task], [rows[task].pop() for _ in range(1 + number % 3)]))
    return asked


def expected(trained: Trained, asked: list[Asked]) -> list[list[tuple[int, str, str]]]:
    """For each request what `predict` writes: place within the request, input, prediction."""
    rows = [{**record, "run": run} for run, records in asked for record in records]
    owners = [(index, place) for index, (_, records) in enumerate(asked) for place in range(len(records))]
    found: list[list[tuple[int, str, str]]] = [[] for _ in asked]
    for row in trained.predicted(rows):
        index, place = owners[int(row["place"].removeprefix("line ")) - 1]
        found[index].append((place, row["input"], row["prediction"]))
    return found


def answered(response: httpx.Response) -> list[tuple[int, str, str]]:
    assert response.status_code == 200, response.text
    return [(row["place"], row["input"], row["prediction"]) for row in response.json()["predictions"]]


def post(client: httpx.AsyncClient, run: str, inputs: list[Any]) -> Any:
    return client.post("/predict", json={"run": run, "inputs": inputs})


def test_200_requests_of_five_tasks_at_once_are_answered_as_predict_answers_them(trained: Trained) -> None:
    asked = mixed(trained, 200)

    async def ask() -> tuple[list[httpx.Response], str]:
        async with client_of(trained.app()) as client:
            found = await asyncio.gather(*(post(client, run, records) for run, records in asked))
            return found, (await client.get("/metrics")).text

    responses, metrics = asyncio.run(ask())
    wanted = expected(trained, asked)
    assert [answered(response) for response in responses] == wanted
    assert [response.json()["run"] for response in responses] == [run for run, _ in asked]
    assert len({prediction for rows in wanted for _, _, prediction in rows}) > 10
    rows = sum(map(len, wanted))
    assert metric(metrics, 'softscale_requests_total{status="200"}') == 200
    assert metric(metrics, "softscale_batch_rows_sum") == rows
    assert metric(metrics, "softscale_batch_rows_count") < rows / 16


def test_a_text_is_read_as_the_model_reads_it_and_a_task_may_stand_for_its_run(trained: Trained) -> None:
    rows = unlabelled("squad", 4)

    async def ask() -> list[httpx.Response]:
        async with client_of(trained.app()) as client:
            first = await post(client, trained.ids["squad"], rows)
            texts = [row["input"] for row in first.json()["predictions"]]
            return [first, await post(client, "squad", texts)]

    first, second = asyncio.run(ask())
    assert answered(first) == answered(second)
    assert second.json()["run"] == trained.ids["squad"]


def test_prompts_come_and_go_while_requests_run(trained: Trained) -> None:
    asked = mixed(trained, 60)
    at_first = ("rte", "wic")
    ids = trained.ids

    async def ask() -> tuple[list[httpx.Response], list[httpx.Response]]:
        async with client_of(trained.app(*at_first, window=1.0, batch=64)) as client:
            steady = [(run, records) for run, records in asked if run in (ids["rte"], ids["wic"])]
            running = [asyncio.create_task(post(client, run, records)) for run, records in steady]
            await until_waiting(client, sum(len(records) for _, records in steady))
            removed = await client.delete(f"/runs/{ids['wic']}")
            added = [await client.post(f"/runs/{ids[task]}") for task in ("boolq", "multirc", "squad")]
            again = await client.post(f"/runs/{ids['boolq']}")
            late = [(run, records) for run, records in asked if (run, records) not in steady]
            after = await asyncio.gather(*(post(client, run, records) for run, records in late))
            gone = await post(client, ids["wic"], unlabelled("wic", 1))
            listed = await client.get("/runs")
            told = [removed, *added, again, gone, listed, await client.delete(f"/runs/{ids['wic']}")]
            found = dict(zip(map(str, steady), await asyncio.gather(*running), strict=True))
            found |= dict(zip(map(str, late), after, strict=True))
            return [found[str(each)] for each in asked], told

    responses, told = asyncio.run(ask())
    assert [answered(response) for response in responses] == expected(trained, asked)
    assert [response.status_code for response in told] == [200, 201, 201, 201, 200, 404, 200, 404]
    assert [each["task"] for each in told[-2].json()] == ["rte", "boolq", "multirc", "squad"]
    assert told[1].json() == {
        "run": ids["boolq"],
        "task": "boolq",
        "model": "mini_1",
        "prompt_length": 50,
        "target_length": told[1].json()["target_length"],
        "labels": ["False", "True"],
        "seed": 0,
        "dev_score": told[1].json()["dev_score"],
    }


def test_beyond_the_queue_a_request_is_told_when_to_try_again_and_those_within_are_answered(trained: Trained) -> None:
    asked = [each for each in mixed(trained, 6) if each[0] != trained.ids["multirc"]]  # of 1, 2, 3, 2, 3 rows

    async def ask() -> tuple[list[httpx.Response], httpx.Response, httpx.Response]:
        async with client_of(trained.app(window=1.0, queue=6)) as client:
            running = [asyncio.create_task(post(client, run, records)) for run, records in asked[:3]]
            await until_waiting(client, 6)
            refused = await post(client, *asked[3])
            found = await asyncio.gather(*running)
            return found, refused, await post(client, *asked[3])

    responses, refused, later = asyncio.run(ask())
    assert [answered(response) for response in [*responses, later]] == expected(trained, asked[:4])
    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) >= 1
    assert refused.json() == {"detail": "the queue is full: try again later"}


def test_a_request_that_takes_too_long_is_told_so_and_leaves_the_queue(trained: Trained) -> None:
    async def ask() -> tuple[httpx.Response, dict[str, Any], httpx.Response]:
        async with client_of(trained.app(window=60.0, timeout=0.3, batch=4)) as client:
            late = await post(client, "rte", unlabelled("rte", 1))
            health = (await client.get("/health")).json()
            return late, health, await post(client, "rte", unlabelled("rte", 4))  # a whole batch waits for no other

    late, health, full = asyncio.run(ask())
    assert late.status_code == 504
    assert late.json() == {"detail": "the request was not answered within 0.3 seconds"}
    assert health == {"status": "ok", "model": "mini_1", "runs": 5, "waiting": 0}
    assert full.status_code == 200


def test_a_client_that_never_ends_its_body_is_let_go(trained: Trained) -> None:
    async def endless() -> Any:
        yield b'{"run": "rte", '
        await asyncio.sleep(60)

    async def ask() -> httpx.Response:
        async with client_of(trained.app("rte", timeout=0.3)) as client:
            return await client.post("/predict", content=endless(), headers={"Content-Type": "application/json"})

    assert asyncio.run(ask()).status_code == 504


RTE = {"premise": "a", "hypothesis": "b"}
BAD: Mapping[str, tuple[Any, int, str]] = {
    "no JSON": (b"{", 400, "the body is not JSON: "),
    "no UTF-8": (b"\xff", 400, "the body is not UTF-8"),
    "NaN": (b'{"run": "rte", "inputs": [NaN]}', 400, "NaN is no number of JSON"),
    "half a pair": (b'{"run": "rte", "inputs": ["\\ud800"]}', 400, "is half of a surrogate pair"),
    "deep": (b"[" * 100_000, 400, "it is nested too deeply"),
    "no object": ([1], 400, "the body must be a JSON object of two fields"),
    "no run": ({"inputs": ["a"]}, 400, "the body must be a JSON object of two fields"),
    "a field more": ({"run": "rte", "inputs": ["a"], "model": "x"}, 400, "the body must be a JSON object of two"),
    "a run that is no text": ({"run": 1, "inputs": ["a"]}, 400, "run must be a text"),
    "inputs that are no list": ({"run": "rte", "inputs": "a"}, 400, "inputs must be a list"),
    "an input that is neither": ({"run": "rte", "inputs": ["a", 3]}, 400, "inputs[1] must be a record"),
    "no inputs": ({"run": "rte", "inputs": []}, 400, "inputs ask nothing"),
    "no field": ({"run": "rte", "inputs": [RTE, {"premise": "a"}]}, 400, "inputs[1]: field hypothesis is missing"),
    "a field of another type": ({"run": "rte", "inputs": [RTE | {"premise": []}]}, 400, "inputs[0]: field premise is"),
    "an unknown run": ({"run": "0123456789ab", "inputs": ["a"]}, 404, "no run or task of that name is served"),
    "a path": ({"run": "../../runs", "inputs": ["a"]}, 404, "no run or task of that name is served"),
    "many rows": ({"run": "rte", "inputs": ["a"] * 300}, 413, "a request asks at most 256 inputs at once"),
    "many tokens": ({"run": "rte", "inputs": ["a", "cat " * 5000]}, 413, "inputs[1] has 5,001 tokens, but at most"),
    "many characters": ({"run": "rte", "inputs": ["a" * 300_000] * 2}, 413, "at most 500,000 characters together"),
    "a large body": (b" " * 2_000_000, 413, "the body has more than 1,000,000 bytes"),
}


def test_what_cannot_be_answered_is_refused_in_one_sentence_and_the_rest_is_answered(trained: Trained) -> None:
    many = {"passage": {"text": "a" * 5000, "questions": [{"question": "b", "idx": 0, "answers": []}]}, "idx": 0}
    many["passage"]["questions"][0]["answers"] = [{"text": "c", "idx": 0}] * 10_000
    bad = {**BAD, "a record of many rows": ({"run": "multirc", "inputs": [many]}, 413, "characters together")}

    async def ask() -> tuple[dict[str, httpx.Response], httpx.Response, httpx.Response]:
        async with client_of(trained.app()) as client:
            told = {"Content-Type": "application/json"}
            found = {}
            for name, (body, _, _) in bad.items():
                content = body if isinstance(body, bytes) else json.dumps(body)
                found[name] = await client.post("/predict", content=content, headers=told)
            plain = await client.post("/predict", content=json.dumps({"run": "rte", "inputs": ["a"]}))
            return found, plain, await post(client, "rte", ["a"])

    responses, plain, after = asyncio.run(ask())
    for name, (_, status, part) in bad.items():
        detail = responses[name].json()["detail"]
        assert (responses[name].status_code, part in detail, "\n" in detail) == (status, True, False), (name, detail)
        assert len(detail) < 300
    assert plain.status_code == 415
    assert after.status_code == 200


def test_only_finished_runs_of_prompt_tuning_on_the_same_backbone_are_added(trained: Trained) -> None:
    copy = replace(trained, folder=trained.folder.parent / "copy")
    shutil.copytree(trained.folder, copy.folder)
    (copy.folder / trained.ids["wic"] / "best.safetensors").write_bytes(b"damaged")
    lora, other = trained.unserved["lora"], trained.unserved["other"]

    async def ask() -> list[httpx.Response]:
        async with client_of(copy.app("rte")) as client:
            ids = ["0123456789ab", "..%2F..%2Fetc", "RUN", trained.ids["wic"], lora, other]
            return [await client.post(f"/runs/{id_}") for id_ in ids] + [await client.get("/runs")]

    *refused, listed = asyncio.run(ask())
    assert [(each.status_code, each.json()["detail"]) for each in refused if each.status_code != 404] == [
        (400, "the id of a run is twelve of the characters 0-9 and a-f"),
        (409, f"run {trained.ids['wic']} is damaged: the server's log says how"),
        (409, f"run={lora} is of method=lora: serve is for runs of prompt_tuning, which share a batch"),
        (409, f"run={other} is of another backbone than run={trained.ids['rte']}: local, not mini_1"),
    ]
    assert refused[0].json()["detail"] == "run 0123456789ab is not among the finished runs of this server"
    assert len(listed.json()) == 1


def test_runs_of_one_task_are_told_apart_by_their_ids(trained: Trained) -> None:
    rows, ids = unlabelled("rte", 3), (trained.ids["rte"], trained.unserved["twin"])

    async def ask() -> list[httpx.Response]:
        async with client_of(trained.app("rte")) as client:
            await client.post(f"/runs/{ids[1]}")
            return [await post(client, run, rows) for run in ("rte", *ids)]

    unclear, *answers = asyncio.run(ask())
    assert unclear.status_code == 404
    assert unclear.json()["detail"].startswith("2 runs of task rte are served: name one by its id")
    assert [answered(each) for each in answers] == expected(trained, [(run, rows) for run in ids])


def test_a_page_of_the_web_that_calls_this_machine_by_another_name_is_refused(trained: Trained) -> None:
    async def ask() -> httpx.Response:
        app = trained.app("rte")
        async with client_of(app) as client:
            return await client.post("/predict", json={"run": "rte", "inputs": ["a"]}, headers={"Host": "evil.example"})

    assert asyncio.run(ask()).status_code == 400


def test_what_was_done_is_told_to_prometheus(trained: Trained) -> None:
    async def ask() -> httpx.Response:
        async with client_of(trained.app("rte", "wic")) as client:
            await post(client, "rte", unlabelled("rte", 3))
            await client.post("/predict")
            return await client.get("/metrics")

    response = asyncio.run(ask())
    assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    text = response.text
    assert metric(text, f'softscale_rows_total{{run="{trained.ids["rte"]}"}}') == 3
    assert metric(text, 'softscale_requests_total{status="415"}') == 1
    assert metric(text, 'softscale_batch_rows_bucket{le="2"}') == 0
    assert metric(text, 'softscale_batch_rows_bucket{le="4"}') == 1
    assert metric(text, "softscale_request_seconds_count") == 1
    assert metric(text, "softscale_waiting_rows") == 0
    assert metric(text, "softscale_runs") == 2
    assert metric(text, "softscale_resident_bytes") > 0
