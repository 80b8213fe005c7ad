"""Decides whether an entry is new, changed or the same, and says why."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from ingest.domain.articles.normalise import Candidate
from ingest.domain.dates.reading import ReadDate, settle

COMPARED = ("title", "url", "text", "html", "summary", "authors", "topics", "image", "language")
"""Fields whose change makes a new revision, besides the publication time."""

PRINTED = "printed"
"""The publication time as it stands in the feed. A date is changed only by who printed it: neither a clock that we have
learnt to mend nor a zone that was set anew gives thousands of old articles a revision."""

Verdict = Literal["new", "changed", "same"]


@dataclass(frozen=True, slots=True)
class StoredItem:
    """What is remembered of an article: enough to tell a change, not its text.

    Attributes:
        id: the article's id.
        rev: its latest revision.
        source_id: the source that brought it first; only that one may change it.
        url: its canonical address.
        digests: field -> digest of its value in the latest revision.
        published_at: the publication time in use, aware UTC.
        first_seen_at: when it was first seen, aware UTC.
        withdrawn: True once it was taken down; it never comes back by itself.
    """

    id: str
    rev: int
    source_id: str
    url: str
    digests: Mapping[str, str]
    published_at: datetime
    first_seen_at: datetime
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do about an entry.

    Attributes:
        verdict: new, changed or the same.
        reasons: `new`, the names of changed fields, or why nothing is to be done.
        rev: the revision to store; the stored one when nothing changed.
        published: the publication time to use.
        first_seen_at: when the article was first seen.
        digests: what to remember.
    """

    verdict: Verdict
    reasons: tuple[str, ...]
    rev: int
    published: ReadDate
    first_seen_at: datetime
    digests: Mapping[str, str] = field(default_factory=dict)


def decide(stored: StoredItem | None, candidate: Candidate, now: datetime) -> Decision:
    """Compare an entry with what is stored of its article.

    Args:
        stored: what is remembered, None for an article never seen.
        candidate: the entry as it is now.
        now: the current instant, aware UTC; when an unseen article counts as first seen.
    """
    digests = digests_of(candidate)
    if stored is None:
        return Decision("new", ("new",), 1, settle(candidate.published, now), now, digests)
    published = settle(candidate.published, stored.first_seen_at)
    idle = _idle_reason(stored, candidate)
    if idle is not None:
        return Decision("same", (idle,), stored.rev, published, stored.first_seen_at, stored.digests)
    changed = tuple(name for name in COMPARED if stored.digests.get(name) != digests[name])
    reprinted = stored.digests.get(PRINTED, digests[PRINTED]) != digests[PRINTED]
    if reprinted and published.certainty != "first_seen" and published.at != stored.published_at:
        changed = (*changed, "published_at")
    if not changed:
        return Decision("same", ("no change",), stored.rev, published, stored.first_seen_at, stored.digests)
    return Decision("changed", changed, stored.rev + 1, published, stored.first_seen_at, digests)


def _idle_reason(stored: StoredItem, candidate: Candidate) -> str | None:
    if stored.withdrawn:
        return "withdrawn"
    if stored.source_id != candidate.source_id:
        return "held by another source"
    return None


def digests_of(candidate: Candidate) -> dict[str, str]:
    """Return a short digest of every compared field."""
    return {name: _digest(getattr(candidate, name)) for name in (*COMPARED, PRINTED)}


def _digest(value: str | tuple[str, ...] | None) -> str:
    joined = "\x1f".join(value) if isinstance(value, tuple) else (value or "")
    return hashlib.sha256(joined.encode("utf-8", "replace")).hexdigest()[:20]
