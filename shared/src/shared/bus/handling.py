"""Runs a subscription's handler over a batch and settles each event's fate; shared by every bus.

batch -> handler -> all done
              └─ raised -> one by one -> done | retry | dead letter | held until the dependency answers
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, Protocol, TypeVar

import structlog

from shared.bus.errors import DependencyDown
from shared.bus.flood_guard import FloodGuard
from shared.bus.holding import HOLD_MAX_S, HeldTooLong, Holding
from shared.bus.metrics import BusMetrics
from shared.bus.ports import Subscription
from shared.bus.retry import Done, Failure, Fate, Hold, decide
from shared.clock import Clock
from shared.contracts.envelope import Envelope

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


class Handling(Generic[AnyDelivery]):
    """Calls the handler and settles what comes of it.

    Args:
        subscription: whose handler.
        settle: carries out a fate.
        halt: once set, no new call of the handler is started and whatever is held is left as it is.
        retry_delays_s: the retry ladder.
        clock: where time comes from.
        metrics: where it is counted.
        guard: at which pace, while most events die.
        hold_max_s: longest that deliveries are held for a dependency, in seconds; 0 for not at all.
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
        guard: FloodGuard,
        hold_max_s: float = HOLD_MAX_S,
    ) -> None:
        self._subscription = subscription
        self._settle = settle
        self._halt = halt
        self._retry_delays_s = retry_delays_s
        self._clock = clock
        self._metrics = metrics
        self._guard = guard
        self._hold_max_s = hold_max_s

    async def run(self, batch: Sequence[AnyDelivery]) -> None:
        """Handle a batch; when this returns, all of it is settled, or left because of `halt`.

        Raises:
            HeldTooLong: a dependency stayed down; nothing more of the batch was settled.
        """
        if len(batch) == 1 or self._guard.alone:
            await self._one_by_one(batch)
        elif await self._guard.ready(self._halt):
            error = await self._call(batch)
            if error is None:
                await self._settle(batch, Done())
            elif not self._halt.is_set():
                _log.info(
                    "batch_split", queue=self._subscription.queue, events=len(batch), reason=repr(error)[:300]
                )
                await self._one_by_one(batch)

    async def _one_by_one(self, batch: Sequence[AnyDelivery]) -> None:
        for delivery in batch:
            if not await self._guard.ready(self._halt):
                return
            await self._run_alone(delivery)

    async def _run_alone(self, delivery: AnyDelivery) -> None:
        error = await self._call([delivery])
        if error is None:
            await self._settle([delivery], Done())
        else:
            fate = decide(error, delivery.failure, self._retry_delays_s, self._clock.now())
            if not isinstance(fate, Hold):
                await self._settle([delivery], fate)

    async def _call(self, batch: Sequence[AnyDelivery]) -> Exception | None:
        """Call the handler until it comes to an end that is not a missing dependency; return what it raised."""
        events = [delivery.envelope for delivery in batch]
        holding: Holding | None = None
        try:
            while True:
                error = await self._call_once(events)
                if not isinstance(error, DependencyDown):
                    return error
                if self._hold_max_s <= 0:
                    raise HeldTooLong(error.name)
                holding = holding or Holding(
                    self._subscription,
                    error.name,
                    self._halt,
                    self._metrics,
                    hold_max_s=self._hold_max_s,
                )
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
