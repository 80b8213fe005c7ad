"""What search does with the events it hears, and when it may announce."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from prometheus_client import CollectorRegistry

from search.domain.events import announcement_of, may_announce
from search.domain.revision import Revision
from search.handlers import collect
from search.metrics import Metrics
from search.ports import Record, Saved
from shared.bus.errors import Reject
from shared.contracts.articles import ArticleIndexed
from shared.contracts.envelope import Envelope, UndecodableEventError, open_envelope, seal
from shared.testing.clock import FixedClock
from tests.suites.article_builders import NOON, a_withdrawal, an_article, collected, sealed, withdrawn
from tests.suites.memory_articles import MemoryArticles


class RecordingArticles(MemoryArticles):
    """Remembers the records, to look at their announcements."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[Record] = []

    async def save(self, records: Sequence[Record]) -> Saved:
        self.records += records
        return await super().save(records)


@pytest.fixture
def store() -> RecordingArticles:
    return RecordingArticles()


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


async def hear(store: MemoryArticles, registry: CollectorRegistry, *events: Envelope) -> None:
    await collect(events, store=store, clock=FixedClock(NOON), metrics=Metrics(registry))


async def test_a_collected_article_is_stored_with_its_order_key(
    store: RecordingArticles, registry: CollectorRegistry
) -> None:
    event = collected("a", title="Taliban visit", html="<p>x</p>", summary="s", language="en", topics=["t"])
    await hear(store, registry, sealed(event))
    expected = an_article("a", title="Taliban visit", html="<p>x</p>", summary="s", topics=("t",), authors=())
    stored = await store.get("a")
    assert stored == replace(expected, source=replace(expected.source, link=None))


async def test_a_batch_mixes_articles_and_withdrawals_and_counts_what_was_news(
    store: RecordingArticles, registry: CollectorRegistry
) -> None:
    await hear(store, registry, sealed(collected("a")), sealed(withdrawn("a", rev=2)), sealed(collected("a")))
    assert await store.get("a") == a_withdrawal("a")
    assert registry.get_sample_value("search_changes_total", {"outcome": "stored"}) == 2
    assert registry.get_sample_value("search_changes_total", {"outcome": "older"}) == 1


async def test_the_announcement_says_what_an_entry_shows_and_the_text(
    store: RecordingArticles, registry: CollectorRegistry
) -> None:
    await hear(store, registry, sealed(collected("a", text="", summary="In short.", topics=["t"])))
    event = open_envelope(store.records[0].announcement)
    assert isinstance(event, ArticleIndexed)
    assert event.article is not None
    assert (event.id, event.rev, event.state) == ("a", 1, "live")
    assert (event.article.text, event.article.topics, event.article.source.name) == (
        "In short.",
        ["t"],
        "Orda News",
    )


async def test_a_withdrawal_is_announced_without_the_article(
    store: RecordingArticles, registry: CollectorRegistry
) -> None:
    await hear(store, registry, sealed(withdrawn("a", rev=4)))
    assert open_envelope(store.records[0].announcement) == ArticleIndexed(id="a", rev=4, state="withdrawn")


async def test_a_broken_body_is_told_as_such_and_nothing_of_the_batch_is_stored(
    store: RecordingArticles, registry: CollectorRegistry
) -> None:
    """The bus then tries event by event, so the good ones are stored after all."""
    broken = replace(sealed(collected("b")), data=b"{")
    with pytest.raises(UndecodableEventError):
        await hear(store, registry, sealed(collected("a")), broken)
    assert await store.get("a") is None


async def test_an_event_about_something_else_is_rejected(
    store: RecordingArticles, registry: CollectorRegistry
) -> None:
    other = seal(ArticleIndexed(id="a", rev=1, state="withdrawn"), source="/silkwire/search", at=NOON)
    with pytest.raises(Reject):
        await hear(store, registry, other)


@pytest.mark.parametrize(
    ("visible_rev", "live", "withdrawal"),
    [(None, False, True), (1, False, False), (2, True, False), (3, True, True)],
)
def test_a_change_is_announced_once_the_view_shows_it(
    visible_rev: int | None, *, live: bool, withdrawal: bool
) -> None:
    """A live client that follows the announcement must find what it says."""
    assert may_announce(announcement_of(an_article("a", rev=2)), visible_rev) is live
    assert may_announce(announcement_of(a_withdrawal("a", rev=2)), visible_rev) is withdrawal


async def test_a_revision_is_remembered_by_when_it_was_seen_and_what_it_changed(
    store: RecordingArticles, registry: CollectorRegistry
) -> None:
    await hear(
        store,
        registry,
        sealed(collected("a")),
        sealed(collected("a", rev=2, reasons=["title", "text"])),
        sealed(withdrawn("a", rev=3)),
    )
    assert [record.revision for record in store.records] == [
        Revision(1, NOON, ()),
        Revision(2, NOON, ("title", "text")),
        None,
    ]
