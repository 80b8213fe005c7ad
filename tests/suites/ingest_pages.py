"""What looking at articles' pages needs, in memory: the store of looks, and the publishers' pages."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from ingest.domain.articles.decide import StoredItem
from ingest.domain.articles.recheck import Next
from ingest.domain.fetching.outcomes import Failed, Fetched, FetchOutcome, Validators
from ingest.ports import Look, StoreDownError
from shared.clock import Clock
from tests.suites.ingest_fakes import MemoryItemStore


class MemoryLookStore:
    """The port `LookStore` over items in memory."""

    def __init__(self, items: MemoryItemStore, clock: Clock) -> None:
        self._items = items
        self._clock = clock

    async def claim_look(self, lease_s: float) -> Look | None:
        if self._items.down:
            raise StoreDownError("down for the test")
        now, rows = self._clock.now(), self._items.looks
        due = [
            (not row.known.left_early, row.at, id_) for id_, row in rows.items() if row.at and row.at <= now
        ]
        if not due:
            return None
        *_, chosen = min(due)
        row = rows[chosen]
        row.at, row.ticket = now + timedelta(seconds=lease_s), f"{chosen} {now.timestamp()}"
        return Look(self._items.items[chosen], row.known, row.ticket)

    async def finish_look(self, look: Look, then: Next) -> bool:
        row = self._items.looks.get(look.item.id)
        if row is None or row.ticket != look.ticket:
            return False
        row.known, row.ticket = then.found, None
        row.at = self._clock.now() + then.after if then.after is not None else None
        return True

    async def sibling(self, item: StoredItem) -> StoredItem | None:
        others = [
            one for one in self._items.items.values()
            if one.source_id == item.source_id and one.id != item.id and not one.withdrawn
            and urlsplit(one.url).netloc == urlsplit(item.url).netloc
        ]  # fmt: skip
        return max(others, key=lambda one: one.published_at, default=None)


@dataclass
class FakePages:
    """The port `PageFetcher` in memory: every page is there, but those whose failure tests name."""

    failures: dict[str, Failed] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def fetch_page(self, url: str) -> FetchOutcome:
        await asyncio.sleep(0)
        self.asked.append(url)
        if url in self.failures:
            return self.failures[url]
        return Fetched(url, b"<html></html>", "text/html", Validators(), 13)
