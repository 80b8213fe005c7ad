"""The bus of the one-process form: no broker, the same promises.

publish -> one delivery per durable work queue -> handler -> acknowledged, or waiting for another attempt, or a dead
letter on disk -> publish returns. An event therefore leaves its outbox only once it was handled, and a process killed
at any point loses nothing.
"""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry

from shared.bus import dead_letters
from shared.bus.dead_letter_file import DeadLetter, DeadLetterFile
from shared.bus.dead_letter_folder import hear_again
from shared.bus.errors import EventRefused, PublishUnconfirmed
from shared.bus.flood import FloodLimits, Outcome
from shared.bus.flood_guard import FloodGuard
from shared.bus.handling import Handling
from shared.bus.holding import HOLD_MAX_S, HeldTooLong, wait_without_deliveries
from shared.bus.live import LiveItem, LiveReady, LiveReset, LiveStart, check_start, open_live
from shared.bus.memory_queue import LiveRing, MemoryDelivery, WorkQueue
from shared.bus.metrics import BusMetrics
from shared.bus.ports import PUBLISH_TIMEOUT_S, Subscription, check_size
from shared.bus.retry import RETRY_DELAYS_S, Bury, Fate, RetryLater, describe
from shared.clock import Clock, SystemClock
from shared.contracts.catalogue import CATALOGUE, LIVE, QUEUES
from shared.contracts.envelope import Envelope, UndecodableEventError, to_headers

DISK_RETRY_S = 5.0
"""How long a delivery waits when its dead letter could not be written."""

_log = structlog.get_logger()


class MemoryBus:
    """See `shared.bus.ports.Bus`. All services of the process share one.

    Args:
        folder: where dead letters are kept, and those that are to be heard again.
        registry: where the metrics go.
        retry_delays_s: the retry ladder, in seconds.
        publish_timeout_s: longest a publish waits until every reader is done with the event.
        hold_max_s: longest that a consumer holds deliveries for a dependency, in seconds.
        flood: when a consumer's dead letters are a flood.
        shuffle_seed: when given, deliveries come in an order drawn from it instead of the order of publishing.
        clock: where time comes from.

    Attributes:
        live: the live stream's events; readers use `read_live`.
    """

    def __init__(
        self,
        folder: Path,
        registry: CollectorRegistry,
        *,
        retry_delays_s: tuple[float, ...] = RETRY_DELAYS_S,
        publish_timeout_s: float = PUBLISH_TIMEOUT_S,
        hold_max_s: float = HOLD_MAX_S,
        flood: FloodLimits | None = None,
        shuffle_seed: int | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._retry_delays_s = retry_delays_s
        self._publish_timeout_s = publish_timeout_s
        self._hold_max_s = hold_max_s
        self._flood = flood or FloodLimits()
        self._clock = clock or SystemClock()
        self._metrics = BusMetrics(registry)
        self._metrics.connected.set(1)
        self._closed = False
        shuffle = None if shuffle_seed is None else random.Random(shuffle_seed)  # noqa: S311  an order, not a secret
        work = [name for name in QUEUES if name != LIVE]
        self._queues = {name: WorkQueue(shuffle) for name in work}
        self._dead = {name: DeadLetterFile(folder, name) for name in work}
        self._folder = folder
        self._replaying = {name: asyncio.Lock() for name in work}
        self.live = LiveRing(int(self._clock.now().timestamp() * 1000))

    async def publish(self, event: Envelope) -> None:
        """See `Bus.publish`; returns once the event was handled or buried by every reader."""
        started = time.perf_counter()
        result = "unconfirmed"
        try:
            await self._publish(event)
            result = "ok"
        except EventRefused:
            result = "refused"
            raise
        finally:
            seconds = time.perf_counter() - started
            self._metrics.count_publish(event.type, result, seconds)
            _log.debug(
                "event_published",
                type=event.type,
                event_id=event.id,
                outcome=result,
                seconds=round(seconds, 4),
            )

    async def _publish(self, event: Envelope) -> None:
        check_size(event)
        row = CATALOGUE.get(event.type)
        if row is None:
            raise EventRefused(f"no queue wants {event.type}")
        if self._closed:
            raise PublishUnconfirmed("the bus is closed")
        try:
            async with asyncio.timeout(self._publish_timeout_s):
                for name in row.queues:
                    if name != LIVE:
                        await self._queues[name].deliver(event)
        except TimeoutError as error:
            raise PublishUnconfirmed(f"not handled within {self._publish_timeout_s:g} s") from error
        if LIVE in row.queues and not self.live.append(event):
            self._metrics.live_events.labels("repeated").inc()

    async def consume(self, subscription: Subscription, stop: asyncio.Event) -> None:
        """See `Bus.consume`."""
        queue = self._queues[subscription.queue]
        up = self._metrics.consumer_up.labels(subscription.queue)
        guard = FloodGuard(subscription.queue, limits=self._flood, clock=self._clock, metrics=self._metrics)

        async def settle(deliveries: Sequence[MemoryDelivery], fate: Fate) -> None:
            for delivery in deliveries:
                outcome = await self._settle(subscription.queue, delivery, fate)
                if outcome is not None:
                    self._metrics.consumed.labels(subscription.queue, outcome).inc()
                    guard.record(outcome)

        handling = Handling(
            subscription,
            settle,
            stop,
            retry_delays_s=self._retry_delays_s,
            clock=self._clock,
            metrics=self._metrics,
            guard=guard,
            hold_max_s=self._hold_max_s,
        )
        up.inc()
        _log.info("consumer_started", queue=subscription.queue)
        replaying = asyncio.create_task(self._replay(subscription.queue))
        try:
            while batch := await queue.take(subscription.batch_max, subscription.batch_wait_s, stop):
                missing = ""
                try:
                    await handling.run(batch)
                except HeldTooLong as error:
                    missing = error.dependency
                finally:
                    queue.give_back(batch)
                if missing:
                    await wait_without_deliveries(subscription, missing, stop, self._metrics)
        finally:
            replaying.cancel()
            await asyncio.gather(replaying, return_exceptions=True)
            up.dec()
            _log.info("consumer_stopped", queue=subscription.queue)

    def read_live(self, start: LiveStart, stop: asyncio.Event) -> AsyncGenerator[LiveItem, None]:
        """See `Bus.read_live`; a repeat of an event in the ring never gets there."""
        check_start(start)
        return self._read_live(start, stop)

    async def _read_live(self, start: LiveStart, stop: asyncio.Event) -> AsyncGenerator[LiveItem, None]:
        self._metrics.live_readers.inc()
        try:
            async with aclosing(self.live.read(start, stop)) as items:
                async for item in items:
                    if isinstance(item, LiveReset):
                        self._metrics.live_resets.labels(item.lapse).inc()
                    if isinstance(item, LiveReady | LiveReset):
                        yield item
                        continue
                    try:
                        opened = open_live(*item)
                    except UndecodableEventError as error:
                        self._metrics.live_events.labels("undecodable").inc()
                        _log.warning("live_event_undecodable", offset=item[0], reason=error.reason)
                        continue
                    self._metrics.live_events.labels("ok").inc()
                    yield opened
        finally:
            self._metrics.live_readers.dec()

    async def check(self) -> bool:
        """See `Bus.check`."""
        return not self._closed

    async def close(self) -> None:
        """See `Bus.close`; publishes still waiting are told that nothing is known."""
        self._closed = True
        self._metrics.connected.set(0)
        for queue in self._queues.values():
            queue.close()

    def dead_letters(self, queue: str) -> list[DeadLetter]:
        """Return a queue's dead letters, oldest first."""
        return list(self._dead[queue].read())

    async def _replay(self, queue: str) -> None:
        """Let the queue's reader hear the dead letters that were chosen for it while no system ran."""
        try:
            async with self._replaying[queue]:
                await hear_again(self._folder, queue, self._queues[queue].deliver)
        except PublishUnconfirmed:
            return
        except Exception as error:  # noqa: BLE001  the letters stay in their file, and everything else goes on
            _log.exception("dead_letters_not_replayed", queue=queue, reason=describe(error))

    async def _settle(self, queue: str, delivery: MemoryDelivery, fate: Fate) -> Outcome | None:
        """Carry out one fate; return what became of the event, None when it could not be carried out."""
        if isinstance(fate, RetryLater):
            delivery.failure = fate.failure
            self._metrics.retries.labels(queue, str(fate.failure.attempts)).inc()
            self._queues[queue].put_later(delivery, fate.delay_s)
            return "retried"
        if isinstance(fate, Bury):
            return "buried" if await self._bury(queue, delivery, fate) else None
        self._queues[queue].settle(delivery)
        return "ok"

    async def _bury(self, queue: str, delivery: MemoryDelivery, fate: Bury) -> bool:
        event = delivery.envelope
        said = dead_letters.epitaph(fate, queue=queue, service="silkwire", at=self._clock.now())
        letter = DeadLetter(dead_letters.to_headers(to_headers(event), said), event.data)
        try:
            await asyncio.to_thread(self._dead[queue].append, letter)
        except OSError as error:
            _log.exception("dead_letter_not_written", queue=queue, event_id=event.id, reason=str(error))
            self._queues[queue].put_later(delivery, DISK_RETRY_S)
            return False
        self._metrics.dead_letters.labels(queue, fate.cause).inc()
        self._queues[queue].settle(delivery)
        dead_letters.log_burial(said, event.id)
        return True
