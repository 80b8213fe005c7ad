"""The whole service: a real MongoDB, a real RabbitMQ, a real web server with real bytes."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
from prometheus_client import CollectorRegistry
from pymongo import MongoClient
from structlog.testing import capture_logs

from ingest.app import run
from ingest.settings import Settings
from shared.bus import Bus, Subscription, open_bus
from shared.contracts.articles import ArticleCollected
from shared.contracts.catalogue import SEARCH_ARTICLES
from shared.contracts.envelope import Envelope, open_envelope
from shared.service import Context
from shared.settings import SettingsError
from shared.testing.eventually import eventually
from silkwire.backing.ports import free_port
from tests.integration.ingest.local_web import LocalWeb, Page
from tests.suites.ingest_fakes import rss

NOWHERE = "amqp://guest:guest@127.0.0.1:9/"
FEED = rss([("https://a.kg/1", "One"), ("https://a.kg/2", "Two")])


@dataclass
class Hearer:
    """Hears what ingest says, as search would."""

    heard: list[ArticleCollected] = field(default_factory=list)

    async def __call__(self, events: Sequence[Envelope]) -> None:
        for event in events:
            opened = open_envelope(event)
            assert isinstance(opened, ArticleCollected)
            self.heard.append(opened)

    def revisions(self) -> list[tuple[str, int]]:
        """Return title and revision of each, in order."""
        return sorted({(event.title, event.rev) for event in self.heard})

    async def hears(self, *revisions: tuple[str, int]) -> None:
        """Wait until exactly these were heard."""

        async def probe() -> bool:
            assert self.revisions() == sorted(revisions)
            return True

        await eventually(probe, within_s=30, what="the events")


@asynccontextmanager
async def hearing(amqp_url: str) -> AsyncIterator[Hearer]:
    hearer, stop = Hearer(), asyncio.Event()
    bus = open_bus(amqp_url, service="hearer", registry=CollectorRegistry())
    task = asyncio.create_task(bus.consume(Subscription(SEARCH_ARTICLES, hearer), stop))
    try:
        yield hearer
    finally:
        stop.set()
        await asyncio.wait_for(task, 10)
        await bus.close()


@dataclass
class Newsdesk:
    """Starts ingest on this test's servers."""

    folder: Path
    database_name: str
    mongodb_uri: str
    amqp_url: str
    web: LocalWeb

    def opml(self, *names: str, attributes: str = "") -> str:
        """Write a list of sources on the local web, one for each name, and return its path."""
        rows = "".join(
            f'<outline text="{name}" id="{name}" outlet="{name}.kg" xmlUrl="{self.web.url("/" + name)}" '
            f'interval="0.2" {attributes}/>'
            for name in names
        )
        path = self.folder / "sources.opml"
        path.write_text(f"<opml><body>{rows}</body></opml>", encoding="utf-8")
        return str(path)

    @asynccontextmanager
    async def running(
        self, sources: str = "", bus: Bus | None = None, **told: Any
    ) -> AsyncIterator[Settings]:
        """Run the service within the block; at its end it must stop by itself."""
        settings = Settings(
            **{
                "host": "127.0.0.1",
                "port": free_port(100),
                "amqp_url": self.amqp_url,
                "mongodb_uri": self.mongodb_uri,
                "mongodb_database": self.database_name,
                "sources": sources,
                "allow_private_addresses": True,
                "default_interval_s": 0.2,
                "min_interval_s": 0.1,
                "max_interval_s": 0.2,
                "host_gap_s": 0,
                "shutdown_s": 10.0,
                **told,
            }
        )
        context = Context(registry=CollectorRegistry(), bus=bus)
        task = asyncio.create_task(run(settings, context))
        try:
            await _answers(f"http://127.0.0.1:{settings.ops_port}/livez", task)
            yield settings
        finally:
            context.stop.set()
            await asyncio.wait_for(task, 15)


async def _answers(url: str, task: asyncio.Task[None]) -> None:
    async def probe() -> bool:
        if task.done():
            task.result()
        try:
            return (await get(url)).status_code == 200
        except httpx2.TransportError:
            return False

    await eventually(probe, within_s=20, what=url)


async def get(url: str) -> httpx2.Response:
    async with httpx2.AsyncClient(trust_env=False) as client:
        return await client.get(url)


@pytest.fixture
def newsdesk(tmp_path: Path, database_name: str, mongodb_uri: str, amqp_url: str, web: LocalWeb) -> Newsdesk:
    return Newsdesk(tmp_path, database_name, mongodb_uri, amqp_url, web)


async def asked_more(web: LocalWeb, path: str, times: int) -> None:
    """Wait until a page was asked for so many times more."""
    await asked(web, path, len(web.statuses(path)) + times)


async def asked(web: LocalWeb, path: str, times: int) -> None:
    """Wait until a page was asked for so many times in all."""

    async def probe() -> bool:
        return len(web.statuses(path)) >= times

    await eventually(probe, within_s=30, what=f"{path} asked {times} times")


async def test_an_edited_title_is_one_more_event_and_then_only_not_modified(
    newsdesk: Newsdesk, web: LocalWeb
) -> None:
    web.pages["/a"] = Page(FEED, etag=True)
    async with hearing(newsdesk.amqp_url) as hearer, newsdesk.running(newsdesk.opml("a")):
        await hearer.hears(("One", 1), ("Two", 1))
        web.pages["/a"] = Page(rss([("https://a.kg/1", "One, edited"), ("https://a.kg/2", "Two")]), etag=True)
        await hearer.hears(("One", 1), ("Two", 1), ("One, edited", 2))
        await asked_more(web, "/a", 2)

        async def not_modified_twice_in_a_row() -> bool:
            # One poll in a hundred asks for the whole feed by chance, to find servers that say "not modified" for ever.
            return web.statuses("/a")[-2:] == [True, True]

        await eventually(not_modified_twice_in_a_row, within_s=10)
        await hearer.hears(("One", 1), ("Two", 1), ("One, edited", 2))


async def test_bad_sources_are_told_and_stop_nobody(newsdesk: Newsdesk, web: LocalWeb) -> None:
    web.pages |= {
        "/good": Page(FEED),
        "/html": Page(b"<html><head><title>Blocked</title></head></html>"),
        "/empty": Page(b""),
        "/endless": Page(b"<rss>" * 20_000, endless=True),
        "/slow": Page(b"<rss>" * 20_000, drip_s=0.05),
    }
    names = ("good", "html", "empty", "endless", "slow", "missing")
    with capture_logs() as logs:
        async with (
            hearing(newsdesk.amqp_url) as hearer,
            newsdesk.running(newsdesk.opml(*names), fetch_deadline_s=5.0) as settings,
        ):
            await hearer.hears(("One", 1), ("Two", 1))
            health = await _failing(settings, 5)
    expected = {
        "html": "html",
        "empty": "empty",
        "endless": "too_large",
        "slow": "timeout",
        "missing": "not_found",
    }
    assert {name: reason for name, reason in health.items() if reason} == expected
    told = {
        (line["source"], line["reason"]): line["detail"]
        for line in logs
        if line["event"] == "source_updated" and line["outcome"] == "failed"
    }
    assert set(told) == set(expected.items())
    assert "Blocked" in told["html", "html"]


async def _failing(settings: Settings, count: int) -> Mapping[str, str | None]:
    async def probe() -> Mapping[str, str | None]:
        answer = (await get(f"http://127.0.0.1:{settings.port}/v1/sources")).json()
        health = {source["id"]: source["last_failure"] for source in answer["sources"]}
        return health if sum(reason is not None for reason in health.values()) == count else {}

    return await eventually(probe, within_s=30, what=f"{count} failing sources")


async def test_two_replicas_never_poll_one_source_at_once(newsdesk: Newsdesk, web: LocalWeb) -> None:
    web.pages["/a"] = Page(FEED)
    web.hold = asyncio.Event()
    listed = newsdesk.opml("a")
    async with hearing(newsdesk.amqp_url) as hearer, newsdesk.running(listed), newsdesk.running(listed):
        await asked(
            web, "/a", 1
        )  # it may have been before both were up, and the next comes only after this one
        web.hold.set()
        await asked_more(web, "/a", 8)
        await hearer.hears(("One", 1), ("Two", 1))
    assert web.most_under_way == 1
    assert len({event.id for event in hearer.heard}) == 2


async def test_while_the_broker_is_away_events_wait_in_the_outbox(
    newsdesk: Newsdesk, web: LocalWeb, mongodb_admin: MongoClient[dict[str, Any]]
) -> None:
    web.pages["/a"] = Page(FEED)
    items = mongodb_admin[newsdesk.database_name]["items"]

    async def both_pending() -> bool:
        return items.count_documents({"pending.id": {"$exists": True}}) == 2

    async with newsdesk.running(newsdesk.opml("a"), amqp_url=NOWHERE) as settings:
        await eventually(both_pending, within_s=20, what="two pending events")
        ready = await get(f"http://127.0.0.1:{settings.ops_port}/readyz")
        assert (ready.status_code, ready.json()["dependencies"]["broker"]) == (200, "down")
    async with hearing(newsdesk.amqp_url) as hearer, newsdesk.running():
        await hearer.hears(("One", 1), ("Two", 1))


async def test_a_full_outbox_pauses_polling_and_says_so_until_there_is_room(
    newsdesk: Newsdesk,
    web: LocalWeb,
    mongodb_admin: MongoClient[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A broker that is away for days must not fill the database's disk."""
    monkeypatch.setattr("ingest.app.parts.LOOK_EVERY_S", 0.1)
    web.pages["/a"] = Page(rss([(f"https://a.kg/{number}", f"Title {number}") for number in range(120)]))
    items = mongodb_admin[newsdesk.database_name]["items"]

    async def reasons(settings: Settings) -> tuple[int, str, list[str]]:
        answer = await get(f"http://127.0.0.1:{settings.ops_port}/readyz")
        return answer.status_code, answer.json()["status"], answer.json()["reasons"]

    async with newsdesk.running(newsdesk.opml("a"), amqp_url=NOWHERE, outbox_max_events=100) as settings:

        async def full() -> bool:
            return await reasons(settings) == (200, "degraded", ["outbox_full"])

        await eventually(full, within_s=20, what="the outbox is full")
        paused = 'ingest_paused{reason="outbox_full"} 1.0'
        await eventually(lambda: _shows(settings, paused), within_s=10, what="polling pauses")
        await eventually(lambda: _shows(settings, "ingest_outbox_events 100.0"), within_s=10)
        asked = len(web.statuses("/a"))
        items.delete_many({"_id": {"$in": [row["_id"] for row in items.find({}, {"_id": 1}).limit(25)]}})
        await eventually(lambda: _shows(settings, "ingest_outbox_events 95.0"), within_s=10)
        assert await full()
        assert len(web.statuses("/a")) == asked
        items.delete_many({})

        async def room() -> bool:
            return len(web.statuses("/a")) > asked

        await eventually(room, within_s=20, what="polling goes on")


async def _shows(settings: Settings, metric: str) -> bool:
    scraped = await get(f"http://127.0.0.1:{settings.ops_port}/metrics")
    return metric in scraped.text


async def test_without_its_database_the_service_lives_says_so_and_stops_when_asked(
    newsdesk: Newsdesk, silent_uri: str
) -> None:
    with capture_logs() as logs:
        nowhere = f"{silent_uri}&serverSelectionTimeoutMS=200"
        async with newsdesk.running(mongodb_uri=nowhere) as settings:
            ready = await get(f"http://127.0.0.1:{settings.ops_port}/readyz")
            answer = await get(f"http://127.0.0.1:{settings.port}/v1/sources")
            await eventually(lambda: _said(logs, "updates_paused"), within_s=10)
    assert (ready.status_code, ready.json()["dependencies"]["mongodb"]) == (200, "down")
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:silkwire:problem:database-unavailable")


def _said(logs: Sequence[Mapping[str, Any]], event: str) -> Awaitable[bool]:
    async def probe() -> bool:
        return any(line["event"] == event for line in logs)

    return probe()


async def test_a_list_of_sources_that_is_not_xml_is_told_with_its_line_and_stops_nothing(
    newsdesk: Newsdesk, tmp_path: Path
) -> None:
    path = tmp_path / "broken.opml"
    path.write_text("<opml>\n<body>\n<outline></body></opml>", encoding="utf-8")
    with capture_logs() as logs:
        async with newsdesk.running(str(path)) as settings:
            await eventually(lambda: _said(logs, "sources_refused"), within_s=10)
            answer = await get(f"http://127.0.0.1:{settings.port}/v1/sources")
    (line,) = [line for line in logs if line["event"] == "sources_refused"]
    assert (line["file"], line["line"]) == (str(path), 3)
    assert answer.json() == {"sources": []}


async def test_the_list_seeds_an_empty_store_only(newsdesk: Newsdesk, web: LocalWeb) -> None:
    web.pages["/a"] = Page(FEED)
    async with newsdesk.running(newsdesk.opml("a")) as settings:
        await asked_more(web, "/a", 1)
    async with newsdesk.running(newsdesk.opml("a", "b")) as settings:
        await asked_more(web, "/a", 1)
        answer = await get(f"http://127.0.0.1:{settings.port}/v1/sources")
    assert [source["id"] for source in json.loads(answer.content)["sources"]] == ["a"]


async def test_several_services_can_live_in_one_process_on_one_bus(newsdesk: Newsdesk, web: LocalWeb) -> None:
    web.pages["/a"] = Page(FEED)
    async with AsyncExitStack() as opened:
        bus = open_bus(newsdesk.amqp_url, service="all", registry=CollectorRegistry())
        opened.push_async_callback(bus.close)
        hearer = await opened.enter_async_context(hearing(newsdesk.amqp_url))
        async with newsdesk.running(newsdesk.opml("a"), bus=bus, amqp_url=NOWHERE):
            await hearer.hears(("One", 1), ("Two", 1))
        assert await bus.check()


async def test_a_hosts_file_that_cannot_be_read_stops_the_start_and_is_named(newsdesk: Newsdesk) -> None:
    """Operators: a name that is asked of DNS after all might be somebody else's."""
    with pytest.raises(SettingsError, match="INGEST_HOSTS_FILE"):
        async with newsdesk.running(hosts_file=str(newsdesk.folder / "nowhere")):
            pass


async def test_no_reading_process_outlives_the_service(newsdesk: Newsdesk, web: LocalWeb) -> None:
    """In the one-process form the process itself goes on, and on a host nobody would look for them."""
    web.pages["/a"] = Page(FEED)
    async with hearing(newsdesk.amqp_url) as hearer, newsdesk.running(newsdesk.opml("a")):
        await hearer.hears(("One", 1), ("Two", 1))
        assert _readers()
    assert _readers() == []


def _readers() -> list[str]:
    """The processes below this one in which documents are read."""
    found = []
    for pid in Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split():
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        if b"ingest.adapters.workers.main" in command:
            found.append(pid)
    return found


async def test_a_source_that_asks_for_it_gets_the_text_of_its_pages(
    newsdesk: Newsdesk, web: LocalWeb
) -> None:
    """Robots.txt is asked first, each page is read once, and an article keeps its text at the polls that follow."""
    sentence = "Parliament passed the law on water in its third reading, and it goes to the president now. "
    article = f"<html><body><article><p>{sentence * 9}</p></article></body></html>".encode()
    web.pages |= {
        "/a": Page(rss([(web.url("/law"), "The law on water"), (web.url("/admin/x"), "Kept for people")])),
        "/robots.txt": Page(b"User-agent: *\nDisallow: /admin/", headers={"Content-Type": "text/plain"}),
        "/law": Page(article, headers={"Content-Type": "text/html"}),
        "/admin/x": Page(article, headers={"Content-Type": "text/html"}),
    }
    listed = newsdesk.opml("a", attributes='fullText="true"')
    async with hearing(newsdesk.amqp_url) as hearer, newsdesk.running(listed):
        await hearer.hears(("The law on water", 1), ("Kept for people", 1))
        await asked_more(web, "/a", 3)
    texts = {event.title: event.text for event in hearer.heard}
    assert texts["The law on water"] == (sentence * 9).strip()
    assert texts["Kept for people"] == "Text of Kept for people"
    assert len(web.statuses("/law")) == 1
    assert web.statuses("/admin/x") == []
    assert hearer.revisions() == [("Kept for people", 1), ("The law on water", 1)]
