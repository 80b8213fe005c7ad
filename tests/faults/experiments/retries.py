"""A handler that fails for a while, and dead letters that are brought back."""

import asyncio
import json
import re
import signal
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path

from prometheus_client import CollectorRegistry

from shared.bus import Subscription, topology
from shared.bus.flood import FloodLimits
from shared.bus.rabbit import RabbitBus
from shared.contracts.catalogue import SEARCH_ARTICLES
from shared.contracts.envelope import Envelope
from tests.faults.catalogue import experiment
from tests.faults.experiments.processes import WITH_TEST_COMMANDS, allow_writes, refuse_writes
from tests.faults.processes import Service
from tests.faults.publishers import Publishers, collected, rate, served
from tests.faults.report import Figure, Result
from tests.faults.rig import Plan, Rig, rigged

REAL_LADDER_S = (10.0, 60.0, 600.0)
REFUSED_S = 45.0
ROUNDS = 15
"""The best of so many rounds counts, spread over the outage: a round takes half a second, a hiccup of the machine too."""


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
        usual = await _rates_a_second(publishers, over_s=REFUSED_S)
        await refuse_writes(rig)
        await publishers.say([collected(item) for item in items])
        refused_at = asyncio.get_running_loop().time()
        plan.say("search's writes are refused")
        during = await _rates_a_second(publishers, over_s=REFUSED_S)
        await allow_writes(rig)
        allowed_after_s = asyncio.get_running_loop().time() - refused_at
        third_s = allowed_after_s + await rig.settled(lambda: served(items), within_s=120)
        return await rig.result(
            served(items),
            Figure(
                "second attempt after", _waits(search.lines("event_retried")), "s", at_least=9, at_most=12
            ),
            Figure("all handled, at the third attempt, after", third_s, "s", at_least=69, at_most=80),
            Figure(
                "events on the live stream meanwhile, of the usual rate",
                100 * during / usual,
                "%",
                at_least=90,
            ),
        )


async def _rates_a_second(publishers: Publishers, *, over_s: float) -> float:
    """Return how many events a second the live stream takes: the best of rounds spread over `over_s` seconds."""
    loop, found = asyncio.get_running_loop(), []
    for _ in range(ROUNDS):
        began = loop.time()
        await publishers.say([rate(number) for number in range(1000)])
        found.append(1000 / (loop.time() - began))
        await asyncio.sleep(max(0.0, began + over_s / ROUNDS - loop.time()))
    return max(found)


def _waits(lines: Sequence[str]) -> float:
    """Return how long an event waited before its second attempt, which failed too; the longest, in seconds."""
    at: dict[tuple[str, int], datetime] = {}
    for line in lines:
        said = json.loads(line)
        at[said["event_id"], said["attempt"]] = datetime.fromisoformat(said["timestamp"])
    twice = [event for event, attempt in at if attempt > 1]
    return max(((at[event, 2] - at[event, 1]).total_seconds() for event in twice), default=0.0)


@experiment("E10", "500 dead letters replayed, the replay killed half-way and run again")
async def replayed(plan: Plan) -> Result:
    """They have been through the retry queues first, so the broker has its own accounts of them."""
    items = range(500)
    async with rigged(plan, ladder_s=(0.2, 0.3)) as rig, AsyncExitStack() as opened:
        publishers = Publishers(rig.amqp_url, rig.ladder_s)
        await publishers.open(opened)
        await publishers.say([collected(item) for item in items])
        await _bury_all(rig, len(items))
        await rig.up("search")
        killed = await _replay(rig, "--rate", "40")
        await _heard(rig.services["search"], len(items) // 3)
        killed.kill()
        await killed.wait()
        left = await _given_back(rig)
        again = await _replay(rig, "--rate", "0")
        said = (await again.communicate())[0].decode()
        await rig.settled(lambda: served(items))
        logs = [path.read_text(errors="replace") for path in (plan.folder / "rabbitmq/log").glob("*.log")]
        return await rig.result(
            served(items),
            Figure(
                "exit code of the replay that was killed", killed.returncode or 0, at_most=-signal.SIGKILL
            ),
            Figure("letters left after the kill", left, at_least=1, at_most=len(items) - 1),
            Figure("replayed by the second run", _replayed(said), at_least=left, at_most=left),
            Figure("cycles the broker dropped", sum(log.count("cycle") for log in logs), at_most=0),
        )


async def _bury_all(rig: Rig, count: int) -> None:
    """Fail at every event until all are dead letters, by a consumer that no flood stops."""

    async def fail(_events: Sequence[Envelope]) -> None:
        raise RuntimeError("not today")

    bus = RabbitBus(
        rig.broker.url,
        service="undertaker",
        registry=CollectorRegistry(),
        retry_delays_s=rig.ladder_s,
        flood=FloodLimits(window=100 * count),
    )
    bus.start()
    stop = asyncio.Event()
    consuming = asyncio.create_task(bus.consume(Subscription(SEARCH_ARTICLES, fail), stop))
    while (await rig.broker.depths()).get(topology.dead_letter_queue(SEARCH_ARTICLES), 0) < count:
        await asyncio.sleep(0.5)
    stop.set()
    await consuming
    await bus.close()


async def _replay(rig: Rig, *options: str) -> asyncio.subprocess.Process:
    """Start the command line's replay."""
    return await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("silkwire")),
        *("dead-letters", "replay", "--broker", rig.broker.url, *options),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )


async def _given_back(rig: Rig) -> int:
    """Wait until the broker has noticed the kill and has what was in hand again; return how many are left."""
    dead, before = topology.dead_letter_queue(SEARCH_ARTICLES), -1
    while (left := await rig.broker.ready(dead)) != before or not left:
        before = left
        await asyncio.sleep(1)
    return left


async def _heard(search: Service, count: int) -> None:
    while search.total("search_changes_total") < count:
        await search.observe()
        await asyncio.sleep(0.05)


def _replayed(said: str) -> int:
    found = re.search(r"Replayed ([\d,]+) of", said)
    return int(found[1].replace(",", "")) if found else -1
