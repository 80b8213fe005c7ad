"""Keeps the last good ticker: asks rates every few seconds, and remembers when it could not."""

import asyncio
from dataclasses import replace

import structlog

from gateway.domain.merge import KeptRates, ticker_of
from gateway.metrics import Metrics
from gateway.ports import Answered, Rates
from shared.clock import Clock

EAGER_S = 0.5
"""Seconds between two looks while no rate is known yet: at a start, rates comes up a moment after gateway."""

_log = structlog.get_logger()


class TickerBoard:
    """The last good answer of rates, in memory.

    Args:
        rates: who is asked.
        clock: tells when an answer came.
        metrics: how many pairs there are, and when they were last confirmed.
        every_s: seconds between two looks.
    """

    def __init__(self, rates: Rates, *, clock: Clock, metrics: Metrics, every_s: float) -> None:
        self._rates = rates
        self._clock = clock
        self._metrics = metrics
        self._every_s = every_s
        self._kept: KeptRates | None = None

    def last(self) -> KeptRates | None:
        """Return what rates last said, or None while it has never answered."""
        return self._kept

    async def refresh(self) -> None:
        """Ask once; a failure keeps the last answer and marks it."""
        reply = await self._rates.rates()
        was_away = self._kept is not None and self._kept.away
        if isinstance(reply, Answered):
            self._kept = KeptRates(reply.value, self._clock.now())
            self._metrics.ticker_pairs.set(len(ticker_of(self._kept)))
            self._metrics.ticker_refreshed.set(self._kept.asked_at.timestamp())
            if was_away:
                _log.info("ticker_recovered", outcome="ok")
        elif self._kept is not None and not was_away:
            self._kept = replace(self._kept, away=True)
            _log.warning("ticker_went_stale", outcome="stale", last_answer_at=self._kept.asked_at.isoformat())

    async def run(self, stop: asyncio.Event) -> None:
        """Refresh until `stop` is set."""
        while not stop.is_set():
            await self.refresh()
            pause_s = self._every_s if ticker_of(self._kept) else min(EAGER_S, self._every_s)
            try:
                async with asyncio.timeout(pause_s):
                    await stop.wait()
            except TimeoutError:
                continue
