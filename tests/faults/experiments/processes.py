"""Our own processes die: at named points, at random, and in order one after the other while there is work."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from shared import failpoints
from tests.faults.catalogue import experiment
from tests.faults.origin import Origin
from tests.faults.processes import Service
from tests.faults.publishers import Publishers, collected, served
from tests.faults.report import Figure, Result
from tests.faults.rig import SEARCH, Plan, Rig, rigged

DIE_WITHIN_S = 40.0
WINDOW = 100
"""Items that a feed shows: as many as come in half a minute, so that a feed is read well within its lease."""

REFUSED = {"failCommands": ["insert", "update"], "errorCode": 2, "namespace": f"{SEARCH}.articles"}
"""An error that no dependency's absence explains: the events go up the retry ladder."""

WITH_TEST_COMMANDS = ("--setParameter", "enableTestCommands=1")


async def refuse_writes(rig: Rig) -> None:
    """Let MongoDB refuse search's writes until `allow_writes`."""
    await rig.database.command({"configureFailPoint": "failCommand", "mode": "alwaysOn", "data": REFUSED})


async def allow_writes(rig: Rig) -> None:
    """End `refuse_writes`."""
    await rig.database.command({"configureFailPoint": "failCommand", "mode": "off"})


async def _dies(service: Service) -> bool:
    """Wait until it dies by itself; tell whether it was at its failpoint."""
    with suppress(TimeoutError):
        async with asyncio.timeout(DIE_WITHIN_S):
            code = await service.ended()
            return code == failpoints.EXIT_KILLED
    return False


@experiment("E4", "ingest dies at six points")
async def publisher_dies(plan: Plan) -> Result:
    """After fetch, after store, before publish, sent, confirmed but pending, after the ETag is saved."""
    points = {
        failpoints.INGEST_AFTER_FETCH: 3,
        failpoints.INGEST_AFTER_STORE: 20,
        failpoints.OUTBOX_BEFORE_PUBLISH: 20,
        failpoints.BUS_SENT: 20,
        failpoints.OUTBOX_AFTER_CONFIRM: 20,
        failpoints.INGEST_AFTER_ETAG: 2,
    }
    if plan.quick:
        # The buckets of a relay that died are free after 15 s, so each point takes its time.
        points = {name: points[name] for name in (failpoints.BUS_SENT, failpoints.INGEST_AFTER_ETAG)}
    origin, each = Origin(feeds=8), plan.size(200, 80)
    async with rigged(plan) as rig, AsyncExitStack() as opened:
        await origin.open(opened)
        await rig.up("search")
        ingest = rig.add("ingest", settings=rig.feed(origin))
        deaths, most = 0, 0.0
        for name, nth in points.items():
            plan.say(f"{name}:{nth}")
            origin.publish(each)
            heard = await _heard(rig)
            await ingest.start(failpoints=f"{name}:{nth}")
            deaths += await _dies(ingest)
            await ingest.start()
            await rig.settled(origin.everything)
            most = max(most, await _heard(rig) - heard - each)
            await ingest.stop()
        return await rig.result(
            origin.served(),
            Figure("deaths at a failpoint", deaths, at_least=len(points), at_most=len(points)),
            # One that was confirmed but not yet cleared is said again, and so is all that was under way beside it.
            Figure("most doubled deliveries of one death", most, at_most=256),
            Figure("items never served", origin.offered - len(origin.served()), at_most=0),
        )


async def _heard(rig: Rig) -> float:
    search = rig.services["search"]
    await search.observe()
    return search.total("search_changes_total")


@experiment("E5", "search dies at four points")
async def consumer_dies(plan: Plan) -> Result:
    """Before the write, after it, while a retry is sent, after the retry is confirmed: each before the ack."""
    points = {
        failpoints.SEARCH_BEFORE_WRITE: 2,
        failpoints.SEARCH_AFTER_WRITE: 2,
        failpoints.BUS_RETRY_SENT: 5,
        failpoints.BUS_RETRY_CONFIRMED: 5,
    }
    each = plan.size(1000, 300)
    async with rigged(plan, mongod_options=WITH_TEST_COMMANDS) as rig, AsyncExitStack() as opened:
        search = rig.add("search")
        publishers = Publishers(rig.amqp_url, rig.ladder_s)
        await publishers.open(opened)
        deaths = 0
        for number, (name, nth) in enumerate(points.items()):
            plan.say(f"{name}:{nth}")
            retrying = name.startswith("bus.retry")
            if retrying:
                await refuse_writes(rig)
            await search.start(failpoints=f"{name}:{nth}")
            said = range(each * (number + 1))
            saying = asyncio.create_task(publishers.say([collected(item) for item in said[-each:]]))
            deaths += await _dies(search)
            await allow_writes(rig)
            await search.start()
            await saying
            await rig.settled(lambda said=said: served(said))  # type: ignore[misc]  # bound now, not later
            await search.stop()
        await search.start()
        await search.ready()
        items = range(each * len(points))
        await rig.settled(lambda: served(items))
        return await rig.result(
            served(items), Figure("deaths at a failpoint", deaths, at_least=len(points), at_most=len(points))
        )


@asynccontextmanager
async def publishing(origin: Origin, chance: random.Random, *, every_s: float = 0.25) -> AsyncIterator[None]:
    """Keep an origin busy: new items, and new versions of some old ones."""

    async def publish() -> None:
        while True:
            origin.publish(10)
            # Only what its feed still shows can be seen.
            recent = range(max(0, origin.offered - WINDOW * len(origin.feeds) // 2), origin.offered)
            origin.revise(chance.sample(recent, 3))
            await asyncio.sleep(every_s)

    task = asyncio.create_task(publish())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@experiment("E6", "ingest, rates and search killed at random every 3 s", limit_s=500)
async def killed_at_random(plan: Plan) -> Result:
    """One of the three every three seconds, for three minutes; each is started again at once."""
    # The seed makes a run repeatable; it is no secret.
    chance = random.Random(plan.seed)  # noqa: S311
    origin, kills = Origin(feeds=16, window=WINDOW), plan.size(60, 8)
    async with rigged(plan) as rig, AsyncExitStack() as opened:
        await origin.open(opened)
        # Killed with its sources in hand several times in a row, ingest must be back before what changed has left its
        # feed: shorter leases, renewed all the sooner.
        settings = {**rig.feed(origin), "INGEST_LEASE_S": "4"}
        victims = [rig.add("search"), rig.add("ingest", settings=settings), rig.add("rates")]
        for victim in victims:
            await victim.start()
            victim.keep()
        async with publishing(origin, chance):
            for number in range(kills):
                await asyncio.sleep(3)
                victim = chance.choice(victims)
                plan.say(f"kill {number + 1} of {kills}: {victim.name}; {origin.offered:,} items")
                if victim.alive:
                    await victim.kill()
        last = time.monotonic()
        await rig.settled(origin.everything)
        return await rig.result(
            origin.served(),
            Figure("kills", kills),
            Figure("converged after the last kill", time.monotonic() - last, "s", at_most=plan.bound(30)),
            Figure("items never served", origin.offered - len(origin.served()), at_most=0),
        )


@experiment("E7", "rolling SIGTERM under load", alone=True)
async def rolling_restarts(plan: Plan) -> Result:
    """Two of ingest and two of search, restarted in turn while items keep coming."""
    chance = random.Random(plan.seed)  # noqa: S311
    origin, restarts = Origin(feeds=16, window=WINDOW), plan.size(20, 4)
    async with rigged(plan) as rig, AsyncExitStack() as opened:
        await origin.open(opened)
        feed = rig.feed(origin)
        turn = [
            rig.add("search", name="search-1"),
            rig.add("ingest", name="ingest-1", settings=feed),
            rig.add("search", name="search-2"),
            rig.add("ingest", name="ingest-2", settings=feed),
        ]
        for one in turn:
            await one.start()
        for one in turn:
            await one.ready()
        slowest, bad = 0.0, 0
        async with publishing(origin, chance, every_s=0.2):
            for number in range(restarts):
                one = turn[number % len(turn)]
                plan.say(f"restart {number + 1} of {restarts}: {one.name}; {origin.offered:,} items")
                ended = await one.stop()
                slowest, bad = max(slowest, ended.seconds), bad + (ended.code != 0)
                await one.start()
                await one.ready()
        await rig.settled(origin.everything)
        redelivered = sum(one.total("bus_redelivered_total") for one in turn)
        return await rig.result(
            origin.served(),
            Figure("slowest stop", slowest, "s", at_most=25),
            Figure("stops with another code than 0", bad, at_most=0),
            Figure("deliveries that came again", redelivered),
        )
