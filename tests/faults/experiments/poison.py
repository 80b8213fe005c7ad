"""Events that kill their reader, and events that cannot be read at all."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any

import aio_pika

from shared import failpoints
from shared.bus import dead_letters, topology
from shared.bus.dead_letters import Epitaph
from shared.contracts.catalogue import SEARCH_ARTICLES
from shared.contracts.envelope import to_headers
from tests.faults.catalogue import experiment
from tests.faults.publishers import Publishers, collected, served
from tests.faults.report import Figure, Result
from tests.faults.rig import Plan, Rig, rigged
from tests.faults.servers import rss_bytes

POISON = 500
ROUNDS = 3


async def epitaphs(rig: Rig) -> list[Epitaph]:
    """Read all dead letters of search's queue and leave them where they are."""
    found = []
    connection = await aio_pika.connect(rig.broker.url)
    async with connection, connection.channel() as channel:
        queue = await channel.get_queue(topology.dead_letter_queue(SEARCH_ARTICLES))
        while (message := await queue.get(fail=False)) is not None:
            found.append(dead_letters.read(message.headers, SEARCH_ARTICLES))
    return found


@experiment("E8", "an event that kills its reader, among 1,000")
async def poison(plan: Plan) -> Result:
    """Search dies whenever it handles one certain event; it is started again each time."""
    items = range(1000)
    good = [item for item in items if item != POISON]
    async with rigged(plan) as rig, AsyncExitStack() as opened:
        publishers = Publishers(rig.amqp_url, rig.ladder_s)
        await publishers.open(opened)
        await publishers.say([collected(item) for item in items])
        search = rig.add("search")
        deadly = f"{failpoints.SEARCH_HANDLE}:match=item-{POISON}"
        await search.start(failpoints=deadly)
        search.keep(lambda _start: deadly)
        await rig.settled(lambda: served(good))
        await search.release()
        causes = Counter(said.cause for said in await epitaphs(rig))
        return await rig.result(
            served(good),
            Figure("restarts caused", search.starts - 1, at_most=5, at_least=1),
            Figure(
                "dead letters with the reason crash_suspect", causes["crash_suspect"], at_most=1, at_least=1
            ),
            dead_expected=1,
        )


Message = tuple[dict[str, Any], bytes]


def corpus(each: int) -> Iterator[Message]:
    """Give messages that cannot be read, of eight kinds."""
    deep = b"[" * 10_000 + b"]" * 10_000
    for number in range(each):
        event = collected(100_000 + number)
        headers: dict[str, Any] = {**to_headers(event)}
        body = json.loads(event.data)
        yield {**headers, "cloudEvents_type": "article.collected.v9"}, event.data
        yield headers, _json({key: value for key, value in body.items() if key != "title"})
        yield headers, _json({**body, "rev": "many"})
        yield headers, b"x" * (2 * 1024 * 1024)
        yield headers, deep
        yield headers, event.data.replace(b"Numbered", b"\xff\xfe")
        yield {}, event.data
        yield {**headers, "cloudEvents_time": "0001-01-01T00:00:00+05:00"}, event.data


def _json(body: object) -> bytes:
    return json.dumps(body).encode()


@experiment("E16", "events that cannot be read")
async def unreadable(plan: Plan) -> Result:
    """200 of eight kinds between good ones, some of which have fields nobody knows; and the same 200 twice again."""
    each = plan.size(25, 10)
    bad = list(corpus(each))
    items = range(4 * len(bad) * ROUNDS)
    async with rigged(plan) as rig, AsyncExitStack() as opened:
        await rig.up("search")
        search = rig.services["search"]
        publishers = Publishers(rig.amqp_url, rig.ladder_s)
        await publishers.open(opened)
        grew, third = [rss_bytes(search.pid)], len(items) // ROUNDS
        for time, first in enumerate(range(0, len(items), third), 1):
            # Between so many good ones that no flood of dead letters stops the consumer.
            for number, message in enumerate(bad):
                good = items[first + number * 4 : first + number * 4 + 4]
                await publishers.say([_stranger(item) if item % 4 == 0 else collected(item) for item in good])
                await _say_raw(rig, message)
            said = await _all_dead(rig, len(bad) * time)
            await rig.settled(lambda until=first + third: served(items[:until]))  # type: ignore[misc]  # bound now
            grew.append(rss_bytes(search.pid))
        return await rig.result(
            served(items),
            Figure("buried on the first delivery, with a reason", _at_once(said), at_least=len(bad) * ROUNDS),
            Figure("memory of search grew", (grew[1] - grew[0]) / 2**20, "MiB"),
            Figure(
                "and grew when all came a third time",
                (grew[-1] - grew[-2]) / 2**20,
                "MiB",
                at_most=plan.bound(20),
            ),
            dead_expected=len(bad) * ROUNDS,
        )


async def _say_raw(rig: Rig, message: Message) -> None:
    connection = await aio_pika.connect(rig.broker.url)
    async with connection, connection.channel() as channel:
        exchange = await channel.get_exchange(topology.requeue_exchange())
        await exchange.publish(aio_pika.Message(message[1], headers=message[0]), SEARCH_ARTICLES)


def _stranger(item: int) -> Any:
    """Give an event that has fields which no reader knows yet."""
    event = collected(item)
    body = {**json.loads(event.data), "mood": {"of": "the day"}}
    body["source"] = {**body["source"], "colour": "red"}
    return type(event)(**{name: getattr(event, name) for name in event.__slots__} | {"data": _json(body)})


async def _all_dead(rig: Rig, count: int) -> list[Epitaph]:
    said: list[Epitaph] = []
    for _ in range(60):
        said = await epitaphs(rig)
        if len(said) >= count:
            break
        await asyncio.sleep(0.5)
    return said


def _at_once(said: list[Epitaph]) -> int:
    return sum(
        one.cause in {"undecodable", "unsupported"} and one.attempts == 1 and bool(one.reason) for one in said
    )
