"""What search does when it hears of articles (hear -> document -> store), and when it may say so to others."""

from collections.abc import Iterable, Sequence

from search.domain.article import Change
from search.domain.events import (
    announced_by,
    announcement_of,
    article_from,
    may_announce,
    revision_from,
    withdrawal_from,
)
from search.metrics import Metrics
from search.ports import ArticleStore, Record, Shown
from shared.bus.errors import Reject
from shared.clock import Clock
from shared.contracts.articles import ArticleCollected, ArticleWithdrawn
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


async def visible_among(envelopes: Iterable[Envelope], *, view: Shown) -> set[str]:
    """Return the ids of those pending announcements that are true of this replica's view, so that they may be made.

    Raises:
        UndecodableEventError: one of them does not keep to its contract.
        IndexUnavailableError: the view cannot be read now.
    """
    said = {envelope.id: announced_by(envelope) for envelope in envelopes}
    announced = {event_id: one for event_id, one in said.items() if one is not None}
    shown = await view.revisions_of({one.id for one in announced.values()})
    return {event_id for event_id, one in announced.items() if may_announce(one, shown.get(one.id))}


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
