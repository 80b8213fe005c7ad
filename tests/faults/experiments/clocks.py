"""The clocks of our own processes are wrong and jump, and so are the dates that feeds print (E32)."""

import asyncio
import json
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from tests.faults.catalogue import experiment
from tests.faults.experiments.processes import WITH_TEST_COMMANDS, allow_writes, refuse_writes
from tests.faults.origin import Origin
from tests.faults.processes import Service
from tests.faults.report import Figure, Result
from tests.faults.rig import Plan, Rig, rigged
from tests.faults.timekeeping import Calendar, Gaps, dates_amiss, learnt_amiss
from tests.faults.wrong_clocks import WrongClock

FEEDS = 16
EACH = 112
"""Items published at a time: seven for each feed, one of each kind of date."""

INTERVAL_S = 0.5
ANSWER_S = 0.2
"""How long the origin takes, so that at any moment some sources are in hand."""

LEASE_S = 10.0
FETCHED_WITHIN_S = 30.0
"""Wide, since a machine may be busy: who waits for a clock to come right waits for hours, or for a month."""

HOUR, MONTH = timedelta(hours=1), timedelta(days=30)
JUMPS = (
    *(HOUR, -HOUR, timedelta(), MONTH, -MONTH, timedelta()),
    # What an NTP daemon does when it may: it steps to and fro by seconds, while leases run.
    *(timedelta(seconds=off) for off in (2, -2, 40, -40, 5, 0)),
)
DATABASE_JUMPS = (HOUR, timedelta(), MONTH, timedelta())
"""Forward, when leases are over at once, and back, when they would last for as long as the jump."""

LEASE_AT_MOST_S = 60.0
QUICK_JUMPS = (HOUR, -MONTH)


@dataclass(slots=True)
class Replica:
    """One process with a clock of its own."""

    service: Service
    clock: WrongClock

    async def start(self) -> None:
        """Start it on that clock."""
        await self.service.start(more=self.clock.environment())

    async def jump(self, off: timedelta) -> None:
        """Put its clock elsewhere, and wait until it has looked at it."""
        self.clock.set(off)
        await asyncio.sleep(1.5)

    def jumps_seen(self, began: datetime) -> int:
        """Return how often its log goes over to another time, by half an hour at least: that it was fooled at all."""
        lines = self.service.log.read_text(errors="replace").splitlines()
        told = [datetime.fromisoformat(json.loads(line)["timestamp"]) for line in lines if line[:1] == "{"]
        return sum(abs(after - before) > HOUR / 2 for before, after in pairwise([began, *told]))


@experiment(
    "E32",
    "clocks that are wrong by hours and days, and jump; feed dates of 1970, 2099 and none",
    quick=False,
    limit_s=600,
)
async def wrong_clocks(plan: Plan) -> Result:
    """Two of ingest with clocks hours apart, and one of search: their clocks jump, one dies, the database's clock jumps."""
    calendar = Calendar(FEEDS)
    origin = Origin(feeds=FEEDS, dates=calendar, answer_s=ANSWER_S, moved=(0,))
    of_database = WrongClock(plan.folder / "clock-of-mongodb")
    fooled = of_database.environment(python=False)
    async with (
        rigged(plan, mongod_options=WITH_TEST_COMMANDS, mongod_environment=fooled) as rig,
        AsyncExitStack() as opened,
    ):
        await origin.open(opened)
        began = datetime.now(UTC)
        steady, jumping, reader = _replicas(rig, origin)
        for one in (steady, jumping, reader):
            await one.start()
        for one in (steady, jumping, reader):
            await one.service.ready()
        await _one_more(rig, origin)
        lived = await _clocks_jump(rig, origin, jumping, reader)
        across = await _dies_a_month_ahead(rig, origin, jumping)
        times = (*await dates_amiss(rig, origin, calendar), *await learnt_amiss(rig, origin))
        jumps = jumping.jumps_seen(began)
        stepped = await _clock_of_database_jumps(rig, origin, jumping, of_database)
        return await rig.result(
            origin.served(),
            Figure("jumps that a process saw", jumps, at_least=1 if plan.quick else 6),
            Figure("events on the retry ladder", reader.service.total("bus_retries_total"), at_least=1),
            Figure("fetches of one source by two at once", lived.doubled + across.doubled, at_most=0),
            Figure("shortest time to the next fetch", lived.shortest_s, "s", at_least=INTERVAL_S * 0.8),
            Figure("longest time between two fetches", lived.longest_s, "s", at_most=FETCHED_WITHIN_S),
            Figure("across the death of one a month ahead", across.longest_s, "s", at_most=FETCHED_WITHIN_S),
            *times,
            Figure("across jumps of the database's clock", stepped.longest_s, "s", at_most=LEASE_AT_MOST_S),
            # A lease that the clock jumps over is over; the one whose it was cannot know.
            Figure(
                "fetches by two at once across those", stepped.doubled, at_most=FEEDS * len(DATABASE_JUMPS)
            ),
            Figure("items never served", origin.offered - len(origin.served()), at_most=0),
        )


async def _clocks_jump(rig: Rig, origin: Origin, jumping: Replica, reader: Replica) -> Gaps:
    """Let the clocks of a replica of ingest and of search jump apart, at last while events climb the retry ladder."""
    started = time.monotonic()
    for off in QUICK_JUMPS if rig.plan.quick else JUMPS:
        rig.plan.say(f"a clock of ingest is {off / HOUR:+g} h off")
        reader.clock.set(-off)
        await jumping.jump(off)
        await _one_more(rig, origin)
    rig.plan.say("a clock of search jumps while events climb the retry ladder")
    await refuse_writes(rig)
    origin.publish(EACH)
    await asyncio.sleep(0.5)
    await reader.jump(HOUR)
    await allow_writes(rig)
    await rig.settled(origin.everything)
    return Gaps.of(origin.feeds, started, time.monotonic())


async def _dies_a_month_ahead(rig: Rig, origin: Origin, jumping: Replica) -> Gaps:
    """Kill a replica of ingest whose clock is far ahead, and see that the other takes over."""
    ahead = time.monotonic()
    await jumping.jump(MONTH)
    await jumping.service.kill()
    killed = time.monotonic()
    await _one_more(rig, origin)
    await _asked_since(origin, killed)
    return Gaps.of(origin.feeds, ahead, time.monotonic())


async def _clock_of_database_jumps(
    rig: Rig, origin: Origin, jumping: Replica, of_database: WrongClock
) -> Gaps:
    """Let the clock jump by which all leases are kept."""
    await jumping.start()
    await jumping.service.ready()
    started = time.monotonic()
    for off in DATABASE_JUMPS:
        rig.plan.say(f"the database's clock is {off / HOUR:+g} h off")
        of_database.set(off)
        await asyncio.sleep(1.5)
        jumped = time.monotonic()
        await _one_more(rig, origin)
        await _asked_since(origin, jumped)
    return Gaps.of(origin.feeds, started, time.monotonic())


def _replicas(rig: Rig, origin: Origin) -> tuple[Replica, Replica, Replica]:
    pace = {f"INGEST_{name}_INTERVAL_S": f"{INTERVAL_S:g}" for name in ("DEFAULT", "MIN", "MAX")}
    settings = {**rig.feed(origin), **pace, "INGEST_LEASE_S": f"{LEASE_S:g}"}
    starts = {"ingest-steady": timedelta(hours=-3), "ingest-jumping": timedelta(), "search": timedelta()}
    made = []
    for name, off in starts.items():
        service = rig.add(name.partition("-")[0], name=name, settings=settings)
        made.append(Replica(service, WrongClock(rig.plan.folder / name / "clock", off)))
    return made[0], made[1], made[2]


async def _one_more(rig: Rig, origin: Origin) -> None:
    """Publish, change some of what was published before, and wait until all is stored."""
    origin.revise(range(max(0, origin.offered - 10), origin.offered))
    origin.publish(EACH)
    await rig.settled(origin.everything, within_s=60)


async def _asked_since(origin: Origin, since: float) -> None:
    """Wait until every source was asked again, or nobody will."""
    while time.monotonic() < since + FETCHED_WITHIN_S + 5:
        if all(feed.asks and feed.asks[-1].began > since for feed in origin.feeds):
            return
        await asyncio.sleep(0.1)
