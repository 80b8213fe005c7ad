"""From ingest's own terms to the contract: the event that says what became of an entry."""

from datetime import datetime

from ingest.domain.articles.decide import Decision, StoredItem
from ingest.domain.articles.normalise import Candidate
from ingest.domain.articles.page_state import PageState
from ingest.domain.sources.source import Source
from shared.contracts.articles import ArticleCollected, ArticleWithdrawn, SourceRef
from shared.contracts.envelope import Envelope, seal

PRODUCER = "/silkwire/ingest"


def item_of(
    candidate: Candidate,
    decision: Decision,
    keys: tuple[str, ...] = (),
    copies: tuple[str, ...] = (),
    page: PageState | None = None,
) -> StoredItem:
    """Return what to remember of an article after a decision.

    Args:
        candidate: the article as it is now.
        decision: what it came to.
        keys: by what it is known; its id always is.
        copies: those of them that stand for copies.
        page: what is remembered of its own page.
    """
    return StoredItem(
        id=candidate.id,
        rev=decision.rev,
        source_id=candidate.source_id,
        url=candidate.url,
        digests=decision.digests,
        published_at=decision.published.at,
        first_seen_at=decision.first_seen_at,
        shown_at=decision.decided_at,
        keys=tuple(dict.fromkeys((candidate.id, *keys))),
        copies=copies,
        page=page,
        published_certainty=decision.published.certainty,
    )


def withdrawn(item: StoredItem, reason: str, now: datetime) -> Envelope:
    """Return the event that an article was taken down.

    Args:
        item: what is left of it, at the revision of its withdrawal.
        reason: who took it down and a word of explanation, such as `publisher: 410`.
        now: the current instant, aware UTC.
    """
    event = ArticleWithdrawn(id=item.id, rev=item.rev, reason=reason, withdrawn_at=now)
    return seal(event, source=PRODUCER, at=now)


def collected(candidate: Candidate, decision: Decision, source: Source, now: datetime) -> Envelope:
    """Return the event for a new article or a new revision."""
    event = ArticleCollected(
        id=candidate.id,
        rev=decision.rev,
        source=SourceRef(
            id=source.id, name=source.name, country=source.country, link=source.link, rights=source.rights
        ),
        outlet=candidate.outlet,
        url=candidate.url,
        title=candidate.title,
        text=candidate.text,
        html=candidate.html,
        summary=candidate.summary,
        authors=list(candidate.authors),
        language=candidate.language,
        topics=list(candidate.topics),
        image=candidate.image,
        published_at=decision.published.at,
        published_certainty=decision.published.certainty,
        updated_at=_updated_at(candidate, decision, now),
        first_seen_at=decision.first_seen_at,
        reasons=list(decision.reasons),
        cut=candidate.cut,
    )
    return seal(event, source=PRODUCER, at=now)


def _updated_at(candidate: Candidate, decision: Decision, now: datetime) -> datetime | None:
    """The publisher's own time where it makes sense, else the moment a change was seen; None for untouched articles."""
    declared = candidate.updated
    if declared is not None and decision.published.at < declared.at <= now:
        return declared.at
    return now if decision.verdict == "changed" else None
