"""Hubs and subscriptions over real sockets: through the real gateway, on a real MongoDB, between replicas."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from gateway.app import run as run_gateway
from gateway.settings import Settings as GatewaySettings
from ingest.adapters.httpx2_fetcher import Httpx2Fetcher
from ingest.adapters.mongo_source_store import MongoSourceStore
from ingest.adapters.mongo_subscription_store import MongoSubscriptionStore
from ingest.api.websub import websub_router
from ingest.domain.fetching.outcomes import Accepted, Failed, Fetched, Reason, Validators
from ingest.domain.parsing.entries import RawFeed
from ingest.domain.websub.push import Push
from ingest.domain.websub.subscription import Stage, Terms
from ingest.metrics import Metrics
from ingest.pipeline.websub import CallbackRules, Subscriptions
from ingest.ports import Finish
from shared import mongo
from shared.clock import SystemClock
from shared.contracts.http.sources import SourceHealth, SourcesAnswer
from shared.service import Context
from shared.testing.eventually import eventually
from shared.web import create_api, serve
from silkwire.backing.ports import free_port
from tests.integration.ingest.local_hub import LocalHub, local_hub
from tests.integration.ingest.local_web import LocalWeb, Page
from tests.integration.ingest.test_fetcher import system_names
from tests.integration.ingest.test_service import Newsdesk, get, hearing
from tests.suites.ingest_fakes import rss
from tests.suites.ingest_stores import claimed, source

TERMS = Terms(least_ask_s=0.1, first_ask_s=0.4)
FIRST, SECOND = [("https://a.kg/1", "One")], [("https://a.kg/2", "Two"), ("https://a.kg/1", "One")]


@pytest.fixture
async def hub() -> AsyncIterator[LocalHub]:
    async with local_hub() as serving:
        yield serving


@dataclass
class Town:
    """Ingest behind a gateway that a hub can reach, with one source that names the hub."""

    web: LocalWeb
    hub: LocalHub
    gateway: str

    def publish(self, items: list[tuple[str, str]]) -> None:
        """Let the source's feed have these items, and name the hub in its head."""
        link = f'<{self.hub.url}>; rel="hub", <{self.web.url("/a")}>; rel="self"'
        self.web.pages["/a"] = Page(rss(items), etag=True, headers={"Link": link})

    async def source(self) -> SourceHealth:
        """Return how the source does, as the gateway tells the public."""
        answer = await get(f"{self.gateway}/api/v1/sources")
        return SourcesAnswer.model_validate_json(answer.content).sources[0]

    async def shows(self, push: str) -> None:
        """Wait until the source's subscription has come so far."""

        async def probe() -> bool:
            return (await self.source()).push == push

        await eventually(probe, within_s=30, what=f"push={push}")


@asynccontextmanager
async def town(newsdesk: Newsdesk, hub: LocalHub) -> AsyncIterator[Town]:
    """Run ingest and the gateway; without its hub the source would not be polled again for ten minutes."""
    port, inner = free_port(100), free_port(100)
    path = newsdesk.folder / "sources.opml"
    address = newsdesk.web.url("/a")
    path.write_text(
        f'<opml><body><outline text="A" id="a" outlet="a.kg" xmlUrl="{address}"/></body></opml>', "utf-8"
    )
    callback = f"http://127.0.0.1:{port}/websub"
    settings = GatewaySettings(
        host="127.0.0.1",
        port=port,
        search_url="http://127.0.0.1:9",
        rates_url="http://127.0.0.1:9",
        ingest_url=f"http://127.0.0.1:{inner}",
    )
    context = Context(registry=CollectorRegistry())
    made = Town(newsdesk.web, hub, f"http://127.0.0.1:{port}")
    made.publish(FIRST)
    calm: dict[str, Any] = {
        "default_interval_s": 600.0,
        "max_interval_s": 3000.0,
        "websub_callback_url": callback,
    }
    task = asyncio.create_task(run_gateway(settings, context))
    try:
        async with newsdesk.running(str(path), port=inner, **calm):
            yield made
    finally:
        context.stop.set()
        await asyncio.wait_for(task, 30)


@pytest.fixture
def newsdesk(tmp_path: Path, database_name: str, mongodb_uri: str, amqp_url: str, web: LocalWeb) -> Newsdesk:
    return Newsdesk(tmp_path, database_name, mongodb_uri, amqp_url, web)


async def test_what_a_hub_tells_is_news_within_seconds(newsdesk: Newsdesk, hub: LocalHub) -> None:
    """Readers: ten minutes is what polling alone would take; and publishers, who are polled hourly from then on."""
    async with hearing(newsdesk.amqp_url) as hearer, town(newsdesk, hub) as made:
        await hearer.hears(("One", 1))
        await hub.agrees()
        await made.shows("verified")
        assert hub.asked[0]["hub.topic"] == made.web.url("/a")
        made.publish(SECOND)
        assert (await hub.tell(b"anything: what is signed is not read")).status_code == 202
        await hearer.hears(("One", 1), ("Two", 1))
        health = await made.source()
        assert (health.push, health.interval_s) == ("verified", 3000)
        assert health.told_at is not None
        told = (await get(f"{made.gateway}/api/v1/sources")).text
        assert hub.asked[0]["hub.secret"] not in told
        assert hub.asked[0]["hub.callback"].rpartition("/")[2] not in told


async def test_what_is_not_signed_by_the_hub_fetches_nothing(newsdesk: Newsdesk, hub: LocalHub) -> None:
    """Publishers: else anybody who sees a callback's address could have them polled as he likes."""
    async with hearing(newsdesk.amqp_url) as hearer, town(newsdesk, hub) as made:
        await hub.agrees()
        await made.shows("verified")
        polls = len(made.web.statuses("/a"))
        with capture_logs() as logs:
            assert (await hub.tell(b"x", secret="not the hub's")).status_code == 202
        assert [line["outcome"] for line in logs if line["event"] == "websub_told"] == ["forged"]
        made.publish(SECOND)
        assert (await hub.tell(b"y", method="sha1")).status_code == 202
        await hearer.hears(("One", 1), ("Two", 1))
        assert len(made.web.statuses("/a")) == polls + 1


async def test_only_what_was_asked_for_is_confirmed(newsdesk: Newsdesk, hub: LocalHub) -> None:
    async with town(newsdesk, hub) as made:
        await hub.agrees()
        nobody = f"{made.gateway}/websub/nobodys-token"
        assert (await hub.ask_back(topic="https://evil.kg/rss")).status_code == 404
        assert (await hub.ask_back(mode="unsubscribe")).status_code == 404
        assert (await hub.ask_back(callback=nobody)).status_code == 404
        assert (await hub.client.post(nobody, content=b"x")).status_code == 410
        again = await hub.ask_back()
        assert (again.status_code, again.text) == (200, "a-challenge")
        assert again.headers["content-type"].startswith("text/plain")


async def test_a_hub_that_denies_leaves_the_source_to_be_polled(newsdesk: Newsdesk, hub: LocalHub) -> None:
    async with town(newsdesk, hub) as made:
        await hub.agrees()
        await made.shows("verified")
        assert (await hub.ask_back(mode="denied")).status_code == 204
        health = await made.source()
        assert (health.push, health.state) == ("denied", "active")
        assert health.interval_s < 3000


async def test_a_message_that_is_too_large_is_refused(newsdesk: Newsdesk, hub: LocalHub) -> None:
    async with town(newsdesk, hub) as made:
        await hub.agrees()
        await made.shows("verified")
        assert (await hub.tell(b"x" * (3 * 1024 * 1024))).status_code == 413
        assert (await made.source()).told_at is None


async def test_without_an_address_for_hubs_none_is_asked(newsdesk: Newsdesk, hub: LocalHub) -> None:
    """Operators of a system that nobody can reach from outside."""
    link = f'<{hub.url}>; rel="hub"'
    newsdesk.web.pages["/a"] = Page(rss(FIRST), headers={"Link": link})
    async with hearing(newsdesk.amqp_url) as hearer, newsdesk.running(newsdesk.opml("a")) as settings:
        await hearer.hears(("One", 1))
        answer = await get(f"http://127.0.0.1:{settings.port}/v1/sources")
        assert SourcesAnswer.model_validate_json(answer.content).sources[0].push is None
        callback = await get(f"http://127.0.0.1:{settings.port}/v1/websub/token")
        assert callback.status_code == 404
    assert hub.asked == []


@dataclass
class Replicas:
    """Two replicas on one database: one asks the hub, the other is who the hub reaches."""

    sources: MongoSourceStore
    asking: Subscriptions
    fetcher: Httpx2Fetcher

    async def push(self) -> Push:
        found = await self.sources.get("a")
        assert found is not None
        assert found[1].push is not None
        return found[1].push

    async def subscribe(self, hub: LocalHub) -> None:
        await self.sources.seed([source("a")])
        answer = Fetched(source("a").url, b"", None, Validators(), 0)
        await self.asking.notice(source("a"), None, answer, RawFeed("rss20", hubs=(hub.url,)))
        assert await self.asking.step()


@pytest.fixture
async def replicas(database: mongo.Database) -> AsyncIterator[Replicas]:
    sources, store = MongoSourceStore(database), MongoSubscriptionStore(database)
    await sources.ensure_indexes()
    port, stop = free_port(100), asyncio.Event()
    rules = CallbackRules(f"http://127.0.0.1:{port}/v1/websub", least_s=0, terms=TERMS, idle_s=0.05)
    fetcher = Httpx2Fetcher(system_names(), clock=SystemClock(), user_agent="Tester/1", allow_private=True)
    heard = Subscriptions(MongoSubscriptionStore(database), fetcher, Metrics(CollectorRegistry()), rules)
    api = create_api("t", "t", registry=CollectorRegistry())
    api.include_router(websub_router(heard))
    task = asyncio.create_task(serve(api, "127.0.0.1", port, stop, drain_s=2))
    yield Replicas(sources, Subscriptions(store, fetcher, Metrics(CollectorRegistry()), rules), fetcher)
    stop.set()
    await task
    await fetcher.close()


@pytest.mark.parametrize("at_once", [False, True], ids=["asks back later", "asks back at once"])
async def test_any_replica_answers_for_the_one_that_asked(
    replicas: Replicas, hub: LocalHub, *, at_once: bool
) -> None:
    """Some hubs ask back before they answer us, when the request is still in hand."""
    hub.at_once = at_once
    await replicas.subscribe(hub)
    await hub.agrees()
    assert (await replicas.push()).stage is Stage.VERIFIED
    await replicas.sources.finish(await claimed(replicas.sources), Finish(3600))
    assert (await hub.tell(b"news", method="sha512")).status_code == 202
    claim = await claimed(replicas.sources)
    assert claim.state.push is not None
    assert claim.state.push.news


async def test_a_short_lease_is_renewed_before_it_ends(replicas: Replicas, hub: LocalHub) -> None:
    """Readers: a hub that gives an hour must not fall silent after it."""
    hub.lease_s = 2
    await replicas.subscribe(hub)
    await hub.agrees()
    first = (await replicas.push()).live_until
    stop = asyncio.Event()
    running = asyncio.create_task(replicas.asking.run(stop))
    await hub.agrees(times=3)
    stop.set()
    await running
    push = await replicas.push()
    assert first is not None
    assert push.live_until is not None
    assert push.live_until > first
    assert push.stage is Stage.VERIFIED
    assert len({form["hub.callback"] for form in hub.asked}) == 1


async def test_a_hub_that_is_away_is_asked_again(replicas: Replicas) -> None:
    async with local_hub() as lost:
        gone = lost.url
    answer = Fetched(source("a").url, b"", None, Validators(), 0)
    await replicas.sources.seed([source("a")])
    await replicas.asking.notice(source("a"), None, answer, RawFeed("rss20", hubs=(gone,)))
    with capture_logs() as logs:
        assert await replicas.asking.step()
    told = next(line for line in logs if line["event"] == "websub_asked")
    assert (told["outcome"], told["reason"]) == ("failed", "connect")
    assert (await replicas.push()).stage is Stage.PENDING

    async def again() -> bool:
        return await replicas.asking.step()

    await eventually(again, within_s=10, what="the hub asked again")


async def test_a_redirect_of_a_hub_is_followed_with_the_form(
    replicas: Replicas, hub: LocalHub, web: LocalWeb
) -> None:
    """WebSub, 5.1: a hub may send its subscribers on with 307 or 308; after 302 the form would be lost."""
    web.pages |= {
        "/moved": Page(status=308, headers={"Location": hub.url}),
        "/lost": Page(status=302, headers={"Location": hub.url}),
    }
    form = {"hub.mode": "subscribe", "hub.topic": "https://a.kg/rss", "hub.callback": web.url("/callback")}
    assert isinstance(await replicas.fetcher.post_form(web.url("/moved"), form), Accepted)
    assert hub.asked == [form]
    assert isinstance(await replicas.fetcher.post_form(web.url("/lost"), form), Failed)
    assert len(hub.asked) == 1


async def test_a_hub_on_a_private_address_is_not_asked(hub: LocalHub) -> None:
    """Operators: a feed may name whatever it likes as its hub."""
    guarded = Httpx2Fetcher(system_names(), clock=SystemClock(), user_agent="Tester/1")
    answer = await guarded.post_form(hub.url, {"hub.mode": "subscribe"})
    await guarded.close()
    assert isinstance(answer, Failed)
    assert answer.reason is Reason.ADDRESS_REFUSED
    assert hub.asked == []
