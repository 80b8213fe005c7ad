"""Events that come three times, and revisions that come in any order."""

import random
from contextlib import AsyncExitStack

from tests.faults.catalogue import experiment
from tests.faults.publishers import Publishers, collected, served
from tests.faults.report import Figure, Result
from tests.faults.rig import Plan, rigged
from tests.faults.stream import announcements

REVISIONS = 5


@experiment("E11", "every event three times, and once more afterwards")
async def thrice(plan: Plan) -> Result:
    """The same events again, shuffled among each other, and all of them later."""
    chance = random.Random(plan.seed)  # noqa: S311  an order, not a secret
    items = range(plan.size(3000, 500))
    async with rigged(plan) as rig, AsyncExitStack() as opened:
        await rig.up("search")
        publishers = Publishers(rig.amqp_url, rig.ladder_s)
        await publishers.open(opened)
        events = [collected(item) for item in items for _ in range(3)]
        chance.shuffle(events)
        await publishers.say(events)
        await rig.settled(lambda: served(items))
        await publishers.say([collected(item) for item in items])
        await rig.settled(lambda: served(items))
        announced = await announcements(rig)
        return await rig.result(
            served(items),
            Figure(
                "articles announced more than once", sum(times > 1 for times in announced.values()), at_most=0
            ),
            Figure("articles announced", len(announced), at_least=len(items), at_most=len(items)),
        )


@experiment("E12", "five revisions of each article in any order")
async def shuffled(plan: Plan) -> Result:
    """Revisions 1 to 5 of every article, all shuffled: the highest must win."""
    chance = random.Random(plan.seed)  # noqa: S311
    items = range(plan.size(2000, 300))
    async with rigged(plan) as rig, AsyncExitStack() as opened:
        await rig.up("search")
        publishers = Publishers(rig.amqp_url, rig.ladder_s)
        await publishers.open(opened)
        events = [collected(item, rev) for item in items for rev in range(1, REVISIONS + 1)]
        chance.shuffle(events)
        await publishers.say(events)
        await rig.settled(lambda: served(items, REVISIONS))
        stored = await rig.database.stored()
        search = rig.services["search"]
        return await rig.result(
            served(items, REVISIONS),
            Figure(
                "articles at revision 5",
                sum(one.rev == REVISIONS for one in stored.values()),
                at_least=len(items),
            ),
            Figure(
                "handler calls that failed",
                search.total("bus_handle_seconds_count", result="failed"),
                at_most=0,
            ),
        )
