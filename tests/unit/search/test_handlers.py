"""What search does with the events it hears, and when it may announce."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from search.domain.article import Change
from search.domain.events import Announced, announced_by, announcement_of, may_announce
from search.domain.revision import Revision
from search.handlers import SOURCE, collect, visible_among
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


class Showing:
    """Shows these revisions."""

    def __init__(self, revisions: Mapping[str, int]) -> None:
        self._revisions = revisions

    async def revisions_of(self, ids: Collection[str]) -> Mapping[str, int]:
        return {article_id: rev for article_id, rev in self._revisions.items() if article_id in ids}


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
    assert may_announce(said(an_article("a", rev=2)), visible_rev) is live
    assert may_announce(said(a_withdrawal("a", rev=2)), visible_rev) is withdrawal


async def test_of_many_announcements_those_are_made_that_are_true_of_the_view() -> None:
    """What is no announcement at all is never made."""
    changes: list[Change] = [
        an_article("a", rev=2),
        an_article("b", rev=2),
        a_withdrawal("c", rev=2),
        a_withdrawal("d", rev=2),
    ]
    pending = [*map(announced_change, changes), sealed(withdrawn("e"))]
    may = await visible_among(pending, view=Showing({"a": 2, "b": 1, "c": 1}))
    assert may == {pending[0].id, pending[3].id}


@given(
    id_=st.text(min_size=1, max_size=64),
    rev=st.integers(min_value=1, max_value=10**20),
    gone=st.booleans(),
    title=st.text(max_size=20),
)
def test_what_an_announcement_says_is_read_from_its_beginning_as_from_all_of_it(
    id_: str, rev: int, title: str, *, gone: bool
) -> None:
    """The gate reads thousands of them, each with an article's text."""
    change: Change = a_withdrawal("a") if gone else an_article("a", title=title)
    event = announcement_of(change).model_copy(update={"id": id_, "rev": rev})
    envelope = seal(event, source=SOURCE, at=NOON)
    opened = open_envelope(envelope)
    assert isinstance(opened, ArticleIndexed)
    told = Announced(opened.id, opened.rev, withdrawn=opened.state == "withdrawn")
    assert announced_by(envelope) == told
    spaced = replace(envelope, data=b" " + envelope.data)
    assert announced_by(spaced) == told


def test_an_announcement_that_cannot_be_read_is_no_announcement() -> None:
    """It is kept, and told of."""
    envelope = replace(announced_change(an_article("a")), data=b'{"rev":1}')
    with pytest.raises(UndecodableEventError):
        announced_by(envelope)


def said(change: Change) -> Announced:
    announced = announced_by(announced_change(change))
    assert announced is not None
    return announced


def announced_change(change: Change) -> Envelope:
    return seal(announcement_of(change), source=SOURCE, at=NOON)


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
