"""Events in and out: what ingest says becomes an article of ours, and what we then say of it."""

import re
from dataclasses import dataclass
from datetime import datetime

from search.domain.article import Article, Change, Source, Withdrawal, order_key
from search.domain.revision import Revision
from shared.contracts.articles import (
    ArticleCollected,
    ArticleFields,
    ArticleIndexed,
    ArticleWithdrawn,
    SourceRef,
)
from shared.contracts.envelope import Envelope, open_envelope

_HEAD = re.compile(rb'\{"id":"([!#-\[\]-~]{1,64})","rev":([1-9][0-9]{0,17}),"state":"(live|withdrawn)"[,}]')
"""How we write the beginning of an announcement. One that begins otherwise is read as a whole."""


@dataclass(frozen=True, slots=True)
class Announced:
    """What an announcement says: this revision of an article can be found, or, withdrawn, the article cannot any more."""

    id: str
    rev: int
    withdrawn: bool


def article_from(event: ArticleCollected) -> Article:
    """Return the article that ingest speaks of."""
    return Article(
        id=event.id,
        rev=event.rev,
        key=order_key(event.id, event.published_at),
        source=Source(**event.source.model_dump()),
        outlet=event.outlet,
        url=event.url,
        title=event.title,
        text=event.text,
        html=event.html,
        summary=event.summary,
        authors=tuple(event.authors),
        language=event.language,
        topics=tuple(event.topics),
        image=event.image,
        published_at=event.published_at,
        published_certainty=event.published_certainty,
        updated_at=event.updated_at,
        first_seen_at=event.first_seen_at,
    )


def withdrawal_from(event: ArticleWithdrawn) -> Withdrawal:
    """Return the withdrawal that ingest speaks of."""
    return Withdrawal(id=event.id, rev=event.rev, reason=event.reason, withdrawn_at=event.withdrawn_at)


def revision_from(event: ArticleCollected, seen_at: datetime) -> Revision:
    """Return what to remember of a revision that ingest speaks of.

    Args:
        event: a new article, or a new revision of one.
        seen_at: when ingest saw it, aware UTC.
    """
    return Revision(event.rev, seen_at, tuple(name for name in event.reasons if name != "new"))


def announcement_of(change: Change) -> ArticleIndexed:
    """Return what is said once the change can be seen in search."""
    if isinstance(change, Withdrawal):
        return ArticleIndexed(id=change.id, rev=change.rev, state="withdrawn")
    article = ArticleFields(
        id=change.id,
        rev=change.rev,
        source=SourceRef(
            id=change.source.id,
            name=change.source.name,
            country=change.source.country,
            link=change.source.link,
            rights=change.source.rights,
        ),
        outlet=change.outlet,
        url=change.url,
        title=change.title,
        text=change.body,
        authors=list(change.authors),
        language=change.language,
        topics=list(change.topics),
        image=change.image,
        published_at=change.published_at,
        published_certainty=change.published_certainty,
        updated_at=change.updated_at,
        first_seen_at=change.first_seen_at,
    )
    return ArticleIndexed(id=change.id, rev=change.rev, state="live", article=article)


def announced_by(envelope: Envelope) -> Announced | None:
    """Return what an announcement says of which article, without reading the article in it; None for another event.

    Raises:
        UndecodableEventError: it does not keep to its contract.
    """
    head = _HEAD.match(envelope.data) if envelope.type == ArticleIndexed.TYPE else None
    if head is not None:
        return Announced(head[1].decode(), int(head[2]), withdrawn=head[3] == b"withdrawn")
    event = open_envelope(envelope)
    if not isinstance(event, ArticleIndexed):
        return None
    return Announced(event.id, event.rev, withdrawn=event.state == "withdrawn")


def may_announce(event: Announced, visible_rev: int | None) -> bool:
    """Return whether an announcement is true of a view that shows this revision of the article (None: shows none)."""
    if event.withdrawn:
        return visible_rev is None or visible_rev > event.rev
    return visible_rev is not None and visible_rev >= event.rev
