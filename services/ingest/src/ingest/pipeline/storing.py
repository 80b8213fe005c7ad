"""The entries of one feed to stored articles: match -> decide -> store with the event, raced safely between replicas.

Nothing is locked. Two replicas that store one article at once meet at the unique index on its keys, or at its
revision; whoever is second reads again, and finds that there is nothing left to do, or the next revision to make.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ingest.domain.articles.decide import Circumstances, StoredItem, decide
from ingest.domain.articles.matching import Match, by_key, keys_to_look_up, match, match_all
from ingest.domain.articles.normalise import Candidate
from ingest.domain.articles.page_state import PageState
from ingest.domain.articles.recheck import Answer, answer_of, reach_of
from ingest.domain.dates.reading import ReadDate
from ingest.domain.sources.source import Source
from ingest.metrics import Metrics
from ingest.pipeline.events import collected, item_of
from ingest.pipeline.full_text import FullTexts, PollPages
from ingest.ports import ItemStore, Note, OutboxFullError, PageFetcher, SourceStore
from shared.clock import Clock
from shared.failpoints import INGEST_AFTER_STORE, failpoint

WRITES_AT_ONCE = 8
"""Entries of one source stored side by side; MongoDB joins their journal flushes."""

MAX_TRIES = 5
"""How often a lost race for one article is decided again."""

NOTE_EVERY = timedelta(hours=12)
"""An article that is still shown is noted so often, not at each poll: a write for each entry would be the most we do."""

MAX_RETURNS = 3
"""Most pages asked for in one poll, of withdrawn articles that a feed shows again."""

ASK_EVERY = timedelta(hours=6)
"""Least time between two looks at the page of a withdrawn article that its feed shows."""


@dataclass(frozen=True, slots=True)
class _Stored:
    """What an entry came to."""

    verdict: str
    id: str
    note: Note | None = None
    page_due: bool = False


class Storing:
    """Stores what feeds show; one object for the whole process.

    Args:
        items: where articles and their events are stored.
        sources: tells whether the source that holds an article is still polled.
        clock: where time comes from.
        metrics: numbers.
        published: called after events were stored, to wake the relay.
        full_texts: takes texts from articles' pages; None where that is switched off.
        pages: asks whether a withdrawn article's page answers again, and lets pages be looked at that left their feed
            early; None where pages are never looked at.
    """

    def __init__(
        self,
        *,
        items: ItemStore,
        sources: SourceStore,
        clock: Clock,
        metrics: Metrics,
        published: Callable[[], None],
        pages: PageFetcher | None = None,
        full_texts: FullTexts | None = None,
    ) -> None:
        self._items = items
        self._sources = sources
        self._clock = clock
        self._metrics = metrics
        self._published = published
        self._pages = pages
        self._full_texts = full_texts

    async def store(
        self, candidates: Sequence[Candidate], source: Source, counts: Counter[str]
    ) -> list[ReadDate | None]:
        """Store every entry, the oldest first, so that events follow the order in which things happened.

        Args:
            candidates: the entries, one for each article.
            source: whose feed it is.
            counts: how many entries came to what is added: a verdict, or `held` where an article's outbox is full.

        Returns:
            The publication times of new articles, as read.

        Raises:
            StoreDownError: the store does not answer; some entries may have been stored.
        """
        now = self._clock.now()
        found = await self._matched(candidates[::-1], now)
        removed = await self._removed_holders(found, source)
        texts = self._full_texts.poll(source) if self._full_texts is not None else None
        done: list[_Stored] = []
        for batch in _batches(found, WRITES_AT_ONCE):
            tasks = (self._complete(one, source, _circumstances(one, removed), texts) for one in batch)
            results = await asyncio.gather(*tasks, return_exceptions=True)
            for result in results:
                if isinstance(result, BaseException):
                    raise result
                counts[result.verdict] += 1
                counts["page_due"] += result.page_due
                done.append(result)
        await self._items.note([one.note for one in done if one.note is not None])
        if self._pages is not None:
            await self._notice_missing(candidates, [one.id for one in done], source, now)
            await self._take_back(found, source, self._pages, counts)
        return [one.candidate.published for one, its in zip(found, done, strict=True) if its.verdict == "new"]

    async def _matched(self, candidates: Sequence[Candidate], now: datetime) -> tuple[Match, ...]:
        held = await self._items.known_by(keys_to_look_up(candidates, now))
        return match_all(candidates, by_key(held), now)

    async def _removed_holders(self, found: Sequence[Match], source: Source) -> frozenset[str]:
        """Return which sources that hold articles of this feed are polled no more."""
        others = {one.stored.source_id for one in found if one.stored is not None} - {source.id}
        return frozenset(others - await self._sources.known(sorted(others))) if others else frozenset()

    async def _complete(
        self, found: Match, source: Source, besides: Circumstances, texts: PollPages | None
    ) -> _Stored:
        """Store an entry, with the text of its page where its source asks for that."""
        stored = found.stored
        if texts is None or found.copy:
            return await self._store_one(found, source, besides, stored.page if stored is not None else None)
        done = await texts.complete(found.candidate, stored)
        if done.next == "store":
            whole = replace(found, candidate=done.candidate)
            result = await self._store_one(whole, source, besides, done.page)
        else:
            verdict = "same" if done.next == "same" else "waiting"
            result = _Stored(verdict, found.candidate.id, _note(found, source, self._clock.now()))
        result = replace(result, page_due=done.due)
        if stored is None or result.verdict in {"new", "changed"} or done.page == stored.page:
            return result
        return replace(result, note=replace(result.note or Note(stored.id), page=done.page))

    async def _store_one(
        self, found: Match, source: Source, besides: Circumstances, page: PageState | None = None
    ) -> _Stored:
        """Decide and store; when somebody else was faster, read and decide again."""
        for _ in range(MAX_TRIES):
            now = self._clock.now()
            candidate = found.candidate
            decision = decide(found.stored, candidate, now, besides)
            if decision.verdict in {"same", "churned"}:
                return _Stored(decision.verdict, candidate.id, _note(found, source, now))
            event = collected(candidate, decision, source, now)
            item = item_of(candidate, decision, found.keys, found.copies, page)
            write = self._items.insert if found.stored is None else self._items.replace
            try:
                if await write(item, event):
                    failpoint(INGEST_AFTER_STORE)
                    self._metrics.cut.inc(candidate.cut)
                    self._published()
                    return _Stored(decision.verdict, candidate.id)
            except OutboxFullError:
                return _Stored("held", candidate.id)
            held = await self._items.known_by(keys_to_look_up([candidate], now))
            found = match(candidate, by_key(held), now)
            besides = replace(besides, copy=besides.copy or found.copy)
        return _Stored("held", found.candidate.id)

    async def _notice_missing(
        self, candidates: Sequence[Candidate], shown: Sequence[str], source: Source, now: datetime
    ) -> None:
        """Have articles looked at that the feed no longer shows, though it shows older ones."""
        published = [one.published.at for one in candidates if one.published is not None]
        since = reach_of(published, now)
        if since is not None:
            await self._items.left_early(source.id, shown, since)

    async def _take_back(
        self, found: Sequence[Match], source: Source, pages: PageFetcher, counts: Counter[str]
    ) -> None:
        """Take back what a publisher withdrew and its feed shows again, where the page answers again too.

        After all else is stored: pages may be slow.
        """
        now = self._clock.now()
        withdrawn = [one for one in found if one.stored is not None and _may_return(one.stored, now)]
        for one in withdrawn[:MAX_RETURNS]:
            await self._items.note([Note(one.candidate.id, looked_at=now)])
            if answer_of(await pages.fetch_page(one.candidate.url)) is Answer.ALIVE:
                result = await self._store_one(one, source, Circumstances(answers_again=True))
                counts.update({result.verdict: 1, "same": -1})


def _circumstances(found: Match, removed: frozenset[str]) -> Circumstances:
    return Circumstances(found.copy, found.stored is not None and found.stored.source_id in removed)


def _may_return(stored: StoredItem, now: datetime) -> bool:
    lately = stored.looked_at is not None and now - stored.looked_at < ASK_EVERY
    return stored.withdrawn_by == "publisher" and not lately


def _note(found: Match, source: Source, now: datetime) -> Note | None:
    """Return what is to be remembered of a stored article besides its revisions, None where that is nothing."""
    stored = found.stored
    if stored is None:
        return None
    at_home = stored.source_id == source.id and not found.copy and not stored.withdrawn
    due = at_home and now - stored.shown_at >= NOTE_EVERY
    if not (due or found.learnt):
        return None
    copies = found.learnt if found.copy else ()
    return Note(stored.id, found.learnt, copies, shown_at=now if due else None)


def _batches(found: Sequence[Match], size: int) -> Iterator[Sequence[Match]]:
    for start in range(0, len(found), size):
        yield found[start : start + size]
