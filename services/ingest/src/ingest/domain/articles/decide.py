"""Decides whether an entry is new, changed or the same, and says why."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from ingest.domain.articles.normalise import Candidate
from ingest.domain.articles.page_state import PageState
from ingest.domain.dates.reading import Certainty, ReadDate, settle

COMPARED = ("title", "url", "text", "html", "summary", "authors", "topics", "image", "language")
"""Fields whose change makes a new revision, besides the publication time."""

PRINTED = "printed"
"""The publication time as it stands in the feed. A date is changed only by who printed it: neither a clock that we have
learnt to mend nor a zone that was set anew gives thousands of old articles a revision."""

Verdict = Literal["new", "changed", "same", "churned"]
"""`churned`: changed once too often, and not in its title."""

MAX_REVISIONS = 24
"""Then only a changed title makes a further one: texts with clocks, counters or rotating advertisements change at every
poll (reader's HASH_CHANGED_LIMIT is the same number), while a news site hardly edits an article two dozen times."""

HELD_FOR = timedelta(days=7)
"""How long an article stays with a source, or an address, that no longer shows it, before another may change it."""

WithdrawnBy = Literal["publisher", "owner"]


@dataclass(frozen=True, slots=True)
class StoredItem:
    """What is remembered of an article: enough to tell a change, not its text.

    Attributes:
        id: the article's id.
        rev: its latest revision.
        source_id: the source that holds it, the first that brought it; only that one may change it.
        url: its canonical address.
        digests: field -> digest of its value in the latest revision.
        published_at: the publication time in use, aware UTC.
        first_seen_at: when it was first seen, aware UTC.
        shown_at: when the holding source was last seen to show it, to about half a day, aware UTC.
        keys: ids that it is known by, its own among them.
        copies: those keys that stand for other addresses of it, which make no revisions.
        withdrawn_by: who took it down; None for a live one.
        looked_at: when a withdrawn one's page was last asked for, aware UTC.
        page: what is remembered of its own page; None where that was never asked for.
        published_certainty: how sure `published_at` is; None for an article that an earlier version stored.
    """

    id: str
    rev: int
    source_id: str
    url: str
    digests: Mapping[str, str]
    published_at: datetime
    first_seen_at: datetime
    shown_at: datetime
    keys: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()
    withdrawn_by: WithdrawnBy | None = None
    looked_at: datetime | None = None
    page: PageState | None = None
    published_certainty: Certainty | None = None

    @property
    def withdrawn(self) -> bool:
        """True while it is taken down."""
        return self.withdrawn_by is not None


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do about an entry.

    Attributes:
        verdict: what it comes to.
        reasons: `new`, the names of changed fields, or why nothing is to be done.
        rev: the revision to store; the stored one when nothing changed.
        published: the publication time to use.
        first_seen_at: when the article was first seen.
        decided_at: the instant of the decision.
        digests: what to remember.
    """

    verdict: Verdict
    reasons: tuple[str, ...]
    rev: int
    published: ReadDate
    first_seen_at: datetime
    decided_at: datetime
    digests: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What else bears on a decision.

    Attributes:
        copy: the entry shows the article at another address than its own.
        holder_gone: the source that holds the article is no longer polled.
        answers_again: the page of an article that its publisher withdrew can be read again.
    """

    copy: bool = False
    holder_gone: bool = False
    answers_again: bool = False


PLAIN = Circumstances()


def decide(
    stored: StoredItem | None, candidate: Candidate, now: datetime, besides: Circumstances = PLAIN
) -> Decision:
    """Compare an entry with what is stored of its article.

    Args:
        stored: what is remembered, None for an article never seen.
        candidate: the entry as it is now.
        now: the current instant, aware UTC; when an unseen article counts as first seen.
        besides: what else bears on it.
    """
    digests = digests_of(candidate)
    if stored is None:
        return Decision("new", ("new",), 1, settle(candidate.published, now), now, now, digests)
    published = _published(stored, candidate)

    def came_to(verdict: Verdict, *reasons: str) -> Decision:
        moves = verdict == "changed"
        rev, kept = (stored.rev + 1, digests) if moves else (stored.rev, stored.digests)
        return Decision(verdict, reasons, rev, published, stored.first_seen_at, now, kept)

    idle = _idle_reason(stored, candidate, now, besides)
    if idle is not None:
        return came_to("same", idle)
    if stored.withdrawn:
        return came_to("changed", "returned")
    changed = _changes(stored, candidate, published, digests)
    if not changed:
        return came_to("same", "no change")
    if stored.rev >= MAX_REVISIONS and "title" not in changed:
        return came_to("churned", *changed)
    return came_to("changed", *changed)


def _published(stored: StoredItem, candidate: Candidate) -> ReadDate:
    """Return the publication time: what was known stays where an edit names none, or one after the article was first seen.

    Many systems print the time of the last change as that of publication; an article of last week that is edited today
    would be news of the moment at which we saw it first.
    """
    read = settle(candidate.published, stored.first_seen_at)
    if read.certainty == "first_seen" and stored.published_certainty is not None:
        return ReadDate(stored.published_at, stored.published_certainty)
    return read


def _changes(
    stored: StoredItem, candidate: Candidate, published: ReadDate, digests: Mapping[str, str]
) -> tuple[str, ...]:
    changed = [name for name in COMPARED if stored.digests.get(name) != digests[name]]
    reprinted = stored.digests.get(PRINTED, digests[PRINTED]) != digests[PRINTED]
    if reprinted and published.certainty != "first_seen" and published.at != stored.published_at:
        changed.append("published_at")
    if stored.source_id != candidate.source_id:
        changed.append("source")
    return tuple(changed)


def _idle_reason(
    stored: StoredItem, candidate: Candidate, now: datetime, besides: Circumstances
) -> str | None:
    if stored.withdrawn:
        returns = stored.withdrawn_by == "publisher" and besides.answers_again
        return None if returns else "withdrawn"
    if besides.holder_gone or now - stored.shown_at > HELD_FOR:
        return None
    if stored.source_id != candidate.source_id:
        return "held by another source"
    return "held by another address" if besides.copy else None


def digests_of(candidate: Candidate) -> dict[str, str]:
    """Return a short digest of every compared field."""
    return {name: digest(getattr(candidate, name)) for name in (*COMPARED, PRINTED)}


def digest(value: str | tuple[str, ...] | None) -> str:
    """Return a short digest of a field's value."""
    joined = "\x1f".join(value) if isinstance(value, tuple) else (value or "")
    return hashlib.sha256(joined.encode("utf-8", "replace")).hexdigest()[:20]
