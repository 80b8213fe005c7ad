"""One source from claim to stored entries, on stores and a web in memory."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from ingest.domain.articles.reading import Reading
from ingest.domain.fetching.outcomes import (
    Failed,
    Fetched,
    FetchOutcome,
    Reason,
    UnreadableFeedError,
    Validators,
)
from ingest.domain.rhythm.schedule import Pace
from ingest.domain.sources.source import Source
from ingest.metrics import Metrics
from ingest.pipeline.storing import Storing
from ingest.pipeline.update import Report, SourceUpdate
from ingest.pipeline.websub import Subscriptions
from ingest.ports import FeedReader, Fetcher, SourceState, StoreDownError
from shared.contracts.articles import ArticleCollected
from shared.testing.clock import FixedClock
from tests.suites.ingest_fakes import (
    MAX_PENDING,
    FakeWeb,
    MemoryItemStore,
    MemorySourceStore,
    PlainReader,
    rss,
)
from tests.suites.ingest_stores import NOW, claimed, source

URL = source("a").url
FIRST = rss([("https://a.kg/1", "One"), ("https://a.kg/2", "Two")])


@dataclass
class Desk:
    """An updater with everything around it in memory."""

    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    web: FakeWeb = field(default_factory=FakeWeb)
    items: MemoryItemStore = field(default_factory=MemoryItemStore)
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    wakes: list[None] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sources = MemorySourceStore(self.clock)
        self.metrics = Metrics(self.registry)
        self.storing = Storing(
            items=self.items,
            sources=self.sources,
            clock=self.clock,
            metrics=self.metrics,
            published=lambda: self.wakes.append(None),
        )
        self.updater = self.build(self.web)

    def build(
        self,
        fetcher: Fetcher,
        deadline_s: float = 10,
        reader: FeedReader | None = None,
        subscriptions: Subscriptions | None = None,
    ) -> SourceUpdate:
        return SourceUpdate(
            fetcher=fetcher,
            reader=reader or PlainReader(),
            sources=self.sources,
            storing=self.storing,
            clock=self.clock,
            pace=Pace(600, 60),
            metrics=self.metrics,
            deadline_s=deadline_s,
            chance=lambda: 0.5,
            subscriptions=subscriptions,
        )

    async def update(self, body: bytes | None = None, updater: SourceUpdate | None = None) -> Report:
        """Poll source `a`, which serves `body` from now on, as if its time had come."""
        if body is not None:
            self.web.bodies[URL] = body
        await self.sources.seed([source("a")])
        self.clock.advance(86_400 * 2)
        return await (updater or self.updater)(await claimed(self.sources))

    async def state(self) -> SourceState:
        return (await self.sources.all())[0][1]

    def said(self) -> list[ArticleCollected]:
        return self.items.said()


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_new_articles_are_said_once_the_oldest_first(desk: Desk) -> None:
    report = await desk.update(FIRST)
    assert (report.outcome, dict(report.counts)["new"]) == ("ok", 2)
    assert [event.title for event in desk.said()] == ["Two", "One"]
    assert {(event.rev, tuple(event.reasons)) for event in desk.said()} == {(1, ("new",))}
    assert desk.wakes


async def test_an_event_carries_the_source_and_what_its_owner_allows(desk: Desk) -> None:
    await desk.update(FIRST)
    event = desk.said()[0]
    assert (event.source.id, event.source.name, event.source.country, event.source.rights) == (
        "a",
        "A",
        "KG",
        "excerpt",
    )
    assert (event.outlet, event.url, event.text) == ("a.kg", "https://a.kg/2", "Text of Two")
    assert event.updated_at is None


async def test_an_edited_title_is_one_revision_and_then_nothing(desk: Desk) -> None:
    await desk.update(FIRST)
    edited = rss([("https://a.kg/1", "One, corrected"), ("https://a.kg/2", "Two")])
    report = await desk.update(edited)
    assert (report.counts["changed"], report.counts["same"]) == (1, 1)
    (revision,) = [event for event in desk.said() if event.rev == 2]
    assert (revision.title, revision.reasons[0]) == ("One, corrected", "title")
    assert revision.updated_at == desk.clock.now()
    before = len(desk.said())
    assert (await desk.update()).outcome == "unchanged"
    assert len(desk.said()) == before


async def test_a_source_that_knows_its_etag_is_asked_with_it(desk: Desk) -> None:
    await desk.update(FIRST)
    desk.clock.advance(-86_400 * 2 + 3700)
    assert (await desk.update()).outcome == "not_modified"
    assert desk.web.asked[-1][1].etag


async def test_the_same_bytes_without_an_etag_are_not_parsed_again(desk: Desk) -> None:
    desk.web.with_etags = False
    await desk.update(FIRST)
    assert (await desk.update()).outcome == "unchanged"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html><title>Just a moment</title></html>", "html"),
        (b"Request Rejected", "not_a_feed"),
        (b'<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss>&a;</rss>', "unsafe_xml"),
    ],
)
async def test_what_is_no_feed_fails_with_its_reason(desk: Desk, body: bytes, reason: str) -> None:
    with capture_logs() as logs:
        await desk.update(body)
    (line,) = [line for line in logs if line["event"] == "source_updated"]
    assert (line["outcome"], line["reason"], line["source"]) == ("failed", reason, "a")
    assert line["detail"]
    assert (await desk.state()).last_failure == reason


async def test_failures_are_asked_again_later_and_later(desk: Desk) -> None:
    for _ in range(3):
        await desk.update()
    delays = [finish.delay_s for _, finish in desk.sources.finished]
    assert delays == [600, 1200, 2400]
    await desk.update(FIRST)
    assert (await desk.state()).failures == 0


async def test_a_failure_keeps_the_validators(desk: Desk) -> None:
    await desk.update(FIRST)
    known = (await desk.state()).validators
    desk.web.failures[URL] = Failed(Reason.SERVER_ERROR, "HTTP status 500", 500)
    await desk.update()
    assert (await desk.state()).validators == known


async def test_one_bad_entry_does_not_stop_the_others(desk: Desk) -> None:
    bad = FIRST.replace(b"<channel>", b"<channel><item><title>No link</title></item>")
    report = await desk.update(bad)
    assert (report.counts["new"], report.counts["unusable"], report.detail) == (2, 1, "1 x no link")


async def test_a_crash_between_entries_and_validators_loses_nothing(desk: Desk) -> None:
    """The store goes away after some entries; the next poll must not be answered by "not modified"."""
    desk.items.goes_away_after = 1
    with pytest.raises(StoreDownError):
        await desk.update(FIRST)
    desk.items.goes_away_after = None
    assert len(desk.said()) == 1
    await desk.update()
    assert desk.web.asked[-1][1] == Validators()
    assert sorted((event.title, event.rev) for event in desk.said()) == [("One", 1), ("Two", 1)]


async def test_a_lost_race_is_decided_again(desk: Desk) -> None:
    await desk.update(FIRST)
    rivals = [
        replace(item, rev=2, digests={}) for item in desk.items.items.values() if item.url.endswith("/1")
    ]
    desk.items.rivals.extend(rivals)
    await desk.update(rss([("https://a.kg/1", "One, corrected")]))
    assert max(event.rev for event in desk.said()) == 3


async def test_while_an_articles_outbox_is_full_the_feed_is_read_again(desk: Desk) -> None:
    await desk.update(rss([("https://a.kg/1", "One")]))
    for number in range(2, MAX_PENDING + 2):
        report = await desk.update(rss([("https://a.kg/1", f"Edit {number}")]))
    assert report.counts["held"] == 1
    desk.items.pending.clear()
    assert (await desk.update()).counts["changed"] == 1


async def test_another_feed_of_the_outlet_adds_no_revision(desk: Desk) -> None:
    await desk.update(FIRST)
    other = replace(source("a"), id="other", url="https://a.kg/other")
    desk.web.bodies[other.url] = rss([("https://a.kg/1", "One, as the other feed has it")])
    desk.clock.advance(10_000)
    report = await desk.updater(replace(await claimed(desk.sources), source=other, state=SourceState()))
    assert report.counts["same"] == 1


class _Fetcher:
    def __init__(self, act: Callable[[], FetchOutcome]) -> None:
        self._act = act

    async def fetch(self, url: str, validators: Validators) -> FetchOutcome:
        del url, validators
        if self._act is _never:
            await asyncio.Event().wait()
        return self._act()


def _never() -> FetchOutcome:
    raise AssertionError


def _crash() -> FetchOutcome:
    raise ZeroDivisionError("a fault of ours")


async def test_an_update_that_takes_too_long_is_cut_off(desk: Desk) -> None:
    report = await desk.update(updater=desk.build(_Fetcher(_never), deadline_s=0.05))
    assert report.reason == "deadline"


class _Reader:
    def __init__(self, reason: Reason) -> None:
        self._reason = reason

    async def read(self, answer: Fetched, source: Source, bias: timedelta) -> Reading:
        del answer, source, bias
        raise UnreadableFeedError(self._reason, "for the test")


@pytest.mark.parametrize("reason", [Reason.PARSE_TIMEOUT, Reason.PARSE_MEMORY, Reason.PARSE_CRASH])
async def test_a_document_that_cannot_be_read_within_bounds_fails_its_source_alone(
    desk: Desk, reason: Reason
) -> None:
    report = await desk.update(FIRST, desk.build(desk.web, reader=_Reader(reason)))
    assert report.reason == reason
    assert (await desk.update(FIRST)).outcome == "ok"


async def test_a_fault_of_ours_fails_one_source_and_is_told(desk: Desk) -> None:
    with capture_logs() as logs:
        report = await desk.update(updater=desk.build(_Fetcher(_crash)))
    assert (report.reason, "ZeroDivisionError" in str(report.detail)) == ("internal", True)
    assert "source_update_crashed" in {line["event"] for line in logs}


async def test_a_lost_lease_is_told(desk: Desk) -> None:
    await desk.sources.seed([source("a")])
    late = await claimed(desk.sources, "late", 60)
    desk.clock.advance(61)
    await claimed(desk.sources, "heir", 60)
    with capture_logs() as logs:
        await desk.updater(late)
    assert logs[-1]["lease"] == "lost"


async def test_a_source_whose_clock_is_six_hours_ahead_is_learnt_and_its_old_articles_stay_as_they_are(
    desk: Desk,
) -> None:
    """Bishkek's time labelled as GMT: from the fourth article on readers see when it was published."""
    links: list[tuple[str, str]] = []
    for number in range(5):
        desk.clock.advance(900)
        local = desk.clock.now() + timedelta(hours=6, minutes=-5)
        links.insert(0, (f"https://a.kg/{number}", local.strftime("%a, %d %b %Y %H:%M:%S GMT")))
        items = "".join(
            f"<item><title>T</title><link>{link}</link><pubDate>{date}</pubDate></item>"
            for link, date in links
        )
        await desk.sources.seed([source("a")])
        desk.web.bodies[URL] = f"<rss version='2.0'><channel>{items}</channel></rss>".encode()
        await desk.updater(await claimed(desk.sources))
    said = sorted(desk.said(), key=lambda event: event.url)
    assert [event.published_certainty for event in said] == ["first_seen"] * 4 + ["zone_assumed"]
    assert said[-1].published_at == desk.clock.now() - timedelta(minutes=5)
    assert [event.rev for event in said] == [1] * 5
    assert (await desk.state()).clock.bias == timedelta(hours=6)
