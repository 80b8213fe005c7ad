"""Articles whose text is their page's, for sources that ask for it, on stores and a web in memory."""

from dataclasses import dataclass, field, replace

import pytest
from prometheus_client import CollectorRegistry

from ingest.adapters.feedparser_entries import parse_feed
from ingest.domain.articles.decide import digests_of
from ingest.domain.articles.normalise import Candidate, normalise_feed
from ingest.domain.fetching.outcomes import Reason
from ingest.domain.rhythm.schedule import Pace
from ingest.metrics import Metrics
from ingest.pipeline.full_text import FullTexts
from ingest.pipeline.storing import Storing
from ingest.pipeline.update import Report, SourceUpdate
from shared.contracts.articles import ArticleCollected
from shared.testing.clock import FixedClock
from tests.suites.ingest_fakes import (
    FakePages,
    FakeWeb,
    MemoryItemStore,
    MemorySourceStore,
    PlainPageReader,
    PlainReader,
    rss,
)
from tests.suites.ingest_stores import NOW, claimed, source

SOURCE = replace(source("a"), full_text=True)
ONE, TWO = "https://a.kg/1", "https://a.kg/2"
FEED = rss([(ONE, "The law on water")])
SENTENCE = (
    "Parliament passed the law on water in its third reading, and the text of the law goes to the president. "
)


def page(text: str = SENTENCE * 6, title: str = "The law on water") -> bytes:
    """Return an article's page with a menu and a foot around it."""
    return (
        f"<html lang=en><head><title>{title}</title></head><body><nav><a href=/>Home</a></nav><article><h1>{title}</h1>"
        f"<p>{text}</p><p>{text}</p></article><footer>All rights reserved</footer></body></html>"
    ).encode()


@dataclass
class Desk:
    """An updater whose pages can be changed."""

    most: int = 10
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    web: FakeWeb = field(default_factory=FakeWeb)
    pages: FakePages = field(default_factory=FakePages)
    items: MemoryItemStore = field(default_factory=MemoryItemStore)

    def __post_init__(self) -> None:
        self.sources = MemorySourceStore(self.clock)
        metrics = Metrics(CollectorRegistry())
        texts = FullTexts(
            self.pages, PlainPageReader(), clock=self.clock, metrics=metrics, most=self.most, within_s=5
        )
        storing = Storing(
            items=self.items, sources=self.sources, clock=self.clock, metrics=metrics, published=lambda: None,
            full_texts=texts,
        )  # fmt: skip
        self.updater = SourceUpdate(
            fetcher=self.web, reader=PlainReader(), sources=self.sources, storing=storing, clock=self.clock,
            pace=Pace(600, 60), metrics=metrics, deadline_s=10, chance=lambda: 0.5,
        )  # fmt: skip

    async def update(self, body: bytes | None = None) -> Report:
        """Poll the source, which serves `body` from now on, as if its time had come."""
        if body is not None:
            self.web.bodies[SOURCE.url] = body
        await self.sources.seed([SOURCE])
        self.clock.advance(86_400 * 2)
        return await self.updater(await claimed(self.sources))

    def said(self) -> list[ArticleCollected]:
        return self.items.said()

    def last(self) -> ArticleCollected:
        return max(self.said(), key=lambda event: event.rev)


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_a_teaser_becomes_the_whole_article(desk: Desk) -> None:
    desk.pages.bodies[ONE] = page()
    await desk.update(FEED)
    (event,) = desk.said()
    assert "third reading" in event.text
    assert "All rights reserved" not in event.text
    assert event.text.startswith("Parliament")
    assert event.html.startswith("<p>")
    assert (event.title, event.summary) == ("The law on water", "Text of The law on water")


async def test_an_unchanged_entry_is_neither_fetched_nor_said_again(desk: Desk) -> None:
    """The next poll sees the feed's few lines; the article must not fall back to them."""
    desk.pages.bodies[ONE] = page()
    await desk.update(FEED)
    longer = rss([(ONE, "The law on water"), (TWO, "Something else")])
    desk.pages.failures[TWO] = Reason.NOT_FOUND
    await desk.update(longer)
    assert desk.pages.asked.count(ONE) == 1
    assert [event.rev for event in desk.said() if event.url == ONE] == [1]


async def test_an_edited_entry_has_its_page_read_again(desk: Desk) -> None:
    desk.pages.bodies[ONE] = page()
    await desk.update(FEED)
    desk.pages.bodies[ONE] = page(SENTENCE * 7)
    await desk.update(rss([(ONE, "The law on water, corrected")]))
    assert (desk.last().rev, desk.last().title) == (2, "The law on water, corrected")
    assert desk.last().text.count("third reading") == 7


async def test_a_page_that_fails_costs_nothing_and_is_tried_three_times(desk: Desk) -> None:
    desk.pages.all_fail = Reason.TIMEOUT
    await desk.update(FEED)
    assert [event.text for event in desk.said()] == ["Text of The law on water"]
    for _ in range(4):
        await desk.update()
    assert len(desk.pages.asked) == 3
    assert len(desk.said()) == 1


async def test_a_page_that_comes_late_is_a_revision(desk: Desk) -> None:
    desk.pages.all_fail = Reason.CHALLENGE
    await desk.update(FEED)
    desk.pages.all_fail, desk.pages.bodies[ONE] = None, page()
    await desk.update()
    assert desk.last().rev == 2
    assert "third reading" in desk.last().text
    assert (await desk.update()).outcome in {"unchanged", "not_modified", "ok"}
    assert len(desk.pages.asked) == 2


async def test_an_edit_waits_for_its_page_rather_than_lose_the_text(desk: Desk) -> None:
    desk.pages.bodies[ONE] = page()
    await desk.update(FEED)
    desk.pages.all_fail = Reason.TIMEOUT
    report = await desk.update(rss([(ONE, "Edited law on water")]))
    assert (report.counts["waiting"], len(desk.said())) == (1, 1)
    desk.pages.all_fail = None
    await desk.update()
    assert (desk.last().rev, desk.last().title) == (2, "Edited law on water")
    assert "third reading" in desk.last().text


async def test_an_edit_goes_out_without_its_page_in_the_end(desk: Desk) -> None:
    desk.pages.bodies[ONE] = page()
    await desk.update(FEED)
    desk.pages.all_fail = Reason.TIMEOUT
    for title in ("Edited law on water",) * 3:
        await desk.update(rss([(ONE, title)]))
    assert (desk.last().rev, desk.last().text) == (2, "Text of Edited law on water")


async def test_after_a_wall_no_further_page_of_the_site_is_asked_for_in_that_poll() -> None:
    desk = Desk()
    desk.pages.all_fail = Reason.CHALLENGE
    many = [(f"https://a.kg/{number}", f"Title {number}") for number in range(30)]
    report = await desk.update(rss(many))
    assert report.counts["new"] == 30
    assert len(desk.pages.asked) <= 8


async def test_pages_are_bounded_by_poll_and_the_others_come_at_the_next(desk: Desk) -> None:
    desk = Desk(most=2)
    links = [(f"https://a.kg/{number}", "The law on water") for number in range(5)]
    desk.pages.bodies = {link: page() for link, _ in links}
    for asked in (2, 4, 5, 5):
        await desk.update(rss(links))
        assert len(desk.pages.asked) == asked
    assert sum("third reading" in event.text for event in desk.said()) == 5


WALLS = {
    "short": page("Subscribe to continue."),
    "javascript": page(
        "Please enable JavaScript and cookies to go on reading this page, it is needed here. " * 2
    ),
    "title": page(SENTENCE * 6, title="Request Rejected"),
    "another text": page(
        "Football results of the second league with goals, players, tables and attendance. " * 9, "Sport"
    ),
    "no page at all": b"\x00\x01",
    "paywall": page(
        "Материал доступен только подписчикам. Оформите подписку, чтобы читать дальше эту статью. " * 3
    ),
}


@pytest.mark.parametrize("wall", WALLS.values(), ids=WALLS)
async def test_a_wall_is_never_taken_for_an_article(desk: Desk, wall: bytes) -> None:
    desk.pages.bodies[ONE] = wall
    feed = FEED.replace(b"Text of The law on water", b"Parliament passed the law on water in third reading")
    await desk.update(feed)
    assert [event.text for event in desk.said()] == ["Parliament passed the law on water in third reading"]


async def test_a_page_that_leads_to_the_front_page_is_not_taken(desk: Desk) -> None:
    desk.pages.bodies[ONE] = page()
    desk.pages.leads_to = "https://a.kg/"
    await desk.update(FEED)
    assert [event.text for event in desk.said()] == ["Text of The law on water"]


async def test_robots_are_believed_at_once(desk: Desk) -> None:
    desk.pages.all_fail = Reason.ROBOTS
    await desk.update(FEED)
    await desk.update()
    assert len(desk.pages.asked) == 1


async def test_while_robots_txt_cannot_be_had_the_page_is_only_put_off(desk: Desk) -> None:
    """A server that fails for ten minutes had its articles keep the feed's few lines for ever."""
    desk.pages.all_fail, desk.pages.retry_after_s = Reason.ROBOTS, 600
    desk.pages.bodies[ONE] = page()
    await desk.update(FEED)
    desk.pages.all_fail = None
    await desk.update()
    assert "third reading" in desk.last().text


async def test_an_edit_does_not_lose_its_text_while_robots_txt_cannot_be_had(desk: Desk) -> None:
    desk.pages.bodies[ONE] = page()
    await desk.update(FEED)
    desk.pages.all_fail, desk.pages.retry_after_s = Reason.ROBOTS, 600
    assert (await desk.update(rss([(ONE, "Edited law on water")]))).counts["waiting"] == 1


async def test_a_page_that_is_not_there_yet_is_asked_for_again(desk: Desk) -> None:
    """Feeds are often a minute ahead of the site."""
    await desk.update(FEED)
    desk.pages.bodies[ONE] = page()
    await desk.update()
    assert "third reading" in desk.last().text


async def test_a_long_text_in_the_feed_needs_no_page(desk: Desk) -> None:
    await desk.update(FEED.replace(b"Text of", (SENTENCE * 40).encode()))
    assert desk.pages.asked == []


async def test_articles_from_before_a_source_asked_for_pages_are_left_until_they_change(desk: Desk) -> None:
    """Switching full text on must not fetch a feed's whole past."""
    desk.pages.bodies[ONE] = page()
    await desk.update(FEED)
    (known,) = desk.items.items.values()
    plain = replace(known, page=None)
    desk.items.items[known.id] = replace(plain, digests=digests_of(_as_the_feed_has_it()))
    await desk.update(FEED.replace(b"<channel>", b"<channel><!-- again -->"))
    assert desk.pages.asked == [ONE]
    await desk.update(rss([(ONE, "The law on water, corrected")]))
    assert desk.pages.asked == [ONE, ONE]


def _as_the_feed_has_it() -> Candidate:
    (entry,) = normalise_feed(parse_feed(FEED.decode(), SOURCE.url), SOURCE, SOURCE.url).candidates
    return entry


async def test_a_source_that_does_not_ask_for_pages_gets_none(desk: Desk) -> None:
    plain = replace(SOURCE, id="plain", url="https://plain.kg/rss", full_text=False)
    desk.web.bodies[plain.url] = FEED
    await desk.sources.seed([plain])
    await desk.updater(await claimed(desk.sources))
    assert desk.pages.asked == []
    assert len(desk.said()) == 1
