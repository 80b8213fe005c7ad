"""One safeguard is taken away each time: these runs must lose something, else the runner is blind."""

import asyncio
from contextlib import AsyncExitStack

from tests.faults.catalogue import experiment
from tests.faults.experiments.broker import broker_killed
from tests.faults.experiments.database import killed_database
from tests.faults.publishers import Publishers, collected, served
from tests.faults.report import Figure, Result
from tests.faults.rig import Plan, rigged
from tests.faults.sabotage import taken_away

ROUNDS = 4


@experiment("C1", "control: confirms off, broker killed twice (as E2)", control=True)
async def without_confirms(plan: Plan) -> Result:
    """The publishers believe that what they have written has arrived."""
    with taken_away("confirms"):
        return await broker_killed(plan)


@experiment("C2", "control: w=1 and j=false, MongoDB killed (as E14)", control=True)
async def without_majority(plan: Plan) -> Result:
    """The journal is flushed every 500 ms, so that what was acknowledged from memory can be lost."""
    return await killed_database(
        plan, plan.size(5, 3), without="majority", options=("--journalCommitInterval", "500")
    )


async def _ended_again_and_again(plan: Plan, without: str, *, in_order: bool) -> Result:
    """End search in the middle of its work, by SIGTERM or by SIGKILL, without a safeguard."""
    each = plan.size(2000, 1000)
    items = range(each * ROUNDS)
    async with rigged(plan) as rig, AsyncExitStack() as opened:
        search = rig.add("search")
        publishers = Publishers(rig.amqp_url, rig.ladder_s)
        await publishers.open(opened)
        for number in range(ROUNDS):
            await search.start(without=without)
            await search.ready()
            burst = [collected(item) for item in items[number * each : (number + 1) * each]]
            saying = asyncio.create_task(publishers.say(burst))
            await publishers.reach(number * each + each // 2)
            await (search.stop() if in_order else search.kill())
            await saying
        await search.start(without=without)
        await rig.settled(lambda: served(items), within_s=20)
        return await rig.result(served(items), Figure("times that search was ended", ROUNDS))


@experiment("C3", "control: acknowledged before the write, search killed", control=True)
async def with_early_ack(plan: Plan) -> Result:
    """What was acknowledged and not yet written dies with the process."""
    return await _ended_again_and_again(plan, "late-ack", in_order=False)


@experiment("C4", "control: the library's process(), search stopped by SIGTERM", control=True)
async def with_process(plan: Plan) -> Result:
    """What was delivered and not yet handled is rejected when the consumer is cancelled."""
    return await _ended_again_and_again(plan, "no-process", in_order=True)
