"""Articles, withdrawals and events for tests of search: only what a test says differs from a plain one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from search.domain.article import Article, Change, Source, Withdrawal, order_key
from search.domain.events import announcement_of
from search.handlers import SOURCE
from search.ports import Record
from shared.contracts.articles import ArticleCollected, ArticleWithdrawn, SourceRef
from shared.contracts.envelope import Envelope, seal

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

PLAIN = Article(
    id="a",
    rev=1,
    key=0,
    source=Source(id="orda", name="Orda News", country="KZ", link="https://orda.test", rights="excerpt"),
    outlet="orda.test",
    url="https://orda.test/a",
    title="A title",
    text="A text.",
    html="<p>A text.</p>",
    summary="",
    authors=("A. Writer",),
    language="en",
    topics=("politics",),
    image=None,
    published_at=NOON,
    published_certainty="exact",
    updated_at=None,
    first_seen_at=NOON,
)


def an_article(article_id: str = "a", *, minutes: float = 0, **changes: Any) -> Article:
    """Return an article published so many minutes after noon, with these fields changed."""
    changes.setdefault("published_at", NOON + timedelta(minutes=minutes))
    changes.setdefault("url", f"https://orda.test/{article_id}")
    changes.setdefault("key", order_key(article_id, changes["published_at"]))
    return replace(PLAIN, id=article_id, **changes)


def a_source(**changes: Any) -> Source:
    """Return the plain source with these fields changed."""
    return replace(PLAIN.source, **changes)


def a_withdrawal(article_id: str = "a", rev: int = 2) -> Withdrawal:
    """Return a withdrawal by the publisher."""
    return Withdrawal(id=article_id, rev=rev, reason="publisher", withdrawn_at=NOON)


def a_record(change: Change) -> Record:
    """Return a change with its announcement, as the handler stores it."""
    return Record(change, seal(announcement_of(change), source=SOURCE, at=NOON))


def collected(article_id: str = "a", rev: int = 1, **fields: Any) -> ArticleCollected:
    """Return the event by which ingest tells of an article."""
    given: dict[str, Any] = {
        "source": SourceRef(id="orda", name="Orda News", country="KZ"),
        "outlet": "orda.test",
        "url": f"https://orda.test/{article_id}",
        "title": "A title",
        "text": "A text.",
        "published_at": NOON,
        "published_certainty": "exact",
        "first_seen_at": NOON,
        "reasons": ["new"],
        **fields,
    }
    return ArticleCollected(id=article_id, rev=rev, **given)


def withdrawn(article_id: str = "a", rev: int = 2) -> ArticleWithdrawn:
    """Return the event by which ingest tells that an article was taken down."""
    return ArticleWithdrawn(id=article_id, rev=rev, reason="publisher", withdrawn_at=NOON)


def sealed(event: ArticleCollected | ArticleWithdrawn) -> Envelope:
    """Return an event in its envelope, as ingest sends it."""
    return seal(event, source="/silkwire/ingest", at=NOON)
