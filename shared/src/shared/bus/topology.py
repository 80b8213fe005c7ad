"""Every exchange, queue and binding on the broker: names by functions, arguments as data, one call to declare it all.

The shape, for a work queue Q (search.articles.v1):

    events ──type──▶ Q ──▶ handler
                     ▲        │ failed: events.retry ──▶ Q.retry.10s (its time to live is the delay)
                     └── events.requeue ◀───────────────────┘
                              │ its readers keep dying: events.requeue ──▶ Q.suspects, handled one at a time
                              │ given up: events.dead ──▶ Q.dead

and for the live stream: events ──type──▶ live.v1, which every reader reads from an offset of its own.

A queue's arguments cannot be changed in place: whoever changes one here raises the version in the queue's name.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import ChannelNotFoundEntity
from pamqp.common import FieldTable

from shared.bus.retry import RETRY_DELAYS_S
from shared.contracts.catalogue import LIVE, QUEUES

EVENTS = "events"
"""The topic exchange to which every event is published, with its type as the routing key."""

GIB = 1024**3
WORK_QUEUE_MAX_BYTES = GIB
RETRY_QUEUE_MAX_EVENTS = 100_000
DELIVERY_LIMIT = 20
STREAM_MAX_AGE = "24h"
STREAM_MAX_BYTES = 2 * GIB
STREAM_SEGMENT_BYTES = 64 * 1024**2


def retry_exchange() -> str:
    """Name of the exchange that leads to the retry queues; routing key: the retry queue's name."""
    return f"{EVENTS}.retry"


def requeue_exchange() -> str:
    """Name of the exchange that leads back to one work queue alone; routing key: the work queue's name."""
    return f"{EVENTS}.requeue"


def dead_letter_exchange() -> str:
    """Name of the exchange that leads to the dead letters; routing key: the work queue's name."""
    return f"{EVENTS}.dead"


def retry_queue(queue: str, delay_s: float) -> str:
    """Name of the queue in which failed events of `queue` wait: search.articles.v1.retry.10s."""
    return f"{queue}.retry.{format_delay(delay_s)}"


def suspect_queue(queue: str) -> str:
    """Name of the queue whose events are handled alone: search.articles.v1.suspects; routing key: the same."""
    return f"{queue}.suspects"


def dead_letter_queue(queue: str) -> str:
    """Name of the queue that keeps what `queue` gave up on: search.articles.v1.dead."""
    return f"{queue}.dead"


def format_delay(delay_s: float) -> str:
    """Write a delay in its largest whole unit: 600 is `10m`, 90 is `90s`, 0.2 is `200ms`."""
    milliseconds = round(delay_s * 1000)
    for unit, size in (("h", 3_600_000), ("m", 60_000), ("s", 1000)):
        if milliseconds >= size and milliseconds % size == 0:
            return f"{milliseconds // size}{unit}"
    return f"{milliseconds}ms"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A durable exchange."""

    name: str
    type: Literal["topic", "direct"]


@dataclass(frozen=True, slots=True)
class Queue:
    """A durable queue with its arguments."""

    name: str
    arguments: Mapping[str, str | int] = field(hash=False)

    @property
    def is_stream(self) -> bool:
        """Whether it is a stream, which every reader reads from an offset of its own."""
        return self.arguments.get("x-queue-type") == "stream"


@dataclass(frozen=True, slots=True)
class Binding:
    """What leads from an exchange to a queue."""

    exchange: str
    queue: str
    routing_key: str


@dataclass(frozen=True, slots=True)
class Topology:
    """Everything durable on the broker, in the order in which it can be declared."""

    exchanges: tuple[Exchange, ...]
    queues: tuple[Queue, ...]
    bindings: tuple[Binding, ...]


def topology(
    retry_delays_s: Sequence[float] = RETRY_DELAYS_S, queues: Mapping[str, Sequence[str]] = QUEUES
) -> Topology:
    """Return the whole durable topology.

    Args:
        retry_delays_s: the retry ladder, in seconds.
        queues: durable queue -> the event types it is bound to.
    """
    exchanges = (
        Exchange(EVENTS, "topic"),
        Exchange(retry_exchange(), "direct"),
        Exchange(requeue_exchange(), "direct"),
        Exchange(dead_letter_exchange(), "direct"),
    )
    declared: list[Queue] = []
    bindings: list[Binding] = []
    for name, types in queues.items():
        if name == LIVE:
            declared.append(_stream(name))
        else:
            declared += _work_queue(name, retry_delays_s)
            bindings += _work_bindings(name, retry_delays_s)
        bindings += [Binding(EVENTS, name, type_) for type_ in types]
    return Topology(exchanges, tuple(declared), tuple(bindings))


def _work_queue(name: str, retry_delays_s: Iterable[float]) -> list[Queue]:
    retries = [
        Queue(
            retry_queue(name, delay_s),
            {
                "x-queue-type": "quorum",
                "x-message-ttl": round(delay_s * 1000),
                "x-dead-letter-exchange": requeue_exchange(),
                "x-dead-letter-routing-key": name,
                "x-dead-letter-strategy": "at-least-once",
                "x-overflow": "reject-publish",
                "x-max-length": RETRY_QUEUE_MAX_EVENTS,
            },
        )
        for delay_s in dict.fromkeys(retry_delays_s)
    ]
    work: dict[str, str | int] = {
        "x-queue-type": "quorum",
        "x-dead-letter-exchange": dead_letter_exchange(),
        "x-dead-letter-routing-key": name,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
        "x-max-length-bytes": WORK_QUEUE_MAX_BYTES,
        # Said outright: brokers before 4.0 have none by default, and an event that kills its reader must end.
        "x-delivery-limit": DELIVERY_LIMIT,
    }
    # No limit on the dead letters: brokers do not enforce one on a dead-letter target. Its depth is alerted on.
    return [
        Queue(name, work),
        Queue(suspect_queue(name), work),
        *retries,
        Queue(dead_letter_queue(name), {"x-queue-type": "quorum"}),
    ]


def _work_bindings(name: str, retry_delays_s: Iterable[float]) -> list[Binding]:
    return [
        Binding(requeue_exchange(), name, name),
        Binding(requeue_exchange(), suspect_queue(name), suspect_queue(name)),
        Binding(dead_letter_exchange(), dead_letter_queue(name), name),
        *(
            Binding(retry_exchange(), retry_queue(name, delay_s), retry_queue(name, delay_s))
            for delay_s in dict.fromkeys(retry_delays_s)
        ),
    ]


def _stream(name: str) -> Queue:
    return Queue(
        name,
        {
            "x-queue-type": "stream",
            "x-max-age": STREAM_MAX_AGE,
            "x-max-length-bytes": STREAM_MAX_BYTES,
            "x-stream-max-segment-size-bytes": STREAM_SEGMENT_BYTES,
        },
    )


async def declare(connection: AbstractConnection, wanted: Topology) -> list[str]:
    """Declare all of it; what already exists with the same arguments stays as it is.

    Every service declares everything at start, so that an event published before its reader was ever deployed
    still finds its queue. Several services may do so at once.

    Returns:
        The streams that exist but are down, which must not keep the work queues from working. A stream is down for
        some seconds after a restart of its node. RabbitMQ 3.10.8 never brings one back that was made within a few
        seconds before its node was killed; docs/operations.md says how to remove it.

    Raises:
        aio_pika.exceptions.ChannelPreconditionFailed: a queue of that name exists with other arguments.
        aio_pika.exceptions.ChannelNotFoundEntity: a work queue is down.
    """
    streams = [queue for queue in wanted.queues if queue.is_stream]
    work = [queue for queue in wanted.queues if not queue.is_stream]
    async with connection.channel() as channel:
        for exchange in wanted.exchanges:
            await channel.declare_exchange(exchange.name, exchange.type, durable=True)
        for queue in work:
            await _declare_queue(channel, queue, wanted.bindings)
    return [
        stream.name for stream in streams if not await _declare_stream(connection, stream, wanted.bindings)
    ]


async def _declare_stream(connection: AbstractConnection, stream: Queue, bindings: Iterable[Binding]) -> bool:
    try:
        async with connection.channel() as channel:
            await _declare_queue(channel, stream, bindings)
    except ChannelNotFoundEntity:
        return False
    return True


async def _declare_queue(channel: AbstractChannel, queue: Queue, bindings: Iterable[Binding]) -> None:
    arguments: FieldTable = dict(queue.arguments)
    declared = await channel.declare_queue(queue.name, durable=True, arguments=arguments)
    for binding in bindings:
        if binding.queue == queue.name:
            await declared.bind(binding.exchange, binding.routing_key)
