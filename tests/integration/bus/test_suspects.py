"""An event that ends whoever reads it costs at most five processes, and no other event."""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import cast

import aio_pika
from aio_pika.abc import AbstractConnection, HeadersType
from prometheus_client import CollectorRegistry

from shared.bus import DependencyDown, topology
from shared.bus.rabbit import RabbitBus
from shared.contracts.catalogue import SEARCH_ARTICLES
from shared.contracts.envelope import Envelope, to_headers
from shared.testing.eventually import eventually
from tests.integration.bus.conftest import read_dead_letters, taken_back
from tests.integration.bus.reader_that_dies import DEATH, POISON
from tests.suites.bus_suite import Harness, Reader, consuming, wait_until, withdrawn

DEATHS_MAX = 5
SUSPECTS = topology.suspect_queue(SEARCH_ARTICLES)


class Readers:
    """Processes that are started again whenever they die, and what they handled."""

    def __init__(self, amqp_url: str, file: Path) -> None:
        self._amqp_url = amqp_url
        self._file = file
        self.deaths = 0

    def handled(self) -> set[str]:
        """The subjects that were handled to the end."""
        return set(self._file.read_text(encoding="utf-8").split()) if self._file.exists() else set()

    async def keep_one(self, enough: asyncio.Event) -> None:
        """Keep one reader alive until there is enough, then stop it in order."""
        while not enough.is_set():
            reader = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.integration.bus.reader_that_dies"),
                *(self._amqp_url, str(self._file)),
            )
            ended, waiting = asyncio.create_task(reader.wait()), asyncio.create_task(enough.wait())
            await asyncio.wait({ended, waiting}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            if not ended.done():
                reader.terminate()
            if await ended == DEATH:
                self.deaths += 1


@asynccontextmanager
async def restarted(readers: Readers, replicas: int) -> AsyncIterator[None]:
    """Keep so many readers alive within the block."""
    enough = asyncio.Event()
    keeping = [asyncio.create_task(readers.keep_one(enough)) for _ in range(replicas)]
    try:
        yield
    finally:
        enough.set()
        await asyncio.gather(*keeping)


async def poisoned(bus: RabbitBus, poisons: Sequence[str], innocents: Sequence[str]) -> None:
    """Publish the poisoned events in the middle of the others."""
    middle = len(innocents) // 2
    names = (*innocents[:middle], *poisons, *innocents[middle:])
    await asyncio.gather(*(bus.publish(withdrawn(name)) for name in names))


async def test_an_event_that_ends_its_reader_is_one_dead_letter_and_all_others_are_handled(
    bus: RabbitBus, beside: AbstractConnection, amqp_url: str, tmp_path: Path
) -> None:
    innocents = [f"a{number}" for number in range(299)]
    await poisoned(bus, [POISON], innocents)
    readers = Readers(amqp_url, tmp_path / "handled")

    async def over() -> bool:
        return len(await read_dead_letters(beside)) > 0 and readers.handled() == set(innocents)

    async with restarted(readers, replicas=1):
        await eventually(over, within_s=60, every_s=0.2, what="one dead letter, all others handled")
    [(said, body)] = await read_dead_letters(beside)
    assert (said.cause, said.queue, body) == ("crash_suspect", SEARCH_ARTICLES, withdrawn(POISON).data)
    assert said.reason == "its reader ended 3 times with this event alone in hand"
    assert readers.deaths <= DEATHS_MAX
    assert await left(beside) == {SEARCH_ARTICLES: 0, SUSPECTS: 0}


async def left(beside: AbstractConnection) -> dict[str, int | None]:
    """How many events wait in the work queue and in the lane."""
    async with beside.channel() as channel:
        return {
            name: (await channel.declare_queue(name, passive=True)).declaration_result.message_count
            for name in (SEARCH_ARTICLES, SUSPECTS)
        }


async def test_two_replicas_lose_no_more_processes_to_a_poisoned_event_than_one(
    bus: RabbitBus, beside: AbstractConnection, amqp_url: str, tmp_path: Path
) -> None:
    innocents = [f"a{number}" for number in range(99)]
    await poisoned(bus, [POISON], innocents)
    readers = Readers(amqp_url, tmp_path / "handled")

    async def over() -> bool:
        return len(await read_dead_letters(beside)) > 0 and readers.handled() == set(innocents)

    async with restarted(readers, replicas=2):
        await eventually(over, within_s=60, every_s=0.2, what="one dead letter, all others handled")
    [(said, _body)] = await read_dead_letters(beside)
    assert said.cause == "crash_suspect"
    assert readers.deaths <= DEATHS_MAX


async def put(beside: AbstractConnection, queue: str, *names: str) -> None:
    """Put events straight into the work queue or the lane."""
    async with beside.channel() as channel:
        exchange = await channel.get_exchange(topology.requeue_exchange(), ensure=False)
        for name in names:
            event = withdrawn(name)
            headers = cast("HeadersType", to_headers(event))
            await exchange.publish(aio_pika.Message(event.data, headers=headers), queue)


async def go_away_twice(beside: AbstractConnection) -> None:
    """Be a reader that takes everything of the work queue and ends without settling it, two times."""
    for _ in range(2):
        count = 0
        async with beside.channel() as channel:
            queue = await channel.get_queue(SEARCH_ARTICLES, ensure=False)
            while await queue.get(fail=False) is not None:
                count += 1
        await taken_back(beside, SEARCH_ARTICLES, at_least=count)


async def test_events_that_were_only_near_are_handled_alone_and_counted(
    bus: RabbitBus, beside: AbstractConnection, registry: CollectorRegistry
) -> None:
    reader, names = Reader(), [f"a{number}" for number in range(10)]
    await asyncio.gather(*(bus.publish(withdrawn(name)) for name in names))
    await go_away_twice(beside)
    async with consuming(bus, reader):
        await wait_until(lambda: len(reader.handled) == len(names), "all are handled")
    assert reader.handled == Counter(names)
    assert {len(call) for call in reader.calls} == {1}
    assert registry.get_sample_value("bus_suspects_total", {"queue": SEARCH_ARTICLES}) == len(names)
    assert await left(beside) == {SEARCH_ARTICLES: 0, SUSPECTS: 0}


async def test_while_a_suspect_is_handled_nothing_else_is(bus: RabbitBus, beside: AbstractConnection) -> None:
    """Else its death could be another's doing."""
    running: set[str] = set()
    together: list[set[str]] = []
    handled = Counter[str]()

    async def watch(events: Sequence[Envelope]) -> None:
        mine = {event.subject for event in events}
        running.update(mine)
        await asyncio.wait({asyncio.create_task(bus.check())}, timeout=0.02)
        together.append(set(running))
        running.difference_update(mine)
        handled.update(mine)

    await eventually(bus.check, what="the bus is connected")
    suspects, others = [f"s{number}" for number in range(10)], [f"a{number}" for number in range(100)]
    await put(beside, SUSPECTS, *suspects)
    async with consuming(bus, watch, batch_max=5):
        await asyncio.gather(*(bus.publish(withdrawn(name)) for name in others))
        await wait_until(lambda: len(handled) == len(suspects) + len(others), "all are handled")
    assert handled == Counter([*suspects, *others])
    assert all(len(seen) == 1 for seen in together if seen & set(suspects))


async def test_a_suspect_is_not_blamed_for_a_dependency_that_is_down_nor_for_orderly_stops(
    bus: RabbitBus, beside: AbstractConnection
) -> None:
    """Four stops while it is in hand would else convict it."""
    await eventually(bus.check, what="the bus is connected")
    await put(beside, SUSPECTS, "s")
    for _ in range(4):
        down = Reader(trouble={"s": DependencyDown("mongodb")})
        async with consuming(bus, down):
            await wait_until(partial(_again, down), "it is tried, and tried again")
    up = Reader()
    async with consuming(bus, up):
        await wait_until(lambda: up.handled["s"], "it is handled")
    assert await read_dead_letters(beside) == []
    assert await left(beside) == {SEARCH_ARTICLES: 0, SUSPECTS: 0}


def _again(reader: Reader) -> bool:
    return reader.count("s") > 1


async def test_a_suspect_that_waits_for_its_turn_is_not_in_hand(
    bus: RabbitBus, beside: AbstractConnection
) -> None:
    """A reader that ends meanwhile ends of something else."""
    begun, finish = asyncio.Event(), asyncio.Event()

    async def slow(events: Sequence[Envelope]) -> None:
        if events[0].subject == "slow":
            begun.set()
            await finish.wait()

    await bus.publish(withdrawn("slow"))
    async with consuming(bus, slow):
        await begun.wait()
        await put(beside, SUSPECTS, "s")
        await asyncio.wait({asyncio.create_task(bus.publish(withdrawn("other")))})
        assert (await left(beside))[SUSPECTS] == 1
        finish.set()


async def test_a_suspect_that_merely_fails_goes_the_ordinary_ladder(
    harness: Harness, beside: AbstractConnection
) -> None:
    await eventually(harness.bus.check, what="the bus is connected")
    await put(beside, SUSPECTS, "s")
    reader = Reader(trouble={"s": ValueError("no")})
    async with consuming(harness.bus, reader):
        [(said, _body)] = await eventually(harness.dead, within_s=20, what="a dead letter")
    assert (said.cause, said.attempts, said.queue) == ("exhausted", 3, SEARCH_ARTICLES)
    assert reader.count("s") == 3


async def test_a_suspect_that_cannot_be_read_is_buried_as_such(
    harness: Harness, beside: AbstractConnection
) -> None:
    await eventually(harness.bus.check, what="the bus is connected")
    async with beside.channel() as channel:
        exchange = await channel.get_exchange(topology.requeue_exchange(), ensure=False)
        await exchange.publish(aio_pika.Message(b"{}"), SUSPECTS)
    async with consuming(harness.bus, Reader()):
        [(said, _body)] = await eventually(harness.dead, within_s=20, what="a dead letter")
    assert (said.cause, said.queue) == ("undecodable", SEARCH_ARTICLES)


async def test_a_lane_that_was_deleted_is_made_again_and_no_suspect_is_lost(
    bus: RabbitBus, beside: AbstractConnection
) -> None:
    reader = Reader()
    async with consuming(bus, reader):
        await bus.publish(withdrawn("before"))
        await wait_until(lambda: reader.handled["before"], "it is consuming")
    await bus.publish(withdrawn("s"))
    await go_away_twice(beside)
    async with beside.channel() as channel:
        await channel.queue_delete(SUSPECTS)
    async with consuming(bus, reader):
        await wait_until(lambda: reader.handled["s"], "it is handled")
