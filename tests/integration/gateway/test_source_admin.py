"""What administrators ask of the gateway about sources is done by ingest: its own routes, behind the gateway's."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import httpx2
import pytest
from prometheus_client import CollectorRegistry

from gateway.adapters.httpx2_source_admin import Httpx2SourceAdmin
from gateway.api.source_admin import router
from ingest.api.source_admin import source_admin_router
from ingest.pipeline.discovery import Discovery
from ingest.pipeline.managing import SourceManager
from shared.testing.clock import FixedClock
from shared.web import AdminOnly, create_api
from tests.suites.ingest_fakes import FakeWeb, MemorySourceStore, PlainReader
from tests.suites.ingest_stores import NOW, source

CALLERS = "the-token-of-the-callers"
INGESTS = "the-token-of-ingest-itself"


@dataclass
class Desk:
    """A gateway before an ingest with sources in memory."""

    client: httpx2.AsyncClient
    sources: MemorySourceStore


async def desk(opened: AsyncExitStack, *, token: str = CALLERS, handed_on: str = INGESTS) -> Desk:
    """Return a gateway that asks callers for `token` and shows ingest `handed_on`."""
    sources = MemorySourceStore(FixedClock(NOW))
    discover = Discovery(FakeWeb(), PlainReader(), FixedClock(NOW))
    ingest = create_api("t", "t", registry=CollectorRegistry())
    ingest.include_router(
        source_admin_router(
            sources, SourceManager(sources), discover, AdminOnly(INGESTS, "INGEST_ADMIN_TOKEN")
        )
    )
    behind = await opened.enter_async_context(
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app=ingest), base_url="http://ingest")
    )
    gateway = create_api("t", "t", registry=CollectorRegistry())
    admin = AdminOnly(token, "GATEWAY_ADMIN_TOKEN")
    gateway.include_router(router(Httpx2SourceAdmin("http://ingest", handed_on, behind), admin))
    client = httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=gateway),
        base_url="http://gateway/api/v1",
        headers={"Authorization": f"Bearer {CALLERS}"},
    )
    return Desk(await opened.enter_async_context(client), sources)


@pytest.fixture
async def opened() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


async def test_a_source_is_added_changed_and_removed_through_the_gateway(opened: AsyncExitStack) -> None:
    at = await desk(opened)
    made = await at.client.post("/sources", json={"url": "https://a.kg/rss", "id": "a", "rights": "full"})
    assert (made.status_code, made.json()["rights"]) == (201, "full")
    changed = await at.client.put("/sources/a", json={"url": "https://a.kg/rss", "name": "A"})
    assert (changed.json()["name"], changed.json()["rights"]) == ("A", "excerpt")
    assert (await at.client.delete("/sources/a")).status_code == 204
    assert await at.sources.all() == []


async def test_a_list_goes_out_and_in_through_the_gateway(opened: AsyncExitStack) -> None:
    at = await desk(opened)
    await at.sources.seed([source("a"), source("b")])
    opml = await at.client.get("/sources.opml")
    assert opml.headers["content-type"].startswith("text/x-opml")
    await at.sources.remove("a")
    told = await at.client.post("/sources/opml?dry_run=1", content=opml.content)
    assert ([one["id"] for one in told.json()["added"]], len(await at.sources.all())) == (["a"], 1)
    done = await at.client.post("/sources/opml", content=opml.content)
    assert ([one["id"] for one in done.json()["added"]], len(await at.sources.all())) == (["a"], 2)


async def test_ingests_own_word_is_handed_on(opened: AsyncExitStack) -> None:
    """Its rules hold, and its reasons are the ones that help."""
    at = await desk(opened)
    await at.sources.seed([source("a")])
    taken = await at.client.post("/sources", json={"url": "https://a.kg/rss"})
    assert (taken.status_code, taken.json()["instance"]) == (409, "/api/v1/sources")
    assert "source a has this address" in taken.json()["detail"]
    wrong = await at.client.post("/sources", json={"url": "https://b.kg/rss", "country": "Kyrgyzstan"})
    assert (wrong.status_code, wrong.json()["errors"][0]["name"]) == (422, "country")
    assert (await at.client.delete("/sources/b")).status_code == 404


async def test_without_a_token_nobody_changes_anything(opened: AsyncExitStack) -> None:
    at = await desk(opened, token="")
    answer = await at.client.post("/sources", json={"url": "https://a.kg/rss"})
    assert (answer.status_code, "GATEWAY_ADMIN_TOKEN" in answer.text) == (403, True)
    other = await desk(opened, token="another-token-of-callers")
    assert (await other.client.get("/sources.opml")).status_code == 401


async def test_a_gateway_with_ingests_wrong_token_says_which_setting_it_is(opened: AsyncExitStack) -> None:
    """The caller's token was right, so 401 would send them looking in the wrong place."""
    at = await desk(opened, handed_on="")
    answer = await at.client.get("/sources.opml")
    assert (answer.status_code, "GATEWAY_INGEST_TOKEN" in answer.json()["detail"]) == (502, True)


async def test_without_ingest_it_is_said_and_nothing_is_asked_twice(opened: AsyncExitStack) -> None:
    at = await desk(opened)
    at.sources.down = True
    answer = await at.client.post("/sources", json={"url": "https://a.kg/rss"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
