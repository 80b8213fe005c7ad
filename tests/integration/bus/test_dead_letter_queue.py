"""The broker's dead letters: everything the suite says, and what only a broker can do to them."""

import asyncio
from collections import Counter

import aio_pika
import pytest
from aio_pika.abc import AbstractConnection

from shared.bus import Reject, topology
from shared.bus.dead_letter_choice import Choice
from shared.bus.dead_letter_queue import WINDOW, open_dead_letter_queues
from shared.bus.dead_letter_store import DeadLettersUnavailable
from shared.bus.rabbit import RabbitBus
from shared.contracts.catalogue import SEARCH_ARTICLES
from shared.contracts.envelope import to_headers
from shared.testing.eventually import eventually
from silkwire.backing.ports import free_port
from tests.suites.bus_suite import RETRY_DELAYS_S, Reader, consuming, wait_until, withdrawn
from tests.suites.dead_letter_suite import DeadLetterSuite, Place, replay, wait_for_count

DEAD = topology.dead_letter_queue(SEARCH_ARTICLES)


@pytest.fixture
def place(bus: RabbitBus, amqp_url: str) -> Place:
    return Place(bus, lambda: open_dead_letter_queues(amqp_url))


class TestDeadLetterQueue(DeadLetterSuite):
    """Runs the suite."""


async def lay_down(beside: AbstractConnection, names: list[str]) -> None:
    """Put dead letters straight into the queue, as many at once."""
    async with beside.channel() as channel:
        exchange = await channel.get_exchange(topology.dead_letter_exchange(), ensure=False)
        for name in names:
            headers = to_headers(withdrawn(name))
            message = aio_pika.Message(withdrawn(name).data, headers=dict(headers), delivery_mode=2)
            await exchange.publish(message, SEARCH_ARTICLES)


async def test_more_letters_than_fit_into_memory_keep_their_order_when_looked_at_and_when_some_are_replayed(
    place: Place, bus: RabbitBus, beside: AbstractConnection
) -> None:
    """Only a window of them is ever here; the broker has all back in order, however many windows it took."""
    names = [f"a{number:04}" for number in range(5 * WINDOW + 7)]
    await eventually(bus.check, what="the bus is connected")
    await lay_down(beside, names)
    for _ in range(3):
        assert await place.subjects() == names
    taken = {name: withdrawn(name).id for name in names[::3]}
    tally = await place.do(replay(), Choice(ids=tuple(taken.values())))
    assert tally.done.total() == len(taken)
    assert await place.subjects() == [name for name in names if name not in taken]
    reader = Reader()
    async with consuming(bus, reader):
        await wait_until(lambda: len(reader.handled) == len(taken), "the chosen ones are heard")
    assert reader.handled == Counter(list(taken))


async def test_an_event_that_waited_in_a_retry_queue_and_was_buried_by_the_broker_survives_its_replay(
    place: Place, bus: RabbitBus, beside: AbstractConnection
) -> None:
    """Brokers before 4.0.1 drop what comes by a way that its `x-death` already tells of, without a word."""
    await eventually(bus.check, what="the bus is connected")
    async with beside.channel() as channel:
        waiting = await channel.get_exchange(topology.retry_exchange(), ensure=False)
        headers = to_headers(withdrawn("a"))
        await waiting.publish(
            aio_pika.Message(withdrawn("a").data, headers=dict(headers), delivery_mode=2),
            topology.retry_queue(SEARCH_ARTICLES, RETRY_DELAYS_S[0]),
        )
        queue = await channel.get_queue(SEARCH_ARTICLES, ensure=False)

        async def go_away(message: aio_pika.abc.AbstractIncomingMessage) -> None:
            await message.nack(requeue=True)

        await queue.consume(go_away)
        async with place.store() as store:
            await wait_for_count(store, at_least=1)
    [letter] = await place.letters()
    deaths = letter.headers["x-death"]
    assert isinstance(deaths, list)
    assert {death["reason"] for death in deaths} == {"expired", "delivery_limit"}
    assert (letter.said.cause, letter.said.service) == ("delivery_limit", "rabbitmq")
    assert letter.died_at is not None

    await place.do(replay())
    reader = Reader(trouble={"a": ValueError("once more through both retry queues")})
    async with consuming(bus, reader):
        await wait_until(lambda: reader.count("a") == len(RETRY_DELAYS_S), "it goes along the ladder again")
        reader.trouble.clear()
        await wait_until(lambda: reader.handled["a"], "it is handled")
    assert await place.letters() == []


async def test_a_broker_that_drops_what_it_delivered_too_often_drops_nothing_that_was_only_looked_at(
    amqp_url: str, beside: AbstractConnection
) -> None:
    """From 4.0 on brokers do so after 20 deliveries; here the limit is set by hand."""
    async with beside.channel() as channel:
        exchange = await channel.declare_exchange(topology.dead_letter_exchange(), "direct", durable=True)
        queue = await channel.declare_queue(
            DEAD, durable=True, arguments={"x-queue-type": "quorum", "x-delivery-limit": 20}
        )
        await queue.bind(exchange, SEARCH_ARTICLES)
    names = [f"a{number}" for number in range(5)]
    await lay_down(beside, names)
    async with open_dead_letter_queues(amqp_url, delivery_limit=20) as queues:
        for _ in range(100):
            async with queues.walk(SEARCH_ARTICLES, await queues.count(SEARCH_ARTICLES)) as walk:
                seen = []
                async for letter in walk:
                    seen.append(letter.subject)
                    await walk.keep(letter)
            assert sorted(seen) == names


async def test_a_letter_whose_work_queue_is_gone_stays_a_dead_letter(
    place: Place, beside: AbstractConnection
) -> None:
    await place.bury("a")
    async with beside.channel() as channel:
        await channel.queue_delete(SEARCH_ARTICLES)
    with pytest.raises(DeadLettersUnavailable, match="no queue wants"):
        await place.do(replay())
    assert await place.subjects() == ["a"]


async def test_letters_that_two_replays_share_are_each_heard_and_none_is_left(place: Place) -> None:
    names = [f"a{number}" for number in range(60)]
    await place.bury(*names)
    tallies = await asyncio.gather(place.do(replay()), place.do(replay()))
    assert sum(tally.done.total() for tally in tallies) <= 60
    await place.do(replay())
    reader = Reader()
    async with consuming(place.bus, reader):
        await wait_until(lambda: len(reader.handled) == 60, "all are heard")
    assert await place.letters() == []


async def test_a_replay_during_which_readers_die_again_ends(place: Place, bus: RabbitBus) -> None:
    names = [f"a{number}" for number in range(200)]
    await place.bury(*names)
    reader = Reader(trouble={name: Reject("still") for name in names})
    async with consuming(bus, reader):
        tally = await asyncio.wait_for(place.do(replay()), 30)
        assert tally.done.total() == 200
        async with place.store() as store:
            await wait_for_count(store, at_least=200)
    assert sorted(await place.subjects()) == sorted(names)


async def test_a_broker_that_is_not_there_is_named() -> None:
    with pytest.raises(DeadLettersUnavailable):
        async with open_dead_letter_queues(f"amqp://guest:guest@127.0.0.1:{free_port()}/"):
            pass


async def test_a_broker_on_which_no_service_ever_ran_is_told_apart(amqp_url: str) -> None:
    async with open_dead_letter_queues(amqp_url) as queues:
        with pytest.raises(DeadLettersUnavailable, match=r"no queue search\.articles\.v1\.dead"):
            await queues.count(SEARCH_ARTICLES)
