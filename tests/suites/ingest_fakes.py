"""Ingest's ports in memory: they speak the domain and pass the same suites as the real ones."""

import asyncio
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from ingest.adapters.archive_documents import read_archive
from ingest.adapters.feed_documents import read_document
from ingest.adapters.page_documents import read_page
from ingest.domain.articles.decide import StoredItem
from ingest.domain.articles.normalise import Candidate
from ingest.domain.articles.pages import PageReading
from ingest.domain.articles.reading import Reading
from ingest.domain.articles.recheck import AFTER, Looked
from ingest.domain.backfill.pages import ArchivePage
from ingest.domain.fetching.outcomes import Failed, Fetched, FetchOutcome, NotModified, Reason, Validators
from ingest.domain.sources.source import Source
from ingest.ports import Claim, Finish, Note, OutboxFullError, SourceState, StoreDownError
from shared.clock import Clock
from shared.contracts.articles import ArticleCollected
from shared.contracts.envelope import Envelope, open_envelope

MAX_PENDING = 24


@dataclass
class _Row:
    source: Source
    state: SourceState
    epoch: int = 0
    owner: str | None = None
    until: datetime | None = None


class MemorySourceStore:
    """The port `SourceStore` in memory; `down` makes it unreachable."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rows: dict[str, _Row] = {}
        self.down = False
        self.finished: list[tuple[str, Finish]] = []
        self.renewals = 0

    def _reach(self) -> None:
        if self.down:
            raise StoreDownError("down for the test")

    async def seed(self, sources: Sequence[Source]) -> int:
        self._reach()
        if self._rows:
            return 0
        self._rows = {source.id: _Row(source, SourceState()) for source in sources}
        return len(self._rows)

    async def claim_due(self, owner: str, lease_s: float, besides: Sequence[str] = ()) -> Claim | None:
        self._reach()
        now = self._clock.now()
        due = [
            row
            for row in self._rows.values()
            if (row.state.next_poll_at is None or row.state.next_poll_at <= now)
            and (row.until is None or row.until <= now)
            and row.source.id not in besides
            and not row.source.paused
        ]
        if not due:
            return None
        row = min(due, key=lambda one: one.state.next_poll_at.timestamp() if one.state.next_poll_at else 0.0)
        row.epoch, row.owner, row.until = row.epoch + 1, owner, now + timedelta(seconds=lease_s)
        return Claim(row.source, row.state, owner, row.epoch)

    async def renew(self, claims: Sequence[Claim], lease_s: float) -> None:
        self._reach()
        self.renewals += 1
        for claim in claims:
            row = self._held(claim)
            if row is not None and row.until is not None:
                row.until = self._clock.now() + timedelta(seconds=lease_s)

    async def finish(self, claim: Claim, finish: Finish) -> bool:
        self._reach()
        row = self._held(claim)
        if row is None:
            return False
        now = self._clock.now()
        self.finished.append((claim.source.id, finish))
        state = replace(row.state, next_poll_at=now + timedelta(seconds=finish.delay_s))
        if finish.failure is None:
            state = replace(state, failures=0, last_failure=None, last_success_at=now)
        else:
            state = replace(
                state, failures=state.failures + 1, last_failure=finish.failure, last_failure_at=now
            )
        if finish.validators is not None:
            state = replace(state, validators=finish.validators)
        if finish.clock is not None:
            state = replace(state, clock=finish.clock)
        if finish.brought:
            state = replace(state, last_new_at=now)
        if finish.rhythm is not None:
            state = replace(state, rhythm=finish.rhythm)
        if finish.url is not None:
            row.source = replace(row.source, url=finish.url)
        if claim.state.push is not None and row.state.push is not None and finish.failure is None:
            state = replace(state, push=replace(row.state.push, heard=claim.state.push.told))
            if row.state.push.told > claim.state.push.told and finish.told_delay_s is not None:
                soon = min(finish.told_delay_s, finish.delay_s)
                state = replace(state, next_poll_at=now + timedelta(seconds=soon))
        row.state = replace(state, read_whole_at=now) if finish.whole else state
        row.until = None
        return True

    async def release(self, claim: Claim) -> None:
        self._reach()
        row = self._held(claim)
        if row is not None:
            row.until = None
            row.state = replace(row.state, next_poll_at=self._clock.now())

    async def revive(self, source_id: str) -> bool:
        self._reach()
        row = self._rows.get(source_id)
        if row is None or row.state.rhythm.retired_at is None:
            return False
        rhythm = replace(row.state.rhythm, retired_at=None, absence=None)
        row.state = replace(row.state, next_poll_at=None, rhythm=rhythm)
        return True

    async def get(self, source_id: str) -> tuple[Source, SourceState] | None:
        self._reach()
        row = self._rows.get(source_id)
        return None if row is None else (row.source, row.state)

    async def add(self, source: Source) -> bool:
        self._reach()
        if source.id in self._rows:
            return False
        self._rows[source.id] = _Row(source, SourceState())
        return True

    async def change(self, before: Source, after: Source) -> bool:
        self._reach()
        row = self._rows.get(before.id)
        if row is None or row.source != before:
            return False
        row.source = after
        if before.url != after.url:
            row.state, row.epoch, row.until = SourceState(), row.epoch + 1, None
        if (before.interval_s, before.paused) != (after.interval_s, after.paused):
            row.state = replace(row.state, next_poll_at=None)
        return True

    async def remove(self, source_id: str) -> bool:
        self._reach()
        return self._rows.pop(source_id, None) is not None

    async def poll_now(self, source_id: str) -> bool:
        self._reach()
        row = self._rows.get(source_id)
        if row is not None:
            row.state = replace(row.state, next_poll_at=None)
        return row is not None

    async def all(self) -> list[tuple[Source, SourceState]]:
        self._reach()
        rows = sorted(self._rows.values(), key=lambda row: (row.source.name, row.source.id))
        return [(row.source, row.state) for row in rows]

    async def known(self, ids: Sequence[str]) -> frozenset[str]:
        self._reach()
        return frozenset(ids) & self._rows.keys()

    def _held(self, claim: Claim) -> _Row | None:
        row = self._rows.get(claim.source.id)
        return row if row is not None and (row.owner, row.epoch) == (claim.owner, claim.epoch) else None


_AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class _LookRow:
    at: datetime | None
    known: Looked = field(default_factory=Looked)
    ticket: str | None = None


def _joined(known: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*known, *more)))


class MemoryItemStore:
    """The port `ItemStore` in memory; events pile up until `published` is read."""

    def __init__(self) -> None:
        self.items: dict[str, StoredItem] = {}
        self.pending: dict[str, list[Envelope]] = {}
        self.down = False
        self.goes_away_after: int | None = None
        """Articles after which the store cannot be reached."""
        self.rivals: deque[StoredItem] = deque()
        """Items that somebody else stores right before our next write."""
        self.looks: dict[str, _LookRow] = {}
        self.noted = 0

    def _reach(self) -> None:
        if self.down or len(self.items) == self.goes_away_after:
            raise StoreDownError("down for the test")

    def _let_rival_win(self) -> None:
        if self.rivals:
            rival = self.rivals.popleft()
            self.items[rival.id] = rival

    def _holders(self, keys: Iterable[str]) -> set[str]:
        wanted = set(keys)
        return {item.id for item in self.items.values() if wanted & set(item.keys)}

    async def known_by(self, keys: Sequence[str]) -> list[StoredItem]:
        self._reach()
        return [self.items[one] for one in sorted(self._holders(keys))]

    async def insert(self, item: StoredItem, event: Envelope) -> bool:
        self._reach()
        self._let_rival_win()
        if self._holders(item.keys):
            return False
        self.looks[item.id] = _LookRow(item.first_seen_at + AFTER[0])
        return self._write(item, event)

    async def replace(self, item: StoredItem, event: Envelope) -> bool:
        self._reach()
        self._let_rival_win()
        known = self.items.get(item.id)
        if known is None or known.rev != item.rev - 1 or self._holders(item.keys) - {item.id}:
            return False
        if len(self.pending.get(item.id, [])) >= MAX_PENDING:
            raise OutboxFullError
        return self._write(replace(item, keys=_joined(known.keys, item.keys)), event)

    async def withdraw(self, item: StoredItem, event: Envelope) -> bool:
        self._reach()
        self._let_rival_win()
        known = self.items.get(item.id)
        if known is None or known.rev != item.rev - 1:
            return False
        self.pending[item.id] = []
        self.looks.pop(item.id, None)
        return self._write(replace(item, keys=known.keys, copies=known.copies), event)

    def _write(self, item: StoredItem, event: Envelope) -> bool:
        self.items[item.id] = item
        self.pending.setdefault(item.id, []).append(event)
        return True

    async def note(self, notes: Sequence[Note]) -> None:
        self._reach()
        for note in notes:
            item = self.items[note.id]
            free = tuple(key for key in note.keys if not self._holders([key]) - {note.id})
            copies = tuple(key for key in note.copies if key in free)
            item = replace(item, keys=_joined(item.keys, free), copies=_joined(item.copies, copies))
            if note.shown_at is not None and not item.withdrawn:
                item = replace(item, shown_at=note.shown_at)
                row = self.looks.setdefault(note.id, _LookRow(None))
                row.known = replace(row.known, left_early=False)
            if note.page is not None and not item.withdrawn:
                item = replace(item, page=note.page)
            if note.looked_at is not None and item.withdrawn:
                item = replace(item, looked_at=note.looked_at)
            self.items[note.id] = item
            self.noted += 1

    async def left_early(self, source_id: str, shown: Sequence[str], since: datetime) -> int:
        self._reach()
        gone = [
            self.looks[item.id]
            for item in self.items.values()
            if item.source_id == source_id and item.published_at > since and item.id not in shown
            and not item.withdrawn and item.id in self.looks and not self.looks[item.id].known.left_early
        ]  # fmt: skip
        for row in gone:
            row.known, row.at = replace(row.known, left_early=True), _AT_ONCE
        return len(gone)

    async def counts(self) -> dict[str, int]:
        self._reach()
        return dict(Counter(item.source_id for item in self.items.values()))

    async def waiting(self, most: int) -> int:
        self._reach()
        return sum(len(events) for events in list(self.pending.values())[:most])

    def said(self) -> list[ArticleCollected]:
        """Return every event stored so far, opened, an article's revisions in their order."""
        opened = [open_envelope(event) for events in self.pending.values() for event in events]
        return [event for event in opened if isinstance(event, ArticleCollected)]


@dataclass
class FakeWeb:
    """The port `Fetcher` in memory: addresses with bodies that tests change; speaks ETag like a good server."""

    bodies: dict[str, bytes] = field(default_factory=dict)
    failures: dict[str, Failed] = field(default_factory=dict)
    asked: list[tuple[str, Validators]] = field(default_factory=list)
    with_etags: bool = True

    async def fetch(self, url: str, validators: Validators) -> FetchOutcome:
        await asyncio.sleep(0)
        self.asked.append((url, validators))
        if url in self.failures:
            return self.failures[url]
        body = self.bodies.get(url)
        if body is None:
            return Failed(Reason.NOT_FOUND, "HTTP status 404", 404)
        digest = f"{len(body)}-{hash(body)}"
        etag = f'"{digest}"' if self.with_etags else None
        if etag is not None and validators.etag == etag:
            return NotModified()
        return Fetched(url, body, "application/rss+xml", Validators(etag, None, digest), len(body))


class PlainReader:
    """The port `FeedReader` in this very process: for tests that do not care where a document is read."""

    async def read(self, answer: Fetched, source: Source, bias: timedelta) -> Reading:
        await asyncio.sleep(0)
        return read_document(answer.body, answer.content_type, answer.url, source, bias)


class PlainArchiveReader:
    """The port `ArchiveReader` in this very process."""

    async def read(self, answer: Fetched, source: Source, since: date | None) -> ArchivePage:
        await asyncio.sleep(0)
        return read_archive(answer.body, answer.content_type, answer.url, source, since)


class PlainPageReader:
    """The port `PageReader` in this very process."""

    async def read(self, page: Fetched, candidate: Candidate) -> PageReading:
        await asyncio.sleep(0)
        return read_page(page.body, page.content_type, page.url, candidate)


@dataclass
class FakePages:
    """The port `PageFetcher` in memory: pages with bodies, or failures, that tests change."""

    bodies: dict[str, bytes] = field(default_factory=dict)
    failures: dict[str, Reason] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    all_fail: Reason | None = None
    leads_to: str | None = None
    retry_after_s: float | None = None

    async def fetch_page(self, url: str) -> FetchOutcome:
        await asyncio.sleep(0)
        self.asked.append(url)
        reason = self.all_fail or self.failures.get(url)
        if reason is not None:
            return Failed(reason, "for the test", retry_after_s=self.retry_after_s)
        body = self.bodies.get(url)
        if body is None:
            return Failed(Reason.NOT_FOUND, "HTTP status 404", 404)
        return Fetched(self.leads_to or url, body, "text/html; charset=utf-8", Validators(), len(body))


def rss(items: Iterable[tuple[str, str]], *, title: str = "Test", extra: str = "") -> bytes:
    """Return an RSS 2.0 feed of (link, title) pairs, the guid being the link."""
    rows = "".join(
        f"<item><title>{name}</title><link>{link}</link><guid>{link}</guid>"
        f"<pubDate>Tue, 22 Sep 2026 10:00:00 +0600</pubDate><description>Text of {name}</description>{extra}</item>"
        for link, name in items
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>{title}</title>{rows}</channel></rss>'
    ).encode()
