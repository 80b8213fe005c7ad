"""The broker takes nothing more: out of memory, out of disk, a queue that is full."""

import asyncio
import time
from contextlib import AsyncExitStack

from ingest.pipeline.backlog import LOOK_EVERY_S
from shared.contracts.catalogue import SEARCH_ARTICLES
from tests.faults.catalogue import experiment
from tests.faults.experiments.broker import resumption
from tests.faults.origin import Origin
from tests.faults.processes import Service
from tests.faults.publishers import Publishers, collected, rate, served
from tests.faults.report import Figure, Result
from tests.faults.rig import INGEST, Plan, Rig, rigged, within

EVENTS_PER_S = 256
CLEARED = "resource limit alarm cleared across the cluster"


async def _alarm(plan: Plan, raise_it: tuple[str, ...], clear_it: tuple[str, ...]) -> Result:
    """Let the broker refuse publishers while it serves consumers, by an alarm."""
    alarm_s = plan.seconds(60, 15)
    origin = Origin(feeds=16)
    async with rigged(plan) as rig, AsyncExitStack() as opened:
        await origin.open(opened)
        await rig.up("search")
        search = rig.services["search"]
        publishers = Publishers(rig.amqp_url, rig.ladder_s)
        await publishers.open(opened)
        # A heap for the consumer, said before the alarm and heard only once search is let go on.
        early = range(100_000, 100_000 + plan.size(2000, 500))
        rig.database.freeze()
        await publishers.say([collected(item) for item in early])
        await rig.broker.control(*raise_it)
        rig.database.thaw()
        heard_s = await within(alarm_s, _heard(search, len(early)))
        ingest = rig.add("ingest", settings=rig.feed(origin))
        await ingest.start()
        await ingest.ready()
        origin.publish(320)
        late = range(200_000, 200_000 + round(alarm_s * 20))
        steady = Publishers(rig.amqp_url, rig.ladder_s, per_s=20)
        await steady.open(opened)
        refused = asyncio.create_task(steady.say([collected(item) for item in late]))
        await asyncio.sleep(alarm_s)
        held = await rig.database.pending(INGEST, "items")
        plan.say(f"the alarm ends; the outbox holds {held}")
        # The command takes seconds to begin and returns a while after the alarm has ended; the log knows when that was.
        asked_at = time.monotonic()
        await rig.broker.control(*clear_it)
        await within(60, _said_cleared(rig))
        cleared_at = max(asked_at, rig.broker.said_at(CLEARED))
        await within(60, resumption(steady, cleared_at))
        await refused
        truth = {**served(early), **served(late)}
        await rig.settled(lambda: {**truth, **origin.everything()})
        return await rig.result(
            {**truth, **origin.served()},
            Figure("consumers drained the queue under the alarm in", heard_s, "s", at_most=alarm_s - 1),
            Figure("events the outbox held", held, at_least=300),
            Figure("slowest publish", steady.slowest_s, "s", at_most=plan.bound(10.5)),
            Figure(
                "publishing again after the alarm",
                steady.resumed_after(cleared_at),
                "s",
                at_most=plan.bound(5),
            ),
        )


async def _said_cleared(rig: Rig) -> None:
    """Wait for the broker's log, which is written a while after the fact."""
    while not rig.broker.said(CLEARED):
        await asyncio.sleep(0.1)


async def _heard(search: Service, count: int) -> None:
    while search.total("search_changes_total") < count:
        await asyncio.sleep(0.1)


@experiment("E17", "broker out of memory (alarm)")
async def memory_alarm(plan: Plan) -> Result:
    """The broker stops reading from publishers; consumers, on connections of their own, go on."""
    mark = "set_vm_memory_high_watermark"
    return await _alarm(plan, (mark, "absolute", "1MB"), (mark, "0.4"))


@experiment("E18", "broker out of disk (alarm)", quick=False)
async def disk_alarm(plan: Plan) -> Result:
    """The same by the disk's alarm."""
    limit = "set_disk_free_limit"
    return await _alarm(plan, (limit, "100000GB"), (limit, "50MB"))


@experiment("E20", "queue full while search is away")
async def queue_full(plan: Plan) -> Result:
    """A queue of 256 KiB refuses; the outbox holds, polling pauses at its limit, the live stream is not touched."""
    origin, limit = Origin(feeds=16), 400
    async with rigged(plan) as rig, AsyncExitStack() as opened:
        await origin.open(opened)
        await rig.up("search")
        search = rig.services["search"]
        await search.stop()
        small = '{"max-length-bytes": 262144}'
        await rig.broker.control("set_policy", "full", SEARCH_ARTICLES, small, "--apply-to", "queues")
        settings = {**rig.feed(origin), "INGEST_OUTBOX_MAX_EVENTS": str(limit)}
        ingest = rig.add("ingest", settings=settings)
        await ingest.start()
        await ingest.ready()
        for _ in range(plan.size(60, 30)):
            origin.publish(64)
            await asyncio.sleep(64 / EVENTS_PER_S)
        paused_s = await within(30, _paused(ingest))
        held, fetches = (
            await rig.database.pending(INGEST, "items"),
            sum(feed.fetches for feed in origin.feeds),
        )
        publishers = Publishers(rig.amqp_url, rig.ladder_s)
        await publishers.open(opened)
        await publishers.say([rate(number) for number in range(100)])
        await asyncio.sleep(2)
        polled = sum(feed.fetches for feed in origin.feeds) - fetches
        await search.start()
        await search.ready()
        await rig.settled(origin.everything)
        return await rig.result(
            origin.served(),
            Figure(
                "publishes the full queue refused",
                ingest.total("bus_published_total", result="unconfirmed"),
                at_least=1,
            ),
            # A look that finds room just below the limit is followed by as much as comes until the next one.
            Figure(
                "events the outbox held at the pause",
                held,
                at_least=limit * 0.9,
                at_most=limit + 2 * LOOK_EVERY_S * EVENTS_PER_S,
            ),
            Figure("polling paused after", paused_s, "s", at_most=29),
            Figure("polls in two seconds of the pause", polled, at_most=0),
            Figure("rates said on the live stream meanwhile", len(publishers.confirmed), at_least=100),
            Figure("items never served", origin.offered - len(origin.served()), at_most=0),
        )


async def _paused(ingest: Service) -> None:
    while not ingest.gauge("ingest_paused"):
        await ingest.observe()
        await asyncio.sleep(0.2)
