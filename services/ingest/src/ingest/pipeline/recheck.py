"""Looks at articles' pages again, one at a time, and takes down what their publishers took down."""

import asyncio
from datetime import timedelta
from urllib.parse import urlsplit

import structlog

from ingest.domain.articles.recheck import (
    Allowance,
    Answer,
    Next,
    after_look,
    answer_of,
    unproven,
    until_regular,
)
from ingest.metrics import Metrics
from ingest.pipeline.steps import one_by_one
from ingest.pipeline.withdraw import Withdrawals
from ingest.ports import Look, LookStore, PageFetcher, StoreDownError
from shared.clock import Clock

LEASE_S = 300.0
"""Longer than two pages can take, waiting for their host's pace included."""

IDLE_S = 30.0
"""Seconds between looks at the store while no page is due."""

TOMORROW = timedelta(hours=24)

_log = structlog.get_logger()


class Rechecks:
    """Looks at the pages that are due.

    Args:
        looks: where due pages are claimed; several replicas may share it.
        pages: asks for them, within robots.txt and the host's pace.
        withdraw: takes an article down.
        clock: where time comes from.
        metrics: numbers.
        per_hour: most pages of this replica in an hour.
        idle_s: seconds between looks at the store while nothing is due.
    """

    def __init__(
        self,
        *,
        looks: LookStore,
        pages: PageFetcher,
        withdraw: Withdrawals,
        clock: Clock,
        metrics: Metrics,
        per_hour: int,
        idle_s: float = IDLE_S,
    ) -> None:
        self._looks = looks
        self._pages = pages
        self._withdraw = withdraw
        self._clock = clock
        self._metrics = metrics
        self._gap_s = 3600 / per_hour
        self._idle_s = idle_s
        self._allowance = Allowance()

    async def run(self, stop: asyncio.Event) -> None:
        """Look at pages until `stop` is set; one whose look is cut off is due again when its lease ends."""
        await one_by_one(self._guarded, stop)

    async def _guarded(self) -> float:
        try:
            return self._gap_s if await self.step() else self._idle_s
        except StoreDownError:
            return self._idle_s
        except Exception:  # noqa: BLE001  a fault of ours over one page must not stop the others
            _log.exception("page_look_crashed")
            return self._gap_s

    async def step(self) -> bool:
        """Look at one page; False where none is due.

        Raises:
            StoreDownError: the store does not answer.
        """
        look = await self._looks.claim_look(LEASE_S)
        if look is None:
            return False
        try:
            async with asyncio.timeout(LEASE_S * 0.8):
                await self._look(look)
        except TimeoutError:
            self._metrics.looks.labels(Answer.UNKNOWN.value).inc()
        return True

    async def _look(self, look: Look) -> None:
        now, host = self._clock.now(), urlsplit(look.item.url).netloc
        if not self._allowance.take(host, now):
            self._metrics.looks.labels("spared").inc()
            regular = until_regular(look.item.first_seen_at, now)
            await self._looks.finish_look(look, Next(min(regular or TOMORROW, TOMORROW), look.known))
            return
        answer = answer_of(await self._pages.fetch_page(look.item.url))
        self._metrics.looks.labels(answer.value).inc()
        if answer is Answer.BARRED:
            self._allowance.bar(host)
        then = after_look(look.known, answer, look.item.first_seen_at, self._clock.now())
        if then.taken_down is not None:
            if await self._others_answer(look):
                await self._withdraw(look.item.id, "publisher", then.taken_down)
                return
            then = unproven(look.known, answer, look.item.first_seen_at, self._clock.now())
        await self._looks.finish_look(look, then)

    async def _others_answer(self, look: Look) -> bool:
        """Return whether another article of the site can be read: walls and broken sites say 404 or 410 to everything."""
        other = await self._looks.sibling(look.item)
        return other is None or answer_of(await self._pages.fetch_page(other.url)) is Answer.ALIVE
