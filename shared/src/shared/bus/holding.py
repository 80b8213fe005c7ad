"""Waiting for a dependency that is down: with deliveries in hand, and after `HOLD_MAX_S` without.

The dependency is probed, never a message: no attempt is counted while it is down.
"""

import asyncio
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import structlog

from shared.bus.metrics import BusMetrics
from shared.bus.ports import Subscription
from shared.bus.retry import back_off_s
from shared.bus.waiting import pause

HOLD_MAX_S = 1200.0
"""Longest that deliveries are held unacknowledged. The broker closes the channel of whoever holds one for 30 min."""

PROBE_TIMEOUT_S = 5.0

_log = structlog.get_logger()


class HeldTooLong(Exception):  # noqa: N818  a signal, not an error: give the deliveries back and wait without them
    """A dependency stayed down for as long as deliveries may be held.

    Attributes:
        dependency: what is down.
    """

    def __init__(self, dependency: str) -> None:
        super().__init__(dependency)
        self.dependency = dependency


class Holding:
    """Deliveries being held because a dependency is down.

    Args:
        subscription: whose deliveries, and whose probe.
        dependency: what is down.
        halt: ends the waiting.
        metrics: where `bus_consumer_held` is kept.
        hold_max_s: longest to hold, in seconds.
    """

    def __init__(
        self,
        subscription: Subscription,
        dependency: str,
        halt: asyncio.Event,
        metrics: BusMetrics,
        *,
        hold_max_s: float,
    ) -> None:
        self._subscription = subscription
        self._dependency = dependency
        self._halt = halt
        self._gauge = metrics.consumer_held.labels(subscription.queue)
        self._hold_max_s = hold_max_s
        self._began = time.monotonic()
        self._waits = 0
        self._gauge.set(1)
        _log.warning("consumer_held", queue=subscription.queue, dependency=dependency)

    async def wait(self) -> bool:
        """Wait until the dependency answers; return False when told to halt first.

        Raises:
            HeldTooLong: it has been down for `hold_max_s`.
        """
        left_s = self._began + self._hold_max_s - time.monotonic()
        answered = await wait_for_dependency(
            self._subscription, self._halt, self._waits, give_up_after_s=left_s
        )
        self._waits += 1
        if not answered and not self._halt.is_set():
            raise HeldTooLong(self._dependency)
        return answered

    def end(self) -> None:
        """Tell that deliveries are no longer held."""
        self._gauge.set(0)
        _log.info(
            "consumer_released",
            queue=self._subscription.queue,
            dependency=self._dependency,
            held_s=round(time.monotonic() - self._began, 3),
        )


async def wait_without_deliveries(
    subscription: Subscription, dependency: str, halt: asyncio.Event, metrics: BusMetrics
) -> None:
    """Wait for a dependency after everything was given back, until it answers or `halt` is set."""
    with _told(subscription, dependency, metrics):
        await wait_for_dependency(subscription, halt)


@contextmanager
def _told(subscription: Subscription, dependency: str, metrics: BusMetrics) -> Iterator[None]:
    # Still held back as far as anyone who watches is concerned: events wait, in the queue now.
    gauge = metrics.consumer_held.labels(subscription.queue)
    gauge.set(1)
    _log.warning("consumer_let_go", queue=subscription.queue, dependency=dependency)
    try:
        yield
    finally:
        gauge.set(0)
        _log.info("consumer_resumes", queue=subscription.queue, dependency=dependency)


async def wait_for_dependency(
    subscription: Subscription, halt: asyncio.Event, attempt: int = 0, *, give_up_after_s: float | None = None
) -> bool:
    """Ask the probe, ever more slowly, until it says yes; without a probe one wait is all.

    Args:
        subscription: whose probe.
        halt: ends the waiting.
        attempt: how often this was waited for before; the first wait is the longer for it.
        give_up_after_s: longest to wait, in seconds; None means for ever.

    Returns:
        True when it answered; False when `halt` was set or the time was up.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(give_up_after_s):
            while not await pause(halt, back_off_s(attempt, random.random(), first_s=0.1)):  # noqa: S311  jitter
                if await _answers(subscription):
                    return True
                attempt += 1
    return False


async def _answers(subscription: Subscription) -> bool:
    if subscription.probe is None:
        return True
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_S):
            return await subscription.probe()
    except Exception:  # noqa: BLE001  a probe that fails in any way says no
        return False
