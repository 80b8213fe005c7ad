"""Runs a subscription's handler over a batch and settles each event's fate; shared by every bus.

batch -> handler -> all done
              └─ raised -> one by one -> done | retry | dead letter | held until the dependency answers
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Generic, Protocol, TypeVar

import structlog

from shared.bus.errors import DependencyDown
from shared.bus.metrics import BusMetrics
from shared.bus.ports import Subscription
from shared.bus.retry import Done, Failure, Fate, Hold, back_off_s, decide
from shared.bus.waiting import pause
from shared.clock import Clock
from shared.contracts.envelope import Envelope

HOLD_MAX_S = 600.0
"""Longest that deliveries are held unacknowledged. The broker closes the channel of whoever holds one for 30 min."""

_log = structlog.get_logger()


class Delivery(Protocol):
    """One event as the bus delivered it."""

    @property
    def envelope(self) -> Envelope:
        """The event."""
        ...

    @property
    def failure(self) -> Failure:
        """Its failed attempts so far."""
        ...


AnyDelivery = TypeVar("AnyDelivery", bound=Delivery)


Settle = Callable[[Sequence[AnyDelivery], Fate], Awaitable[None]]
"""How a bus carries out one fate for all these deliveries."""


class HeldTooLong(Exception):  # noqa: N818  a signal, not an error: give the deliveries back and wait without them
    """A dependency stayed down for `HOLD_MAX_S`."""


class Handling(Generic[AnyDelivery]):
    """Calls the handler and settles what comes of it.

    Args:
        subscription: whose handler.
        settle: carries out a fate.
        halt: once set, no new call of the handler is started and whatever is held is left as it is.
        retry_delays_s: the retry ladder.
        clock: where time comes from.
        metrics: where it is counted.
    """

    def __init__(
        self,
        subscription: Subscription,
        settle: Settle[AnyDelivery],
        halt: asyncio.Event,
        *,
        retry_delays_s: Sequence[float],
        clock: Clock,
        metrics: BusMetrics,
    ) -> None:
        self._subscription = subscription
        self._settle = settle
        self._halt = halt
        self._retry_delays_s = retry_delays_s
        self._clock = clock
        self._metrics = metrics

    async def run(self, batch: Sequence[AnyDelivery]) -> None:
        """Handle a batch; when this returns, all of it is settled, or left because of `halt`.

        Raises:
            HeldTooLong: a dependency stayed down; nothing more of the batch was settled.
        """
        error = await self._call(batch)
        if error is None:
            await self._settle(batch, Done())
        elif len(batch) == 1:
            await self._settle_failed(batch[0], error)
        elif not self._halt.is_set():
            _log.info(
                "batch_split", queue=self._subscription.queue, events=len(batch), reason=repr(error)[:300]
            )
            for delivery in batch:
                if self._halt.is_set():
                    return
                await self._run_alone(delivery)

    async def _run_alone(self, delivery: AnyDelivery) -> None:
        error = await self._call([delivery])
        if error is None:
            await self._settle([delivery], Done())
        else:
            await self._settle_failed(delivery, error)

    async def _settle_failed(self, delivery: AnyDelivery, error: Exception) -> None:
        fate = decide(error, delivery.failure, self._retry_delays_s, self._clock.now())
        if not isinstance(fate, Hold):
            await self._settle([delivery], fate)

    async def _call(self, batch: Sequence[AnyDelivery]) -> Exception | None:
        """Call the handler until it comes to an end that is not a missing dependency; return what it raised."""
        events = [delivery.envelope for delivery in batch]
        holding: _Holding | None = None
        try:
            while True:
                error = await self._call_once(events)
                if not isinstance(error, DependencyDown):
                    return error
                holding = holding or _Holding(self._subscription, error.name, self._halt, self._metrics)
                if not await holding.wait():
                    return error
        finally:
            if holding is not None:
                holding.end()

    async def _call_once(self, events: Sequence[Envelope]) -> Exception | None:
        deadline_s = self._subscription.deadline_s
        started = time.perf_counter()
        error: Exception | None = None
        try:
            async with asyncio.timeout(deadline_s) as deadline:
                await self._subscription.handler(events)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # Something inside the handler was cancelled, not this consumer: an error like any other.
            error = RuntimeError("the handler was cancelled from within")
        except Exception as raised:  # noqa: BLE001  whatever it is, it decides the event's fate
            error = (
                TimeoutError(f"the handler took longer than {deadline_s} s") if deadline.expired() else raised
            )
        self._metrics.handle_seconds.labels(self._subscription.queue, _result(error)).observe(
            time.perf_counter() - started
        )
        return error


def _result(error: Exception | None) -> str:
    if error is None:
        return "ok"
    return "held" if isinstance(error, DependencyDown) else "failed"


class _Holding:
    """Deliveries being held because a dependency is down."""

    def __init__(
        self, subscription: Subscription, dependency: str, halt: asyncio.Event, metrics: BusMetrics
    ) -> None:
        self._subscription = subscription
        self._dependency = dependency
        self._halt = halt
        self._gauge = metrics.consumer_held.labels(subscription.queue)
        self._began = time.monotonic()
        self._waits = 0
        self._gauge.set(1)
        _log.warning("consumer_held", queue=subscription.queue, dependency=dependency)

    async def wait(self) -> bool:
        """Wait until the dependency answers; return False when told to halt first.

        Raises:
            HeldTooLong: it has been down for `HOLD_MAX_S`.
        """
        left_s = self._began + HOLD_MAX_S - time.monotonic()
        answered = await wait_for_dependency(
            self._subscription, self._halt, self._waits, give_up_after_s=left_s
        )
        self._waits += 1
        if not answered and not self._halt.is_set():
            raise HeldTooLong
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
        async with asyncio.timeout(5):
            return await subscription.probe()
    except Exception:  # noqa: BLE001  a probe that fails in any way says no
        return False
