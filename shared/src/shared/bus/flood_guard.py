"""Keeps one consumer to the pace that the flood of its dead letters allows, and tells of it."""

import asyncio

import structlog

from shared.bus.flood import Flood, FloodLimits, Outcome
from shared.bus.metrics import BusMetrics
from shared.bus.waiting import pause
from shared.clock import Clock

_log = structlog.get_logger()


class FloodGuard:
    """One consumer's account of what became of its events.

    Args:
        queue: the work queue.
        limits: when dead letters are a flood.
        clock: where time comes from.
        metrics: where `bus_consumer_flooded` is kept.
    """

    def __init__(self, queue: str, *, limits: FloodLimits, clock: Clock, metrics: BusMetrics) -> None:
        self._queue = queue
        self._clock = clock
        self._flood = Flood(limits)
        self._gauge = metrics.consumer_flooded.labels(queue)
        self._gauge.set(0)

    @property
    def alone(self) -> bool:
        """Whether events are to be handled one at a time."""
        return self._flood.paused_until is not None

    def record(self, outcome: Outcome) -> None:
        """Take an event into account that was settled."""
        before, limits = self.alone, self._flood.limits
        self._flood = self._flood.record(outcome, self._clock.monotonic())
        if self.alone and not before:
            self._gauge.set(1)
            _log.error(
                "consumer_flooded",
                queue=self._queue,
                reason=f"over half of the last {limits.window} events died within {limits.within_s:g} s",
                pause_s=limits.pause_s,
            )
        elif before and not self.alone:
            self._gauge.set(0)
            _log.info("consumer_recovered", queue=self._queue, handled_in_a_row=limits.recover_after)

    async def ready(self, halt: asyncio.Event) -> bool:
        """Wait until an event may be handled; return False when told to halt first."""
        while (until := self._flood.paused_until) is not None:
            left_s = until - self._clock.monotonic()
            if left_s <= 0:
                break
            await pause(halt, left_s)
            if halt.is_set():
                break
        return not halt.is_set()
