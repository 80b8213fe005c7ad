"""From ingest's own terms to the contract: the event that says what became of an entry."""

from datetime import datetime

from ingest.domain.articles.decide import Decision, StoredItem
from ingest.domain.articles.normalise import Candidate
from ingest.domain.sources.source import Source
from shared.contracts.articles import ArticleCollected, SourceRef
from shared.contracts.envelope import Envelope, seal

PRODUCER = "/silkwire/ingest"


def item_of(candidate: Candidate, decision: Decision) -> StoredItem:
    """Return what to remember of an article after a decision."""
    return StoredItem(
        id=candidate.id,
        rev=decision.rev,
        source_id=candidate.source_id,
        url=candidate.url,
        digests=decision.digests,
        published_at=decision.published.at,
        first_seen_at=decision.first_seen_at,
    )


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
