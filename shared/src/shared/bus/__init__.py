"""How things are said: publish -> confirm -> durable queue -> handler -> acknowledge, or retry, or dead letter.

ports       what everyone else sees: Bus, Subscription
live        what a reader of the live stream is told, and the rule for its place in it (pure)
errors      what may be raised, by the bus and by handlers
topology    every name and argument on the broker, as data; declares it
retry       which fate for which error and attempt (pure)
headers     what of a message's headers is sent on (pure)
suspects    which events may have killed their readers, and when that is sure (pure)
flood       when so many events die that the consumer pauses (pure); flood_guard keeps it to that
handling    runs a handler over a batch and settles each event's fate; shared by both implementations
holding     waits for a dependency that is down, with deliveries and without
connection  one supervised connection to the broker
publisher   confirmed publishing
consumer    from a queue to a handler: inbox, hand, reading, settling
lane        the suspects of a queue, handled one at a time
live_reader  from the live stream to whoever reads it, by offset; live_inbox holds what the broker sends for it
dead_letters  what a dead letter says
dead_letter_store   looking after them: walk past, keep, replay, drop; dead_letter_choice has the filters (pure)
dead_letter_queue   that, on the broker
dead_letter_folder  that, on the memory bus's files (dead_letter_file)
rabbit      the bus on RabbitMQ, made of the above
memory      the bus of the one-process form
metrics     every number the bus gives
"""

from prometheus_client import CollectorRegistry

from shared.bus.errors import DependencyDown, EventRefused, PublishUnconfirmed, Reject
from shared.bus.live import LiveEvent, LiveItem, LiveLost, LiveReady, LiveReset, LiveStart
from shared.bus.ports import Bus, Handler, Probe, Subscription
from shared.bus.rabbit import RabbitBus
from shared.bus.retry import RETRY_DELAYS_S

__all__ = [
    "RETRY_DELAYS_S",
    "Bus",
    "DependencyDown",
    "EventRefused",
    "Handler",
    "LiveEvent",
    "LiveItem",
    "LiveLost",
    "LiveReady",
    "LiveReset",
    "LiveStart",
    "Probe",
    "PublishUnconfirmed",
    "Reject",
    "Subscription",
    "open_bus",
]


def open_bus(
    amqp_url: str,
    *,
    service: str,
    registry: CollectorRegistry,
    retry_delays_s: tuple[float, ...] = RETRY_DELAYS_S,
) -> Bus:
    """Return a bus on RabbitMQ that connects in the background, now and whenever the link is lost.

    Must be called inside a running event loop. It returns at once, also while the broker is down: `check()` says
    so, and what is published meanwhile waits for the link, ten seconds at most.

    Args:
        amqp_url: `amqp://user:password@host:port/vhost`.
        service: who publishes; shown by the broker's own tools as the connection's name.
        registry: where the bus's metrics go.
        retry_delays_s: how long a failed event waits before each further attempt; part of the queues' names, so
            every service on one broker must have the same.
    """
    bus = RabbitBus(amqp_url, service=service, registry=registry, retry_delays_s=retry_delays_s)
    bus.start()
    return bus
