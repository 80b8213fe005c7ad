"""How far a backfill has come: a value that is stored after every page, so that any replica can go on with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Literal

from ingest.domain.articles.identity import MAX_URL_CHARS
from ingest.domain.articles.normalise import Candidate

MAX_PAGES = 3000
"""Documents read in one job; their addresses are all kept in it, so that none is read twice."""

State = Literal["running", "done", "failed"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody asks for: the articles behind an address, of a source, since a day, at most so many."""

    url: str
    source_id: str
    since: date | None = None
    limit: int | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """A backfill.

    Attributes:
        id: its id.
        url: where it began.
        source_id: whose articles they are.
        since: articles published before are left out.
        limit: most articles to take; None for all.
        dry_run: True only counts.
        started_at: when it was asked for; aware UTC.
        todo: addresses to read, the next one first.
        read: those that were read.
        counts: articles by what they came to: new, known, undated, older, unusable; pages that failed.
        last: what the last page had, to notice a server that gives the same page for every number.
        state: how it is.
        detail: why it failed, or what the last failure of a page was.
    """

    id: str
    url: str
    source_id: str
    since: date | None
    limit: int | None
    dry_run: bool
    started_at: datetime
    todo: tuple[str, ...]
    read: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    last: tuple[str, ...] = ()
    state: State = "running"
    detail: str = ""

    @property
    def room(self) -> int | None:
        """How many articles may still be taken; None for any number."""
        return None if self.limit is None else max(0, self.limit - self.counts.get("new", 0))


@dataclass(frozen=True, slots=True)
class PageRead:
    """What a page came to.

    Attributes:
        counts: articles by what they came to.
        links: pages that it leads to.
        shown: ids of its articles, in its order.
        failed: why it could not be read; empty where it could.
        ends: True where a missing page is only the end of the archive.
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    links: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    failed: str = ""
    ends: bool = False


def sorted_out(
    candidates: Sequence[Candidate], since: date | None, now: datetime
) -> tuple[tuple[Candidate, ...], dict[str, int]]:
    """Return the articles that a backfill is for, and how many are not.

    One without a date would be taken for news of today, so it is left out.

    Args:
        candidates: the entries of a page.
        since: those published before are left out.
        now: dates after it are wrong; aware UTC.
    """
    kept: list[Candidate] = []
    counts = {"undated": 0, "older": 0}
    for one in candidates:
        if one.published is None or one.published.at > now:
            counts["undated"] += 1
        elif since is not None and one.published.at.date() < since:
            counts["older"] += 1
        else:
            kept.append(one)
    return tuple(kept), counts


def after_page(job: Job, page: PageRead) -> Job:
    """Return a job after its next page was read."""
    address, *rest = job.todo
    counts = dict(job.counts)
    for name, count in page.counts.items():
        counts[name] = counts.get(name, 0) + count
    if page.failed and not page.ends:
        counts["failed"] = counts.get("failed", 0) + 1
    read = (*job.read, address)
    repeats = bool(page.shown) and page.shown == job.last
    # Pages get older one by one: after one that is older throughout, so are all the others.
    over = bool(page.shown) and page.counts.get("older", 0) == len(page.shown)
    onward = () if repeats or over else tuple(one for one in page.links if len(one) <= MAX_URL_CHARS)
    known = {*read, *rest}
    todo = (*(one for one in dict.fromkeys(onward) if one not in known), *rest)[
        : max(0, MAX_PAGES - len(read))
    ]
    done = replace(
        job,
        todo=todo,
        read=read,
        counts=counts,
        last=page.shown or job.last,
        detail=page.failed if page.failed and not page.ends else job.detail,
    )
    if page.failed and not page.ends and not job.read:
        return replace(done, state="failed")
    return replace(done, state="done") if not todo or done.room == 0 else done
