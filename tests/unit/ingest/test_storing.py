"""The entries of feeds to stored articles: one for each, whatever feeds, replicas and publishers do."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta

from prometheus_client import CollectorRegistry

from ingest.domain.articles.normalise import Candidate, normalise_feed
from ingest.domain.fetching.outcomes import Failed, Reason
from ingest.domain.parsing.entries import Markup, RawEntry, RawFeed
from ingest.domain.sources.source import Source
from ingest.metrics import Metrics
from ingest.pipeline.storing import MAX_RETURNS, Storing
from ingest.pipeline.withdraw import Withdrawals
from shared.contracts.articles import ArticleCollected
from shared.testing.clock import FixedClock
from tests.suites.ingest_fakes import MemoryItemStore, MemorySourceStore
from tests.suites.ingest_pages import FakePages
from tests.suites.ingest_stores import NOW, source

NEWS = source("news", outlet="a.kg")
POLITICS = source("politics", outlet="a.kg")
LONG = " ".join(f"word{n}" for n in range(30))


def entry(
    number: int = 1, title: str = "One", text: str = "Text", guid: str | None = None, link: str | None = None
) -> RawEntry:
    return RawEntry(
        guid=guid or f"guid-of-{number}",
        link=link or f"https://a.kg/{number}",
        title=Markup(title, is_html=False),
        contents=(Markup(text, is_html=False),),
        published=(NOW - timedelta(hours=number)).isoformat(),
    )


@dataclass
class Desk:
    """What stores entries, with everything around it in memory."""

    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    items: MemoryItemStore = field(default_factory=MemoryItemStore)
    pages: FakePages = field(default_factory=FakePages)

    def __post_init__(self) -> None:
        self.sources = MemorySourceStore(self.clock)
        self.metrics = Metrics(CollectorRegistry())
        self.storing = self.build(self.pages)

    def build(self, pages: FakePages | None) -> Storing:
        return Storing(
            items=self.items,
            sources=self.sources,
            clock=self.clock,
            metrics=self.metrics,
            published=lambda: None,
            pages=pages,
        )

    async def show(
        self, *entries: RawEntry, by: Source = NEWS, later: timedelta = timedelta(hours=1)
    ) -> dict[str, int]:
        """Store a feed that shows these, some time later; return what they came to."""
        self.clock.advance(later.total_seconds())
        await self.sources.seed([NEWS, POLITICS])
        counts: Counter[str] = Counter()
        await self.storing.store(self.read(*entries, by=by), by, counts)
        return {name: count for name, count in counts.items() if count}

    def read(self, *entries: RawEntry, by: Source = NEWS) -> tuple[Candidate, ...]:
        return normalise_feed(RawFeed(kind="rss20", entries=entries), by, by.url).candidates

    def said(self) -> list[ArticleCollected]:
        return self.items.said()

    async def withdraw(self, by: str = "publisher") -> None:
        """Take the only article down."""
        (item,) = self.items.items.values()
        withdraw = Withdrawals(self.items, self.clock, self.metrics, lambda: None)
        await withdraw(item.id, "owner" if by == "owner" else "publisher", "410")


async def test_category_feeds_of_one_outlet_bring_an_article_once() -> None:
    desk = Desk()
    assert await desk.show(entry()) == {"new": 1}
    assert await desk.show(
        entry(text="Shorter", guid="its-own", link="https://m.a.kg/1?from=rss"), by=POLITICS
    ) == {"same": 1}
    assert [event.rev for event in desk.said()] == [1]


async def test_the_same_words_at_two_addresses_are_one_article() -> None:
    desk = Desk()
    copied = entry(guid="another", link="https://a.kg/politics/1", text=LONG)
    assert await desk.show(copied, entry(text=LONG)) == {"new": 1, "same": 1}
    assert await desk.show(entry(text=LONG), copied) == {"same": 2}
    assert await desk.show(copied, entry(text=LONG + " more")) == {"changed": 1, "same": 1}
    assert len(desk.items.items) == 1


async def test_a_title_only_edit_is_a_revision() -> None:
    desk = Desk()
    await desk.show(entry())
    assert await desk.show(entry(title="Edited")) == {"changed": 1}
    assert desk.said()[-1].reasons == ["title"]


async def test_a_new_system_with_new_guids_says_nothing_again() -> None:
    desk = Desk()
    await desk.show(*(entry(n, f"Title {n}") for n in range(1, 20)))
    renewed = [entry(n, f"Title {n}", guid=f"urn:uuid:{n:032}") for n in range(1, 20)]
    assert await desk.show(*renewed) == {"same": 19}
    moved = [replace(one, link=f"https://a.kg/new/{n}") for n, one in enumerate(renewed)]
    assert await desk.show(*moved) == {"changed": 19}
    assert await desk.show(*moved) == {"same": 19}


async def test_a_text_with_a_clock_in_it_is_said_24_times_and_then_only_with_its_title() -> None:
    desk = Desk()
    for minute in range(24):
        await desk.show(entry(text=f"It is now {minute}"))
        desk.items.pending.clear()
    assert await desk.show(entry(text="It is late")) == {"churned": 1}
    assert await desk.show(entry(text="It is late", title="Edited")) == {"changed": 1}


async def test_an_article_passes_to_another_source_when_its_own_is_removed() -> None:
    desk = Desk()
    await desk.show(entry())
    await desk.sources.remove("news")
    assert await desk.show(entry(), by=POLITICS) == {"changed": 1}
    revision = desk.said()[-1]
    assert (revision.rev, revision.source.id, revision.reasons) == (2, "politics", ["source"])
    assert await desk.show(entry(), by=POLITICS) == {"same": 1}


async def test_an_article_stays_with_its_source_for_as_long_as_that_shows_it() -> None:
    desk = Desk()
    await desk.show(entry())
    for _ in range(20):
        assert await desk.show(entry(), later=timedelta(days=1)) == {"same": 1}
        assert await desk.show(entry(), by=POLITICS) == {"same": 1}
    assert await desk.show(entry(), by=POLITICS, later=timedelta(days=8)) == {"changed": 1}


async def test_an_unchanged_feed_is_noted_twice_a_day_at_most() -> None:
    """A write for each entry of each poll would be the most that ingest does."""
    desk = Desk()
    await desk.show(entry())
    for _ in range(24):
        await desk.show(entry())
    assert desk.items.noted == 2


async def test_what_vanishes_from_a_feed_that_shows_older_articles_is_looked_at_soon() -> None:
    desk = Desk()
    entries = [entry(n, f"Title {n}") for n in range(1, 9)]
    await desk.show(*entries)
    await desk.show(*entries[1:])
    early = [id_ for id_, row in desk.items.looks.items() if row.known.left_early]
    assert [desk.items.items[one].url for one in early] == ["https://a.kg/1"]
    await desk.show(*entries[:6])  # the oldest leave in due course
    assert sum(row.known.left_early for row in desk.items.looks.values()) == 1


async def test_what_its_publisher_withdrew_returns_when_its_page_answers_again() -> None:
    desk = Desk()
    await desk.show(entry())
    desk.pages.failures["https://a.kg/1"] = Failed(Reason.GONE, "HTTP status 410", 410)
    await desk.withdraw()
    assert await desk.show(entry()) == {"same": 1}
    del desk.pages.failures["https://a.kg/1"]
    assert await desk.show(entry()) == {"same": 1}  # asked a moment ago
    assert await desk.show(entry(), later=timedelta(hours=6)) == {"changed": 1}
    assert (desk.said()[-1].rev, desk.said()[-1].reasons, desk.said()[-1].text) == (3, ["returned"], "Text")
    assert await desk.show(entry()) == {"same": 1}


async def test_what_the_owner_withdrew_never_returns_under_any_name() -> None:
    desk = Desk()
    await desk.show(entry(text=LONG))
    await desk.withdraw("owner")
    for again in (
        entry(text=LONG),
        entry(text="Other", title="Other"),
        entry(text="Other", title="Other", link="https://a.kg/other"),
        entry(text=LONG, guid="another", link="https://a.kg/copy"),
    ):
        assert await desk.show(again, later=timedelta(days=1)) == {"same": 1}
    assert desk.pages.asked == []
    assert desk.said() == []


async def test_only_some_pages_of_withdrawn_articles_are_asked_for_in_one_poll() -> None:
    desk = Desk()
    entries = [entry(n, f"Title {n}") for n in range(1, 12)]
    await desk.show(*entries)
    withdraw = Withdrawals(desk.items, desk.clock, desk.metrics, lambda: None)
    for id_ in list(desk.items.items):
        await withdraw(id_, "publisher", "410")
    assert await desk.show(*entries) == {"same": 11 - MAX_RETURNS, "changed": MAX_RETURNS}


async def test_where_pages_are_never_looked_at_nothing_vanishes_and_nothing_returns() -> None:
    desk = Desk()
    desk.storing = desk.build(None)
    entries = [entry(n, f"Title {n}") for n in range(1, 9)]
    await desk.show(*entries)
    await desk.show(*entries[1:])
    assert not any(row.known.left_early for row in desk.items.looks.values())
