"""Administrators manage sources over HTTP."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from prometheus_client import CollectorRegistry

from ingest.api.source_admin import source_admin_router
from ingest.pipeline.discovery import Discovery
from ingest.pipeline.managing import SourceManager
from ingest.ports import Finish
from shared.contracts.http.source_admin import PreviewAnswer
from shared.testing.clock import FixedClock
from shared.web import AdminOnly, create_api
from tests.suites.ingest_fakes import FakeWeb, MemorySourceStore, PlainReader, rss
from tests.suites.ingest_stores import NOW, claimed, source

TOKEN = "a-token-of-sixteen-letters"
RSS = "https://a.kg/rss"


@pytest.fixture
def sources() -> MemorySourceStore:
    return MemorySourceStore(FixedClock(NOW))


def client_of(
    sources: MemorySourceStore, token: str, shown: str = TOKEN, web: FakeWeb | None = None
) -> httpx2.AsyncClient:
    api = create_api("t", "t", registry=CollectorRegistry())
    admin = AdminOnly(token, "INGEST_ADMIN_TOKEN")
    discover = Discovery(web or FakeWeb(), PlainReader(), FixedClock(NOW))
    api.include_router(source_admin_router(sources, SourceManager(sources), discover, admin))
    headers = {"Authorization": f"Bearer {shown}"}
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=api), base_url="http://t", headers=headers)


@pytest.fixture
async def admin(sources: MemorySourceStore) -> AsyncIterator[httpx2.AsyncClient]:
    async with client_of(sources, TOKEN) as client:
        yield client


async def test_nobody_is_let_in_while_no_token_is_set(sources: MemorySourceStore) -> None:
    async with client_of(sources, "") as client:
        answer = await client.get("/v1/sources.opml")
    assert answer.status_code == 403
    assert "INGEST_ADMIN_TOKEN" in answer.json()["detail"]


async def test_a_wrong_token_is_refused(sources: MemorySourceStore) -> None:
    async with client_of(sources, TOKEN, "another-token") as client:
        answer = await client.post("/v1/sources", json={"url": RSS})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert await sources.all() == []


async def test_an_added_source_is_answered_with_all_its_settings(
    sources: MemorySourceStore, admin: httpx2.AsyncClient
) -> None:
    answer = await admin.post(
        "/v1/sources", json={"url": RSS, "country": "kg", "interval_s": 300, "rights": "full"}
    )
    assert answer.status_code == 201
    made = answer.json()
    assert (made["name"], made["outlet"], made["country"], made["interval_s"]) == ("a.kg", "a.kg", "KG", 300)
    assert (await admin.get(f"/v1/sources/{made['id']}")).json() == made
    assert (await claimed(sources)).source.rights == "full"


async def test_the_address_of_another_source_is_refused_with_its_id(
    sources: MemorySourceStore, admin: httpx2.AsyncClient
) -> None:
    """Http or https, with or without a slash: it is the same feed."""
    await sources.seed([source("a"), source("b")])
    added = await admin.post("/v1/sources", json={"url": "http://a.kg/rss/", "id": "mine"})
    assert (added.status_code, added.headers["location"]) == (409, "/v1/sources/a")
    changed = await admin.put("/v1/sources/b", json={"url": RSS})
    assert (changed.status_code, changed.json()["type"]) == (409, "urn:silkwire:problem:source-exists")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"url": "ftp://a.kg/"}, "url"), ({"url": ""}, "url"), ({"country": "Kyrgyzstan"}, "country"),
     ({"interval_s": 0}, "interval_s"), ({"time_zone": "Bishkek"}, "time_zone"), ({"id": "Ä"}, "id"),
     ({"rights": "all"}, "rights"), ({"url": "https://me:secret@a.kg/"}, "url")],
)  # fmt: skip
async def test_a_wrong_setting_is_named(
    sources: MemorySourceStore, admin: httpx2.AsyncClient, wrong: dict[str, object], field: str
) -> None:
    answer = await admin.post("/v1/sources", json={"url": RSS, **wrong})
    assert (answer.status_code, [fault["name"] for fault in answer.json()["errors"]]) == (422, [field])
    assert "secret" not in answer.text
    assert await sources.all() == []


async def test_a_changed_source_keeps_its_id(sources: MemorySourceStore, admin: httpx2.AsyncClient) -> None:
    """Its articles are known by the source's id."""
    await sources.seed([source("a", rights="full")])
    answer = await admin.put("/v1/sources/a", json={"url": "https://b.kg/feed", "id": "other", "name": "New"})
    assert (answer.status_code, answer.json()["id"], answer.json()["rights"]) == (200, "a", "excerpt")
    (found, _), *_ = await sources.all()
    assert (found.id, found.url, found.name) == ("a", "https://b.kg/feed", "New")


async def test_a_removed_source_is_not_there_any_more(
    sources: MemorySourceStore, admin: httpx2.AsyncClient
) -> None:
    await sources.seed([source("a")])
    assert (await admin.delete("/v1/sources/a")).status_code == 204
    for method, path in (
        ("DELETE", ""),
        ("GET", ""),
        ("POST", "/poll"),
        ("POST", "/pause"),
        ("POST", "/revive"),
    ):
        answer = await admin.request(method, f"/v1/sources/a{path}")
        assert (answer.status_code, answer.json()["detail"]) == (404, "There is no source a.")


async def test_a_paused_source_waits_until_it_is_resumed(
    sources: MemorySourceStore, admin: httpx2.AsyncClient
) -> None:
    await sources.seed([source("a")])
    for _ in range(2):
        assert (await admin.post("/v1/sources/a/pause")).json()["paused"]
    assert await sources.claim_due("one", 60) is None
    refused = await admin.post("/v1/sources/a/poll")
    assert (refused.status_code, "resume it first" in refused.json()["detail"]) == (409, True)
    assert not (await admin.post("/v1/sources/a/resume")).json()["paused"]
    await sources.finish(await claimed(sources), Finish(600))
    assert (await admin.post("/v1/sources/a/poll")).status_code == 202
    assert (await claimed(sources)).source.id == "a"


async def test_a_list_is_merged_and_told_row_by_row(
    sources: MemorySourceStore, admin: httpx2.AsyncClient
) -> None:
    await sources.seed([source("a"), source("b")])
    rows = (
        f'<outline text="New name" xmlUrl="{RSS}"/><outline text="B" xmlUrl="https://b.kg/rss"/>'
        '<outline text="C" xmlUrl="https://c.kg/rss"/><outline text="Bad" xmlUrl="ftp://d.kg/rss"/>'
    )
    opml = f'<opml version="2.0"><body>{rows}</body></opml>'
    told = (await admin.post("/v1/sources/opml?dry_run=1", content=opml)).json()
    assert len(await sources.all()) == 2
    done = (await admin.post("/v1/sources/opml", content=opml)).json()
    assert told == {**done, "dry_run": True}
    assert [one["url"] for one in done["added"]] == ["https://c.kg/rss"]
    assert done["changed"] == [{"id": "a", "name": "New name", "fields": ["name"]}]
    assert (done["unchanged"], [one["row"] for one in done["refused"]]) == (1, ["Bad"])
    again = (await admin.post("/v1/sources/opml", content=opml)).json()
    assert (again["added"], again["changed"], again["unchanged"]) == ([], [], 3)


async def test_all_sources_go_out_as_a_list_that_comes_back(
    sources: MemorySourceStore, admin: httpx2.AsyncClient
) -> None:
    await sources.seed([source("a", paused=True), source("b", interval_s=90.5)])
    opml = (await admin.get("/v1/sources.opml")).content
    done = (await admin.post("/v1/sources/opml", content=opml)).json()
    assert (done["added"], done["changed"], done["unchanged"], done["refused"]) == ([], [], 2, [])


async def test_what_is_no_list_is_refused(admin: httpx2.AsyncClient) -> None:
    answer = await admin.post("/v1/sources/opml", content=b"hello")
    assert (answer.status_code, answer.json()["title"]) == (422, "List unreadable")


async def test_without_the_database_it_is_said(sources: MemorySourceStore, admin: httpx2.AsyncClient) -> None:
    sources.down = True
    answer = await admin.post("/v1/sources", json={"url": RSS})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


async def test_a_feed_is_looked_at_before_it_is_added(sources: MemorySourceStore) -> None:
    """And that there is a source of this address already is told by its id."""
    await sources.seed([source("a")])
    web = FakeWeb({RSS: rss([("https://a.kg/1", "One")], title="A.kg")})
    async with client_of(sources, TOKEN, web=web) as client:
        answer = await client.post("/v1/sources/preview", json={"url": RSS})
    (feed,) = PreviewAnswer.model_validate_json(answer.content).feeds
    assert (feed.title, feed.entries, feed.source_id) == ("A.kg", 1, "a")
    assert (feed.newest[0].title, feed.newest[0].published_certainty) == ("One", "exact")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "https://me:secret@a.kg/", "a.kg"])
async def test_what_is_no_address_is_not_looked_at(admin: httpx2.AsyncClient, url: str) -> None:
    answer = await admin.post("/v1/sources/preview", json={"url": url})
    assert (answer.status_code, answer.json()["errors"][0]["name"]) == (422, "url")
