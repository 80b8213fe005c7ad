"""What search does when it hears of articles (hear -> document -> store), and when it may say so to others."""

from collections.abc import Sequence

from search.domain.article import Change
from search.domain.events import announcement_of, article_from, may_announce, revision_from, withdrawal_from
from search.metrics import Metrics
from search.ports import ArticleStore, Record, View
from shared.bus.errors import Reject
from shared.clock import Clock
from shared.contracts.articles import ArticleCollected, ArticleIndexed, ArticleWithdrawn
from shared.contracts.base import EventModel
from shared.contracts.envelope import Envelope, open_envelope, seal
from shared.failpoints import SEARCH_AFTER_WRITE, SEARCH_BEFORE_WRITE, SEARCH_HANDLE, failpoint

SOURCE = "/silkwire/search"


async def collect(batch: Sequence[Envelope], *, store: ArticleStore, clock: Clock, metrics: Metrics) -> None:
    """Store a batch of `article.collected.v1` and `article.withdrawn.v1`; safe to repeat, in any order.

    Raises:
        UndecodableEventError: an event does not keep to its contract.
        Reject: an event is not about an article.
        DependencyDown: the store does not answer now.
    """
    records = [_record(envelope, clock) for envelope in batch]
    failpoint(SEARCH_BEFORE_WRITE)
    saved = await store.save(records)
    failpoint(SEARCH_AFTER_WRITE)
    metrics.stored.labels("stored").inc(saved.stored)
    metrics.stored.labels("older").inc(saved.older)


async def is_visible(envelope: Envelope, *, view: View) -> bool:
    """Return whether a pending announcement is true of this replica's view, so that it may be made."""
    event = open_envelope(envelope)
    return isinstance(event, ArticleIndexed) and may_announce(event, await view.revision_of(event.id))


def _record(envelope: Envelope, clock: Clock) -> Record:
    heard = open_envelope(envelope)
    change = _change(envelope, heard)
    event = announcement_of(change)
    announcement = seal(event, source=SOURCE, at=clock.now(), traceparent=envelope.traceparent)
    revision = revision_from(heard, envelope.time) if isinstance(heard, ArticleCollected) else None
    return Record(change, announcement, revision)


def _change(envelope: Envelope, event: EventModel) -> Change:
    failpoint(SEARCH_HANDLE, envelope.subject, getattr(event, "title", ""))
    if isinstance(event, ArticleCollected):
        return article_from(event)
    if isinstance(event, ArticleWithdrawn):
        return withdrawal_from(event)
    raise Reject(f"search does not read {envelope.type}")
