"""A consumer whose dependency stays down gives everything back to the broker, once, and waits without."""

from aio_pika.abc import AbstractConnection
from prometheus_client import CollectorRegistry

from shared.bus import DependencyDown
from shared.contracts.catalogue import SEARCH_ARTICLES
from shared.testing.eventually import eventually
from tests.suites.bus_suite import Harness, Reader, consuming, wait_until, withdrawn


async def test_what_is_held_too_long_waits_in_the_queue_and_is_delivered_once_more_when_it_can_be_handled(
    impatient: Harness, beside: AbstractConnection, registry: CollectorRegistry
) -> None:
    """Every further delivery would make a suspect of an event that did nothing."""
    reader = Reader(trouble={"a": DependencyDown("mongodb")})

    async def probe() -> bool:
        return "a" not in reader.trouble

    def number(name: str) -> float | None:
        return registry.get_sample_value(name, {"queue": SEARCH_ARTICLES})

    async def let_go() -> bool:
        async with beside.channel() as channel:
            found = (await channel.declare_queue(SEARCH_ARTICLES, passive=True)).declaration_result
        return (found.message_count, found.consumer_count) == (1, 0)

    await impatient.bus.publish(withdrawn("a"))
    async with consuming(impatient.bus, reader, probe=probe):
        await wait_until(lambda: reader.count("a"), "it is delivered")
        await eventually(let_go, within_s=20, what="it waits in the queue, and nobody is subscribed")
        assert (number("bus_consumer_up"), number("bus_consumer_held")) == (0, 1)
        reader.trouble.clear()
        await wait_until(lambda: reader.handled["a"], "it is handled")
        assert (number("bus_consumer_up"), number("bus_consumer_held")) == (1, 0)
    assert number("bus_redelivered_total") == 1
    assert reader.count("a") == 2
