"""The bus of the one-process form: no broker, the same promises.

publish -> one delivery per durable work queue -> handler -> acknowledged, or waiting for another attempt, or a dead
letter on disk -> publish returns. An event therefore leaves its outbox only once it was handled, and a process killed
at any point loses nothing.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry

from shared.bus import dead_letters
from shared.bus.dead_letter_file import DeadLetter, DeadLetterFile
from shared.bus.dead_letter_folder import hear_again
from shared.bus.errors import EventRefused, PublishUnconfirmed
from shared.bus.handling import Handling, HeldTooLong, wait_for_dependency
from shared.bus.memory_queue import LiveRing, MemoryDelivery, WorkQueue
from shared.bus.metrics import BusMetrics
from shared.bus.ports import PUBLISH_TIMEOUT_S, Subscription, check_size
from shared.bus.retry import RETRY_DELAYS_S, Bury, Fate, RetryLater, describe
from shared.clock import Clock, SystemClock
from shared.contracts.catalogue import CATALOGUE, LIVE, QUEUES
from shared.contracts.envelope import Envelope, to_headers

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
        shuffle_seed: when given, deliveries come in an order drawn from it instead of the order of publishing.
        clock: where time comes from.

    Attributes:
        live: the live stream's events.
    """

    def __init__(
        self,
        folder: Path,
        registry: CollectorRegistry,
        *,
        retry_delays_s: tuple[float, ...] = RETRY_DELAYS_S,
        publish_timeout_s: float = PUBLISH_TIMEOUT_S,
        shuffle_seed: int | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._retry_delays_s = retry_delays_s
        self._publish_timeout_s = publish_timeout_s
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
        if LIVE in row.queues:
            self.live.append(event)

    async def consume(self, subscription: Subscription, stop: asyncio.Event) -> None:
        """See `Bus.consume`."""
        queue = self._queues[subscription.queue]
        up = self._metrics.consumer_up.labels(subscription.queue)

        async def settle(deliveries: Sequence[MemoryDelivery], fate: Fate) -> None:
            for delivery in deliveries:
                await self._settle(subscription.queue, delivery, fate)

        handling = Handling(
            subscription,
            settle,
            stop,
            retry_delays_s=self._retry_delays_s,
            clock=self._clock,
            metrics=self._metrics,
        )
        up.inc()
        _log.info("consumer_started", queue=subscription.queue)
        replaying = asyncio.create_task(self._replay(subscription.queue))
        try:
            while batch := await queue.take(subscription.batch_max, subscription.batch_wait_s, stop):
                try:
                    await handling.run(batch)
                except HeldTooLong:
                    await wait_for_dependency(subscription, stop)
                finally:
                    queue.give_back(batch)
        finally:
            replaying.cancel()
            await asyncio.gather(replaying, return_exceptions=True)
            up.dec()
            _log.info("consumer_stopped", queue=subscription.queue)

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

    async def _settle(self, queue: str, delivery: MemoryDelivery, fate: Fate) -> None:
        outcome = "ok"
        if isinstance(fate, RetryLater):
            outcome = "retried"
            delivery.failure = fate.failure
            self._metrics.retries.labels(queue, str(fate.failure.attempts)).inc()
            self._queues[queue].put_later(delivery, fate.delay_s)
        elif isinstance(fate, Bury):
            outcome = "buried"
            if not await self._bury(queue, delivery, fate):
                return
        else:
            self._queues[queue].settle(delivery)
        self._metrics.consumed.labels(queue, outcome).inc()

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
