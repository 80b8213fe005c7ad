"""The network between the services and their servers does what networks do."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack

from tests.faults.catalogue import experiment
from tests.faults.proxy import PASS, Mode, Proxy
from tests.faults.publishers import Publishers, collected, served
from tests.faults.report import Figure, Result
from tests.faults.rig import Plan, rigged
from tests.faults.servers import open_files

MODES = (
    Mode("blackhole"),
    Mode("reset"),
    Mode("half-open"),
    Mode("latency", delay_s=0.3),
    Mode("slow", rate_bytes_s=8 * 1024),
)
CUTS = 97
"""Frames are cut at that many different lengths."""


@experiment(
    "E21", "network: blackhole, reset, half-open, latency, slow, cut in the middle of frames", limit_s=900
)
async def bad_network(plan: Plan) -> Result:
    """Each fault on the broker's link, then on the database's, while events keep coming."""
    each_s = plan.seconds(20, 2)
    items = range(plan.size(12_000, 1000))
    async with rigged(plan) as rig, AsyncExitStack() as opened:
        await rig.up("search")
        search = rig.services["search"]
        publishers = Publishers(rig.amqp_url, rig.ladder_s, per_s=40)
        await publishers.open(opened)
        await asyncio.sleep(2)
        files = open_files(search.pid)
        tasks = len(asyncio.all_tasks())
        saying = asyncio.create_task(publishers.say([collected(item) for item in items]))
        storm = 0.0
        for name, link in (("the broker's link", rig.amqp), ("the database's link", rig.mongo)):
            for mode in MODES:
                plan.say(f"{mode.kind} on {name}; {len(publishers.confirmed):,} said")
                storm = max(storm, await _hurt(link, mode, each_s))
            await _cut(plan, link, name, each_s)
        saying_left = len(items) - len(publishers.confirmed)
        plan.say(f"{saying_left:,} left to say")
        publishers.hurry()
        await saying
        await rig.settled(lambda: served(items))
        return await rig.result(
            served(items),
            Figure("most connections a second during a fault", storm, "/s", at_most=8),
            Figure("files and sockets of search grew", open_files(search.pid) - files, at_most=12),
            Figure("tasks of the publishers grew", len(asyncio.all_tasks()) - tasks, at_most=2),
            Figure("publishes given back as unconfirmed", publishers.unconfirmed.total()),
        )


async def _hurt(link: Proxy, mode: Mode, seconds: float) -> float:
    """Let a link be so for a while; return how many connections a second were tried on it."""
    accepted = link.accepted
    link.set(mode)
    await asyncio.sleep(seconds)
    tried = (link.accepted - accepted) / seconds
    link.set(PASS)
    await asyncio.sleep(1)
    return tried


async def _cut(plan: Plan, link: Proxy, name: str, seconds: float) -> None:
    """Cut connections after every length from 1 to 97 bytes past a kilobyte, as many as fit into the time."""
    lengths: Sequence[int] = range(1, CUTS + 1, plan.size(4, 24))
    for length in lengths:
        plan.say(f"cut after 1024 + {length} bytes on {name}")
        link.set(Mode("cut", cut_after_bytes=1024 + length))
        await asyncio.sleep(seconds / len(lengths))
    link.set(PASS)
    await asyncio.sleep(1)
