"""What settling does, and leaves undone, on a real broker."""

import asyncio

import pytest
from aio_pika.abc import AbstractConnection

from shared.bus import topology
from shared.bus.flood import FloodLimits
from shared.bus.flood_guard import FloodGuard
from shared.bus.hand import Hand
from shared.bus.rabbit import RabbitBus
from shared.bus.retry import Bury, Failure, Fate, RetryLater
from shared.bus.settling import Settling
from shared.clock import SystemClock
from shared.contracts.catalogue import SEARCH_ARTICLES
from shared.testing.eventually import eventually
from tests.integration.bus.conftest import taken_back
from tests.suites.bus_suite import RETRY_DELAYS_S, withdrawn


@pytest.mark.parametrize(
    ("fate", "target"),
    [
        pytest.param(
            Bury("rejected", Failure(1), "rotten"), topology.dead_letter_queue(SEARCH_ARTICLES), id="buried"
        ),
        pytest.param(
            RetryLater(RETRY_DELAYS_S[0], Failure(1), "not yet"),
            topology.retry_queue(SEARCH_ARTICLES, RETRY_DELAYS_S[0]),
            id="retried",
        ),
    ],
)
async def test_an_event_whose_channel_was_lost_while_it_failed_is_left_to_the_broker(
    bus: RabbitBus, beside: AbstractConnection, fate: Fate, target: str
) -> None:
    """It cannot be acknowledged and comes again; sent on as well it would die, or be tried, twice."""
    await bus.publish(withdrawn("a"))
    async with beside.channel() as channel:
        underlay = await channel.get_underlay_channel()
        message = Hand(underlay).take(await underlay.basic_get(SEARCH_ARTICLES))
    clock = SystemClock()
    settling = Settling(
        SEARCH_ARTICLES,
        service="test",
        publisher=bus._publisher,
        clock=clock,
        metrics=bus._metrics,
        guard=FloodGuard(SEARCH_ARTICLES, limits=FloodLimits(), clock=clock, metrics=bus._metrics),
    )
    await settling.settle(message, fate, asyncio.Event())
    assert not await settling.set_apart(message, asyncio.Event())

    async def left_to_the_broker() -> bool:
        async with beside.channel() as channel:
            waiting = {
                name: (await channel.declare_queue(name, passive=True)).declaration_result.message_count
                for name in (SEARCH_ARTICLES, target, topology.suspect_queue(SEARCH_ARTICLES))
            }
        assert (waiting[target], waiting[topology.suspect_queue(SEARCH_ARTICLES)]) == (0, 0)
        # A quorum queue takes back what a closed channel had only a moment later.
        return waiting[SEARCH_ARTICLES] == 1

    await eventually(left_to_the_broker, what="the event in its queue again")


@pytest.mark.parametrize("left", [None, 0, 1, 2], ids=["none", "the first", "the second", "the last"])
async def test_what_is_acknowledged_together_takes_nothing_along_that_is_left(
    bus: RabbitBus, beside: AbstractConnection, left: int | None
) -> None:
    """One acknowledgement may speak for many deliveries; one that is still to be handled must come again."""
    for name in "abc":
        await bus.publish(withdrawn(name))
    async with beside.channel() as channel:
        underlay = await channel.get_underlay_channel()
        hand = Hand(underlay)
        messages = [hand.take(await underlay.basic_get(SEARCH_ARTICLES)) for _ in range(3)]
        await hand.acknowledge([it for number, it in enumerate(messages) if number != left])
    await taken_back(beside, SEARCH_ARTICLES, at_least=0 if left is None else 1)
    async with beside.channel() as channel:
        queue = await channel.get_queue(SEARCH_ARTICLES)
        again = await queue.get(fail=False)
        assert (again and again.body) == (None if left is None else messages[left].body)
        assert await queue.get(fail=False) is None
