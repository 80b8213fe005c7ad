"""The bus on RabbitMQ while there is no broker to be reached."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import cast

import pytest
from aio_pika.abc import AbstractConnection
from aiormq import Channel
from prometheus_client import CollectorRegistry

from shared.bus import EventRefused, PublishUnconfirmed, Subscription, open_bus
from shared.bus.connection import Link, Supervisor
from shared.bus.metrics import BusMetrics
from shared.bus.rabbit import RabbitBus
from shared.bus.topology import topology
from shared.contracts.catalogue import LIVE, SEARCH_ARTICLES
from shared.contracts.envelope import MAX_BODY_BYTES
from tests.suites.bus_suite import Reader, altered, consuming, wait_until, withdrawn


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address where nobody listens, and nobody else can."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"amqp://guest:guest@127.0.0.1:{taken.getsockname()[1]}/"


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
async def bus(nobody: str, registry: CollectorRegistry) -> AsyncIterator[RabbitBus]:
    bus = RabbitBus(nobody, service="test", registry=registry, publish_timeout_s=0.1)
    bus.start()
    yield bus
    await bus.close()


async def test_a_bus_starts_while_the_broker_is_down_and_says_so(
    bus: RabbitBus, registry: CollectorRegistry
) -> None:
    assert not await bus.check()
    assert registry.get_sample_value("bus_connected") == 0
    losses = {"use": "publish"}
    await wait_until(
        lambda: (registry.get_sample_value("bus_connection_losses_total", losses) or 0) > 1,
        "it keeps trying to connect",
    )


async def test_a_publish_waits_for_the_broker_no_longer_than_its_bound(
    bus: RabbitBus, registry: CollectorRegistry
) -> None:
    with pytest.raises(PublishUnconfirmed, match="no connection to the broker"):
        await bus.publish(withdrawn("a"))
    labels = {"type": "article.withdrawn.v1", "result": "unconfirmed"}
    assert registry.get_sample_value("bus_published_total", labels) == 1


async def test_an_event_that_is_too_large_is_refused_without_asking(bus: RabbitBus) -> None:
    with pytest.raises(EventRefused):
        await bus.publish(altered(withdrawn("a"), data=b"x" * (MAX_BODY_BYTES + 1)))


async def test_a_consumer_that_waits_for_the_broker_stops_when_told(bus: RabbitBus) -> None:
    async with consuming(bus, Reader()):
        pass


async def test_an_address_nobody_can_connect_to_is_an_outage_like_any_other(
    registry: CollectorRegistry,
) -> None:
    """Whatever goes wrong, publishing goes on trying: a bus that gave up would never say so."""
    bus = RabbitBus("amqp://host:notaport/", service="test", registry=registry, publish_timeout_s=0.1)
    bus.start()
    with pytest.raises(PublishUnconfirmed, match="no connection to the broker"):
        await bus.publish(withdrawn("a"))
    losses = {"use": "publish"}
    await wait_until(
        lambda: (registry.get_sample_value("bus_connection_losses_total", losses) or 0) > 1,
        "it keeps trying to connect",
    )
    await bus.close()


async def test_whatever_goes_wrong_a_consumer_goes_on_trying(registry: CollectorRegistry) -> None:
    """Nobody watches over it: one that ended would leave its queue to grow in silence."""
    bus = RabbitBus("amqp://host:notaport/", service="test", registry=registry)
    losses = {"use": "consume"}
    async with consuming(bus, Reader()):
        await wait_until(
            lambda: (registry.get_sample_value("bus_connection_losses_total", losses) or 0) > 1,
            "it keeps trying to connect",
        )


async def test_what_the_library_cancels_is_an_outage_and_not_the_end(registry: CollectorRegistry) -> None:
    """It cancels whatever waits on a channel that is being closed, as if somebody had cancelled us."""
    stop, sessions = asyncio.Event(), 0

    class Cut(Supervisor):
        async def _connect(self) -> Link:
            nonlocal sessions
            sessions += 1
            if sessions == 3:
                stop.set()
            raise asyncio.CancelledError

    async def session(_link: Link) -> None:
        """Never reached."""

    metrics = BusMetrics(registry)
    cut = Cut("amqp://host/", name="test", use="consume", wanted=topology(), metrics=metrics)
    await asyncio.wait_for(cut.run(session, stop), 15)
    assert sessions == 3


class Deaf:
    """A channel that confirms nothing."""

    async def basic_publish(self, *_message: object, **_options: object) -> None:
        await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("open_after_s", "lost"),
    [pytest.param(0.0, True, id="in its whole time"), pytest.param(3.0, False, id="in what was left")],
)
async def test_a_link_is_given_up_only_by_a_publish_that_had_time_to_be_confirmed(
    nobody: str, registry: CollectorRegistry, open_after_s: float, *, lost: bool
) -> None:
    """Who waited long for the link would else take it, hardly open, from everyone who publishes on it."""
    publisher = RabbitBus(nobody, service="test", registry=registry, publish_timeout_s=4.0)._publisher
    link = Link(cast("AbstractConnection", SimpleNamespace(close_callbacks=set())))
    publisher._link = link
    publisher._channel = cast("Channel", Deaf())
    asyncio.get_running_loop().call_later(open_after_s, publisher._open.set)
    with pytest.raises(PublishUnconfirmed, match="no confirm within"):
        await publisher.send("events", "article.withdrawn.v1", {}, b"")
    assert link.lost.is_set() is lost


async def test_opening_returns_at_once_and_closing_ends_everything(nobody: str) -> None:
    before = asyncio.all_tasks()
    bus = open_bus(nobody, service="test", registry=CollectorRegistry())
    await bus.close()
    assert asyncio.all_tasks() <= before


@pytest.mark.parametrize("queue", [LIVE, "search.articles.v0"])
def test_only_work_queues_of_the_catalogue_can_be_subscribed_to(queue: str) -> None:
    with pytest.raises(ValueError, match="not a work queue"):
        Subscription(queue, Reader())
    Subscription(SEARCH_ARTICLES, Reader())
