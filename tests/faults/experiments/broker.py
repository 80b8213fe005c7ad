"""The broker is restarted, killed, frozen, down for minutes, or forgets a consumer."""

import asyncio
import time
from contextlib import AsyncExitStack

from shared.contracts.catalogue import SEARCH_ARTICLES
from shared.testing.eventually import eventually
from tests.faults.catalogue import experiment
from tests.faults.origin import Origin
from tests.faults.publishers import Publishers, collected, served
from tests.faults.report import Figure, Result
from tests.faults.rig import INGEST, Plan, Rig, rigged, within
from tests.faults.servers import rss_bytes

RESUME_S = 10.0
"""Within which publishing and consuming must go on once the broker's port is open again."""

_STREAM_SETTLES_S = 5.0


async def _restarts(plan: Plan, *, graceful: bool) -> Result:
    count = plan.size(10_000, 2_000)
    items = range(count)
    async with rigged(plan) as rig, AsyncExitStack() as opened:
        await rig.up("search")
        publishers = Publishers(rig.amqp_url, rig.ladder_s, per_s=count / 20)
        await publishers.open(opened)
        # RabbitMQ 3.10.8 never brings a stream back that was made a few seconds before its node was killed.
        await asyncio.sleep(_STREAM_SETTLES_S)
        saying = asyncio.create_task(publishers.say([collected(item) for item in items]))
        resumed, consuming = [], []
        for reached in (count // 3, count // 2):
            await publishers.reach(reached)
            plan.say(f"the broker goes down after {len(publishers.confirmed):,} events")
            opened_at = await (_restart(rig) if graceful else _kill(rig))
            consuming.append(await within(RESUME_S * 4, _consuming(rig)))
            await within(RESUME_S * 4, resumption(publishers, opened_at))
            resumed.append(publishers.resumed_after(opened_at))
        await saying
        settled_s = await rig.settled(lambda: served(items))
        return await rig.result(
            served(items),
            Figure("publishing again after the port opened", max(resumed), "s", at_most=plan.bound(RESUME_S)),
            Figure(
                "consuming again after the port opened", max(consuming), "s", at_most=plan.bound(RESUME_S)
            ),
            Figure("publishes given back as unconfirmed", publishers.unconfirmed.total()),
            Figure("all stored after the last confirm", settled_s, "s"),
        )


async def _restart(rig: Rig) -> float:
    await rig.broker.control("stop_app")
    starting = asyncio.create_task(rig.broker.control("start_app"))
    # The command returns a while after the port is open.
    await eventually(rig.broker.greets, within_s=60, what="the port is open")
    opened_at = time.monotonic()
    await starting
    return opened_at


async def _kill(rig: Rig) -> float:
    await rig.broker.kill()
    await rig.broker.start()
    return time.monotonic()


async def _consuming(rig: Rig) -> None:
    search = rig.services["search"]
    while not search.gauge("bus_consumer_up"):
        await search.observe()
        await asyncio.sleep(0.05)


async def resumption(publishers: Publishers, moment: float) -> None:
    while publishers.resumed_after(moment) == float("inf"):
        await asyncio.sleep(0.02)


@experiment("E1", "broker restarted in order, twice")
async def broker_restarted(plan: Plan) -> Result:
    """`rabbitmqctl stop_app` and `start_app` at a third and at a half of the events."""
    return await _restarts(plan, graceful=True)


@experiment("E2", "broker killed (-9), twice")
async def broker_killed(plan: Plan) -> Result:
    """SIGKILL to the node at a third and at a half of the events."""
    return await _restarts(plan, graceful=False)


@experiment("E3", "broker down for minutes while feeds roll on", quick=False, limit_s=900)
async def broker_away(plan: Plan) -> Result:
    """1,000 items pass through windows of ten while there is no broker; ingest keeps them all and stays small."""
    away_s, count = plan.seconds(600, 20), plan.size(1000, 160)
    origin = Origin(feeds=16, window=10)
    async with rigged(plan) as rig, AsyncExitStack() as opened:
        await origin.open(opened)
        await rig.up("search")
        ingest = rig.add("ingest", settings=rig.feed(origin))
        await ingest.start()
        await ingest.ready()
        origin.publish(160)
        await rig.settled(origin.everything)
        await rig.broker.kill()
        smallest = largest = rss_bytes(ingest.pid)
        began = time.monotonic()
        while origin.offered < 160 + count:
            origin.publish(16)
            await asyncio.gather(*(feed.unseen.wait() for feed in origin.feeds))
            due = began + away_s * (origin.offered - 160) / count
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            largest = max(largest, rss_bytes(ingest.pid))
            plan.say(f"{origin.offered:,} items, ingest grew {(largest - smallest) / 2**20:.0f} MiB")
        held = await rig.database.pending(INGEST, "items")
        await rig.broker.start()
        opened_at = time.monotonic()
        await _drained(rig)
        drained_s = time.monotonic() - opened_at
        await rig.settled(origin.everything)
        return await rig.result(
            origin.served(),
            Figure("broker away", time.monotonic() - began - drained_s, "s"),
            Figure("events the outbox held", held, at_least=count * 0.9),
            Figure("memory of ingest grew", (largest - smallest) / 2**20, "MiB", at_most=50),
            Figure(
                "outbox empty after the port opened",
                drained_s,
                "s",
                at_most=plan.bound(RESUME_S + held / 500),
            ),
            Figure("items never served", origin.offered - len(origin.served()), at_most=0),
        )


async def _drained(rig: Rig) -> None:
    while await rig.database.pending(INGEST, "items"):
        await asyncio.sleep(0.05)


@experiment("E15", "broker frozen", quick=False)
async def broker_frozen(plan: Plan) -> Result:
    """SIGSTOP for two minutes: nothing is refused and nothing is answered."""
    frozen_s, items = plan.seconds(120, 45), range(plan.size(3000, 1000))
    async with rigged(plan) as rig, AsyncExitStack() as opened:
        await rig.up("search")
        search = rig.services["search"]
        publishers = Publishers(rig.amqp_url, rig.ladder_s, per_s=200)
        await publishers.open(opened)
        saying = asyncio.create_task(publishers.say([collected(item) for item in items]))
        await publishers.reach(len(items) // 4)
        plan.say(f"frozen for {frozen_s:.0f} s")
        frozen_at = time.monotonic()
        rig.broker.freeze()
        noticed_s = await within(frozen_s, _gone(rig))
        await asyncio.sleep(max(0.0, frozen_at + frozen_s - time.monotonic()))
        rig.broker.thaw()
        thawed_at = time.monotonic()
        await within(60, resumption(publishers, thawed_at))
        await saying
        await rig.settled(lambda: served(items))
        consumers = await _consumers(rig)
        return await rig.result(
            served(items),
            Figure("dead link noticed after", noticed_s, "s", at_most=35),
            Figure("slowest publish", publishers.slowest_s, "s", at_most=plan.bound(10.5)),
            Figure(
                "publishing again after the thaw",
                publishers.resumed_after(thawed_at),
                "s",
                at_most=plan.bound(RESUME_S),
            ),
            Figure("consumers of the queue afterwards", consumers, at_least=1, at_most=1),
            Figure("connections that search lost", search.total("bus_connection_losses_total")),
        )


async def _gone(rig: Rig) -> None:
    search = rig.services["search"]
    while search.gauge("bus_consumer_up"):
        await search.observe()
        await asyncio.sleep(0.2)


async def _lost_again(rig: Rig, losses: float) -> None:
    """Wait for one more loss; search is back too soon for a look at whether it is away."""
    search = rig.services["search"]
    while search.total("bus_connection_losses_total") <= losses:
        await search.observe()
        await asyncio.sleep(0.2)


async def _consumers(rig: Rig) -> int:
    listed = await rig.broker.control("list_queues", "--no-table-headers", "--silent", "name", "consumers")
    counts = dict(line.split() for line in listed.splitlines() if line.strip())
    return int(counts[SEARCH_ARTICLES])


@experiment("E33", "the broker forgets a consumer", quick=False)
async def consumer_forgotten(plan: Plan) -> Result:
    """Its queue is deleted and made again; its channel is closed for a delivery held too long."""
    half = plan.size(1000, 300)
    items = range(half * 3)
    async with rigged(plan) as rig, AsyncExitStack() as opened:
        # Read by each channel when it is opened; looked at once a minute.
        await rig.broker.control("eval", "application:set_env(rabbit, consumer_timeout, 5000).")
        await rig.up("search")
        publishers = Publishers(rig.amqp_url, rig.ladder_s)
        await publishers.open(opened)
        await publishers.say([collected(item) for item in items[:half]])
        await rig.settled(lambda: served(items[:half]))
        plan.say("the queue is deleted")
        await rig.broker.control("delete_queue", SEARCH_ARTICLES)
        deleted_at = time.monotonic()
        await publishers.say([collected(item) for item in items[half : half * 2]])
        await rig.settled(lambda: served(items[: half * 2]))
        deleted_s = time.monotonic() - deleted_at
        plan.say("the broker closes the channel of who holds a delivery for 5 s; MongoDB is frozen")
        await rig.services["search"].observe()
        before = rig.services["search"].total("bus_connection_losses_total")
        rig.database.freeze()
        await publishers.say([collected(item) for item in items[half * 2 :]])
        lost = await within(120, _lost_again(rig, before))
        rig.database.thaw()
        thawed_at = time.monotonic()
        await rig.settled(lambda: served(items))
        return await rig.result(
            served(items),
            Figure("delivered again after the queue was deleted", deleted_s, "s", at_most=60),
            Figure("channel closed for its silence after", lost, "s", at_most=110),
            Figure("delivered again after the thaw", time.monotonic() - thawed_at, "s", at_most=60),
        )
