"""The time as the database has it, so that all replicas agree on it however wrong their machines' clocks are.

When an article was first seen, for how long a redirect or a 410 was seen, whether a feed's date lies in the future: with
each replica's own clock one that is hours off would settle these for all. Between two looks at the server only the
monotonic clock counts, so that steps of the own clock are never seen at all.
"""

import asyncio
from datetime import UTC, datetime, timedelta

import structlog

from ingest.adapters.mongo_failures import store_errors
from ingest.metrics import Metrics
from ingest.ports import StoreDownError
from shared.bus.waiting import pause
from shared.clock import Clock
from shared.mongo import Database

ASK_EVERY_S = 30.0
"""Seconds between two looks at the server: a clock drifts by milliseconds in that time."""

TOLD_FROM = timedelta(seconds=5)
"""So far off a machine's own clock may be without being told."""

_log = structlog.get_logger()


class MongoClock:
    """A `Clock` that gives the server's time; the own one's until the server was asked for the first time.

    Args:
        database: of the server.
        own: this machine's clock.
        metrics: numbers.
    """

    def __init__(self, database: Database, own: Clock, metrics: Metrics) -> None:
        self._database = database
        self._own = own
        self._metrics = metrics
        self._known: tuple[datetime, float] | None = None
        self._told = False

    def now(self) -> datetime:
        """Return the current instant as an aware UTC datetime."""
        if self._known is None:
            return self._own.now()
        then, at = self._known
        return then + timedelta(seconds=self._own.monotonic() - at)

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start that never run backwards."""
        return self._own.monotonic()

    async def ask(self) -> None:
        """Ask the server; half of the time that this takes counts for the way back.

        Raises:
            StoreDownError: it does not answer now; what was known goes on.
        """
        asked_at = self._own.monotonic()
        with store_errors():
            answer = await self._database.command("hello")
        answered_at = self._own.monotonic()
        self._known = answer["localTime"].replace(tzinfo=UTC), (asked_at + answered_at) / 2
        self._tell(self._own.now() - self.now())

    async def run(self, stop: asyncio.Event) -> None:
        """Ask from time to time until `stop` is set."""
        while not await pause(stop, ASK_EVERY_S):
            try:
                await self.ask()
            except StoreDownError:
                continue

    def _tell(self, off: timedelta) -> None:
        """Say once that the own clock is wrong, and once that it is right again."""
        self._metrics.clock_off.set(off.total_seconds())
        wrong = abs(off) > TOLD_FROM
        if wrong != self._told:
            self._told = wrong
            say = _log.warning if wrong else _log.info
            say("own_clock_off" if wrong else "own_clock_right", seconds=round(off.total_seconds(), 1))
