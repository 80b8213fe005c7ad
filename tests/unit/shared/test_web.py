"""Our APIs answer every error as problem+json, name every request and count by route."""

import asyncio
import socket
from typing import Annotated

import httpx2
import pytest
from fastapi import FastAPI, Query
from prometheus_client import CollectorRegistry
from pydantic import AfterValidator

from shared.testing.eventually import eventually
from shared.web import HTTPProblem, PortTakenError, create_api, serve
from silkwire.backing.ports import free_port


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def api(registry: CollectorRegistry) -> FastAPI:
    app = create_api("Sample", "For tests.", registry=registry)

    def a_day(text: str | None) -> str | None:
        if text == "someday":
            raise ValueError("should be a day")
        return text

    @app.get("/v1/things/{thing}")
    async def read_thing(
        thing: str, page: int = Query(1, ge=1), on: Annotated[str | None, AfterValidator(a_day)] = None
    ) -> dict[str, object]:
        if thing == "gone":
            raise HTTPProblem(410, "withdrawn", "Withdrawn", "It was taken down.", headers={"X-Why": "owner"})
        if thing == "broken":
            raise RuntimeError("the cable is loose")
        return {"thing": thing, "page": page, "on": on}

    return app


async def get(app: FastAPI, path: str, **kwargs: object) -> httpx2.Response:
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://sample") as client:
        return await client.request(str(kwargs.pop("method", "GET")), path, **kwargs)  # type: ignore[arg-type]  # a test's short hand


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/v1/nothing", "GET", 404),
        ("/v1/things/a", "DELETE", 405),
        ("/v1/things/a?page=0", "GET", 422),
        ("/v1/things/gone", "GET", 410),
        ("/v1/things/broken", "GET", 500),
    ],
)
async def test_every_error_is_a_problem(api: FastAPI, path: str, method: str, status: int) -> None:
    answer = await get(api, path, method=method)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("application/problem+json")
    body = answer.json()
    assert body["status"] == status
    assert body["request_id"] == answer.headers["x-request-id"]
    assert body["instance"] == path.split("?", maxsplit=1)[0]


async def test_a_wrong_parameter_is_named_with_what_is_allowed(api: FastAPI) -> None:
    [fault] = (await get(api, "/v1/things/a?page=0")).json()["errors"]
    assert fault == {"name": "page", "message": "Input should be greater than or equal to 1"}


async def test_what_a_check_of_ours_says_stands_alone(api: FastAPI) -> None:
    """Readers see it on the page as well: it names what is allowed, not the machinery that looked."""
    [fault] = (await get(api, "/v1/things/a?on=someday")).json()["errors"]
    assert fault == {"name": "on", "message": "should be a day"}


@pytest.mark.parametrize(("path", "method"), [("/v1/nothing", "GET"), ("/v1/things/a", "DELETE")])
async def test_a_wrong_address_or_method_is_told_in_a_sentence(api: FastAPI, path: str, method: str) -> None:
    assert (await get(api, path, method=method)).json()["detail"].endswith(".")


async def test_a_crash_tells_the_client_nothing_of_its_inside(api: FastAPI) -> None:
    assert "cable" not in (await get(api, "/v1/things/broken")).text


async def test_a_problems_headers_are_sent(api: FastAPI) -> None:
    assert (await get(api, "/v1/things/gone")).headers["x-why"] == "owner"


async def test_a_sane_request_id_is_kept_and_a_wild_one_replaced(api: FastAPI) -> None:
    kept = await get(api, "/v1/things/a", headers={"X-Request-ID": "abc-123"})
    replaced = await get(api, "/v1/things/a", headers={"X-Request-ID": "<script>"})
    assert kept.headers["x-request-id"] == "abc-123"
    assert replaced.headers["x-request-id"] != "<script>"


async def test_requests_are_counted_by_route_template(api: FastAPI, registry: CollectorRegistry) -> None:
    await get(api, "/v1/things/a")
    await get(api, "/v1/things/b")
    await get(api, "/elsewhere")
    labels = {"route": "/v1/things/{thing}", "method": "GET", "status": "200"}
    assert registry.get_sample_value("http_requests_total", labels) == 2
    unmatched = {"route": "unmatched", "method": "GET", "status": "404"}
    assert registry.get_sample_value("http_requests_total", unmatched) == 1


async def test_a_taken_port_is_named(api: FastAPI) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(PortTakenError, match=str(port)):
            await serve(api, "127.0.0.1", port, asyncio.Event())


async def test_serving_ends_when_asked_and_finishes_the_request_in_hand(registry: CollectorRegistry) -> None:
    app = create_api("Slow", "For tests.", registry=registry)
    begun, go_on = asyncio.Event(), asyncio.Event()

    @app.get("/slow")
    async def slow() -> str:
        begun.set()
        await go_on.wait()
        return "done"

    stop, port = asyncio.Event(), free_port()
    serving = asyncio.create_task(serve(app, "127.0.0.1", port, stop))
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:

        async def listening() -> bool:
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        await eventually(listening, what="the server")
        asking = asyncio.create_task(client.get("/slow"))
        await begun.wait()
        stop.set()
        go_on.set()
        assert (await asking).json() == "done"
    await asyncio.wait_for(serving, 5)
