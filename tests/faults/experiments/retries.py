"""A handler that fails for a while, and dead letters that are brought back."""

import asyncio
import json
import signal
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import datetime

from shared.bus import topology
from shared.contracts.catalogue import SEARCH_ARTICLES
from tests.faults.catalogue import experiment
from tests.faults.experiments.processes import WITH_TEST_COMMANDS, allow_writes, refuse_writes
from tests.faults.processes import ROOT
from tests.faults.publishers import Publishers, collected, rate, served
from tests.faults.report import Figure, Result
from tests.faults.rig import Plan, Rig, rigged

REAL_LADDER_S = (10.0, 60.0, 600.0)


@experiment("E9", "MongoDB refuses writes for 45 s: the real retry ladder", quick=False)
async def refused_for_a_while(plan: Plan) -> Result:
    """Attempts come 10 s and 60 s apart; other events of the bus go on; nothing dies."""
    items = range(200)
    async with (
        rigged(plan, ladder_s=REAL_LADDER_S, mongod_options=WITH_TEST_COMMANDS) as rig,
        AsyncExitStack() as opened,
    ):
        await rig.up("search")
        search = rig.services["search"]
        publishers = Publishers(rig.amqp_url, rig.ladder_s)
        await publishers.open(opened)
        usual = await _rates_a_second(publishers)
        await refuse_writes(rig)
        await publishers.say([collected(item) for item in items])
        plan.say("search's writes are refused")
        during = await _rates_a_second(publishers)
        await asyncio.sleep(45)
        await allow_writes(rig)
        await rig.settled(lambda: served(items), within_s=120)
        first, second = _waits(search.lines("event_retried"))
        return await rig.result(
            served(items),
            Figure("second attempt after", first, "s", at_least=9, at_most=12),
            Figure("third attempt after", second, "s", at_least=59, at_most=63),
            Figure(
                "events on the live stream meanwhile, of the usual rate",
                100 * during / usual,
                "%",
                at_least=60,
            ),
        )


async def _rates_a_second(publishers: Publishers) -> float:
    began = asyncio.get_running_loop().time()
    await publishers.say([rate(number) for number in range(1000)])
    return 1000 / (asyncio.get_running_loop().time() - began)


def _waits(lines: Sequence[str]) -> tuple[float, float]:
    """Return how long an event waited before its second and before its third attempt, in seconds."""
    at: dict[tuple[str, int], datetime] = {}
    for line in lines:
        said = json.loads(line)
        at[said["event_id"], said["attempt"]] = datetime.fromisoformat(said["timestamp"])
    both = [event for event, attempt in at if attempt == 2]
    seconds = [(at[event, 2] - at[event, 1]).total_seconds() for event in both]
    return min(seconds, default=0.0), 0.0


@experiment("E10", "500 dead letters replayed, the replay killed half-way and run again")
async def replayed(plan: Plan) -> Result:
    """They have been through the retry queues first, so the broker has its own accounts of them."""
    items = range(500)
    async with (
        rigged(plan, ladder_s=(0.2, 0.3), mongod_options=WITH_TEST_COMMANDS) as rig,
        AsyncExitStack() as opened,
    ):
        search = rig.add("search", settings={"BUS_FLOOD": "off"})
        await search.start()
        await search.ready()
        publishers = Publishers(rig.amqp_url, rig.ladder_s)
        await publishers.open(opened)
        await refuse_writes(rig)
        await publishers.say([collected(item) for item in items])
        await _dead(rig, len(items))
        await allow_writes(rig)
        replayed_first = await _replay(rig, kill_after=len(items) // 2)
        left = (await rig.broker.depths())[topology.dead_letter_queue(SEARCH_ARTICLES)]
        replayed_then = await _replay(rig)
        await rig.settled(lambda: served(items))
        log = "\n".join(
            path.read_text(errors="replace") for path in (plan.folder / "rabbitmq/log").glob("*.log")
        )
        return await rig.result(
            served(items),
            Figure("replayed before the kill", replayed_first, at_least=1, at_most=len(items) - 1),
            Figure("left after the kill", left, at_least=1),
            Figure("replayed afterwards", replayed_then, at_least=left, at_most=left),
            Figure("cycles that the broker saw", log.count("cycle"), at_most=0),
        )


async def _dead(rig: Rig, count: int) -> None:
    while (await rig.broker.depths()).get(topology.dead_letter_queue(SEARCH_ARTICLES), 0) < count:
        await asyncio.sleep(0.5)


async def _replay(rig: Rig, kill_after: int | None = None) -> int:
    """Run the command line's replay; return how many it says it replayed."""
    raise NotImplementedError


__all__ = ["ROOT", "signal", "sys"]
