"""Dealing with hubs, on a store and hubs in memory: noticing, asking, answering, hearing."""

import hashlib
import hmac
from dataclasses import dataclass, field, replace

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from ingest.domain.fetching.outcomes import Failed, Fetched, Reason, Validators
from ingest.domain.parsing.entries import RawFeed
from ingest.domain.websub.callbacks import Asked, Verdict
from ingest.domain.websub.push import Push
from ingest.domain.websub.subscription import Stage, Subscription, Terms
from ingest.metrics import Metrics
from ingest.pipeline.websub import MAX_TRIES, CallbackRules, Subscriptions
from ingest.ports import Finish, StoreDownError
from shared.testing.clock import FixedClock
from tests.suites.ingest_fakes import MemorySourceStore, rss
from tests.suites.ingest_stores import NOW, claimed, source
from tests.suites.ingest_websub import (
    FEED,
    HUB,
    FakeHubs,
    MemorySubscriptionStore,
    SubscriptionStoreSuite,
)
from tests.unit.ingest.test_update import Desk as UpdateDesk

CALLBACK = "https://news.example/websub"
ANSWER = Fetched(FEED, b"", None, Validators(), 0)
NAMED = RawFeed("rss20", hubs=(HUB,), address=FEED)
BODY = b"<rss/>"


class TestMemorySubscriptionStore(SubscriptionStoreSuite):
    clock = FixedClock(NOW)

    @pytest.fixture
    def sources(self) -> MemorySourceStore:
        return MemorySourceStore(self.clock)

    @pytest.fixture
    def store(self, sources: MemorySourceStore) -> MemorySubscriptionStore:
        return MemorySubscriptionStore(sources, self.clock)

    async def let_pass(self, seconds: float) -> None:
        self.clock.advance(seconds)


@dataclass
class Desk:
    """Everything around subscriptions in memory, and one source."""

    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    hubs: FakeHubs = field(default_factory=FakeHubs)
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        self.sources = MemorySourceStore(self.clock)
        self.store = MemorySubscriptionStore(self.sources, self.clock)
        rules = CallbackRules(CALLBACK, least_s=60)
        self.subscriptions = Subscriptions(self.store, self.hubs, Metrics(self.registry), rules)

    async def push(self) -> Push | None:
        found = await self.sources.get("a")
        assert found is not None
        return found[1].push

    async def notice(self, feed: RawFeed, link: str = "") -> Subscription | None:
        """Poll the source, whose feed names a hub or not; return its subscription."""
        await self.sources.seed([source("a")])
        await self.subscriptions.notice(source("a"), await self.push(), replace(ANSWER, link=link), feed)
        return self.store._of("a")

    async def asked_for(self) -> Subscription:
        """Return a subscription whose hub was asked."""
        await self.notice(NAMED)
        assert await self.subscriptions.step()
        known = self.store._of("a")
        assert known is not None
        return known

    async def verified(self, lease: str = "86400") -> Subscription:
        """Return a subscription to which its hub has agreed."""
        known = await self.asked_for()
        asked = Asked("subscribe", FEED, "challenge", lease)
        assert await self.subscriptions.asked(known.token, asked) is Verdict.CONFIRM
        return known

    def counted(self, call: str) -> float:
        return self.registry.get_sample_value("ingest_hub_calls_total", {"call": call}) or 0.0


@pytest.fixture
def desk() -> Desk:
    return Desk()


def signature(known: Subscription, body: bytes = BODY) -> str:
    return "sha256=" + hmac.new(known.secret.encode(), body, hashlib.sha256).hexdigest()


async def test_a_hub_is_asked_for_what_a_feed_says_it_is_called(desk: Desk) -> None:
    known = await desk.asked_for()
    (url, form), = desk.hubs.forms  # fmt: skip
    assert url == HUB
    assert form == {
        "hub.mode": "subscribe",
        "hub.topic": FEED,
        "hub.callback": f"{CALLBACK}/{known.token}",
        "hub.lease_seconds": "864000",
        "hub.secret": known.secret,
    }
    assert len(known.token) >= 43, "256 bits that nobody guesses"
    assert known.stage is Stage.PENDING
    assert not await desk.subscriptions.step()


async def test_the_head_of_an_answer_goes_before_the_feed(desk: Desk) -> None:
    link = '<https://other.kg/>; rel="hub", <https://a.kg/self>; rel="self"'
    known = await desk.notice(NAMED, link)
    assert known is not None
    assert (known.hub, known.topic) == ("https://other.kg/", "https://a.kg/self")


async def test_the_same_offer_changes_nothing(desk: Desk) -> None:
    first = await desk.notice(NAMED)
    assert await desk.notice(NAMED) == first


async def test_a_poll_notices_the_hub_in_a_feed(desk: Desk) -> None:
    polled = UpdateDesk()
    store = MemorySubscriptionStore(polled.sources, polled.clock)
    subscriptions = Subscriptions(store, desk.hubs, polled.metrics, CallbackRules(CALLBACK, least_s=60))
    head = f'<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="hub" href="{HUB}"/>'
    body = rss([("https://a.kg/1", "One")]).replace(b"<item>", head.encode() + b"<item>")
    polled.web.bodies[FEED] = body
    await polled.sources.seed([source("a")])
    for updater in (polled.build(polled.web), polled.build(polled.web, subscriptions=subscriptions)):
        assert store._of("a") is None, "where hubs cannot reach us nothing is noticed"
        polled.web.bodies[FEED] += b" "
        polled.clock.advance(86_400)
        await updater(await claimed(polled.sources))
    known = store._of("a")
    assert known is not None
    assert (known.hub, known.topic) == (HUB, FEED)


async def test_a_feed_without_a_hub_is_only_polled(desk: Desk) -> None:
    assert await desk.notice(RawFeed("rss20")) is None
    await desk.notice(NAMED)
    with capture_logs() as logs:
        assert await desk.notice(RawFeed("rss20")) is None
    assert [line["event"] for line in logs] == ["websub_dropped"]


async def test_a_feed_that_names_itself_anew_each_time_asks_nobody(desk: Desk) -> None:
    """Hubs: such a feed would have them asked at every poll."""
    await desk.asked_for()
    for minute in range(20):
        desk.clock.advance(60)
        await desk.notice(replace(NAMED, address=f"{FEED}?{minute}"))
        await desk.subscriptions.step()
    assert len(desk.hubs.forms) == 1
    desk.clock.advance(Terms().first_ask_s)
    assert await desk.subscriptions.step(), "one that has settled is asked"


async def test_a_hub_that_does_not_answer_is_asked_again_later(desk: Desk) -> None:
    desk.hubs.failure = Failed(Reason.SERVER_ERROR, "HTTP status 503", 503, retry_after_s=7200)
    with capture_logs() as logs:
        await desk.asked_for()
    told = next(line for line in logs if line["event"] == "websub_asked")
    assert (told["outcome"], told["reason"]) == ("failed", "server_error")
    desk.clock.advance(7100)
    assert not await desk.subscriptions.step(), "it asked to be left alone"
    desk.clock.advance(200)
    assert await desk.subscriptions.step()


async def test_an_agreement_holds_for_its_lease_and_is_renewed_before(desk: Desk) -> None:
    await desk.verified("1000")
    push = await desk.push()
    assert push is not None
    assert push.stage is Stage.VERIFIED
    assert not await desk.subscriptions.step()
    desk.clock.advance(801)
    assert await desk.subscriptions.step()
    push = await desk.push()
    assert push is not None
    assert push.stage_at(desk.clock.now()) is Stage.VERIFIED, "it still tells"
    desk.clock.advance(200)
    assert push.stage_at(desk.clock.now()) is Stage.PENDING


async def test_what_we_did_not_ask_for_is_refused(desk: Desk) -> None:
    known = await desk.asked_for()
    other = Asked("subscribe", "https://evil.kg/", "challenge")
    assert await desk.subscriptions.asked(known.token, other) is Verdict.REFUSE
    assert await desk.subscriptions.asked("guessed", Asked("subscribe", FEED, "c")) is None
    assert (desk.counted("refused"), desk.counted("unknown")) == (1, 1)


async def test_a_hub_that_says_no_is_asked_again_after_a_week(desk: Desk) -> None:
    known = await desk.verified()
    assert await desk.subscriptions.asked(known.token, Asked("denied", FEED)) is Verdict.DENIED
    push = await desk.push()
    assert push is not None
    assert (push.stage, push.live_until) == (Stage.DENIED, None)
    desk.clock.advance(6 * 86_400)
    assert not await desk.subscriptions.step()
    desk.clock.advance(86_400)
    assert await desk.subscriptions.step()


async def test_an_answer_that_another_replica_changes_meanwhile_is_given_again(desk: Desk) -> None:
    known = await desk.asked_for()
    desk.store.rivals = 2
    asked = Asked("subscribe", FEED, "challenge")
    assert await desk.subscriptions.asked(known.token, asked) is Verdict.CONFIRM
    desk.store.rivals = MAX_TRIES
    with pytest.raises(StoreDownError):
        await desk.subscriptions.asked(known.token, asked)


async def test_a_hub_is_asked_by_one_replica_only(desk: Desk) -> None:
    await desk.notice(NAMED)
    desk.store.rivals = 1
    assert await desk.subscriptions.step()
    assert desk.hubs.forms == []


async def test_what_is_signed_makes_the_source_due(desk: Desk) -> None:
    known = await desk.verified()
    await desk.sources.finish(await claimed(desk.sources), Finish(3600))
    desk.clock.advance(120)
    assert await desk.subscriptions.told(known.token, signature(known), BODY)
    claim = await claimed(desk.sources)
    assert claim.state.push is not None
    assert (claim.state.push.told, claim.state.push.told_at) == (1, desk.clock.now())
    assert desk.counted("told") == 1


@pytest.mark.parametrize("header", [None, "sha256=00", "md5=00"], ids=["none", "wrong", "weak"])
async def test_what_is_not_signed_is_taken_and_does_nothing(desk: Desk, header: str | None) -> None:
    """WebSub, 7.1: an answer that told a forger of the failure would help him to try again."""
    known = await desk.verified()
    await desk.sources.finish(await claimed(desk.sources), Finish(3600))
    desk.clock.advance(120)
    with capture_logs() as logs:
        assert await desk.subscriptions.told(known.token, header, BODY)
    assert await desk.sources.claim_due("one", 20) is None
    assert [(line["event"], line["outcome"]) for line in logs] == [("websub_told", "forged")]
    assert desk.counted("forged") == 1


async def test_what_is_told_to_nobody_is_told_so(desk: Desk) -> None:
    known = await desk.verified()
    await desk.sources.remove("a")
    assert not await desk.subscriptions.told(known.token, signature(known), BODY)
    assert desk.counted("unknown") == 1


async def test_no_log_line_has_a_secret_or_a_token(desk: Desk) -> None:
    """Operators: logs go to many places, and either lets anybody speak for the hub."""
    with capture_logs() as logs:
        known = await desk.verified()
        await desk.subscriptions.told(known.token, signature(known), BODY)
        await desk.subscriptions.asked(known.token, Asked("unsubscribe", FEED, "c"))
    assert len(logs) == 5
    assert known.secret not in str(logs)
    assert known.token not in str(logs)


async def test_while_the_store_is_away_hubs_wait(desk: Desk) -> None:
    known = await desk.verified()
    desk.sources.down = True
    assert await desk.subscriptions._guarded() > 0
    with pytest.raises(StoreDownError):
        await desk.subscriptions.told(known.token, signature(known), BODY)
