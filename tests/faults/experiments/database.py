"""The database is killed in the middle of writes."""

import asyncio
import random
from collections.abc import Sequence
from contextlib import AsyncExitStack

from tests.faults.catalogue import experiment
from tests.faults.publishers import Publishers, collected, served
from tests.faults.report import Figure, Result
from tests.faults.rig import Plan, rigged


async def killed_database(
    plan: Plan, kills: int, *, without: str = "", options: Sequence[str] = ()
) -> Result:
    """Kill mongod again and again while search stores.

    Args:
        plan: how large.
        kills: how often.
        without: the safeguard to take away from search; empty for none.
        options: more of mongod's command line.
    """
    chance = random.Random(plan.seed)  # noqa: S311  moments, not secrets
    items = range(plan.size(6000, 1500))
    async with rigged(plan, mongod_options=options) as rig, AsyncExitStack() as opened:
        search = rig.add("search")
        await search.start(without=without)
        await search.ready()
        publishers = Publishers(rig.amqp_url, rig.ladder_s, per_s=len(items) / (kills * 3))
        await publishers.open(opened)
        saying = asyncio.create_task(publishers.say([collected(item) for item in items]))
        for number in range(kills):
            await asyncio.sleep(1 + chance.random())
            plan.say(f"kill {number + 1} of {kills} after {len(publishers.confirmed):,} events")
            await rig.database.kill()
            await rig.database.start()
        await saying
        settled_s = await rig.settled(lambda: served(items), within_s=60 if without else 120)
        return await rig.result(
            served(items),
            Figure("kills", kills),
            Figure("all stored after the last event was said", settled_s, "s"),
            Figure("retries burnt", search.total("bus_retries_total")),
        )


@experiment("E14", "MongoDB killed (-9) five times in the middle of writes")
async def database_killed(plan: Plan) -> Result:
    """A replica set of one node, writes with w=majority and j=true."""
    return await killed_database(plan, plan.size(5, 2))
