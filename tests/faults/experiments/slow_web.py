"""Feeds that never come to an end, beside feeds that do (E24)."""

import asyncio
import os
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise

from ingest.domain.fetching.outcomes import Reason
from ingest.domain.sources.source import Source
from ingest.pipeline.scheduler import Scheduler
from ingest.settings import Settings
from tests.faults.catalogue import experiment
from tests.faults.hostile import Desk, Loopback, path_of, served, source_at
from tests.faults.oracle import Tally
from tests.faults.report import Figure, Result
from tests.faults.rig import Plan
from tests.faults.servers import open_files
from tests.suites.ingest_fakes import rss

SLOW, NORMAL = 50, 50
INTERVAL_S = 1.0
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n"


@dataclass
class SlowWeb:
    """Fifty feeds that never come to an end, and fifty as they should be, each on a host of its own.

    Attributes:
        pause_s: between two bytes of a slow feed.
        held_s: for how long each slow connection was held by the other side.
        asked: when each normal feed was asked for.
    """

    pause_s: float
    held_s: list[float] = field(default_factory=list)
    asked: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    async def slow(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer in one of four ways that never end, until the other side gives up."""
        began = time.monotonic()
        path, _head = await path_of(reader)
        dripping = asyncio.create_task(self._drip(int(path.strip("/")) % 4, writer))
        with suppress(ConnectionError):
            await reader.read()
        self.held_s.append(time.monotonic() - began)
        dripping.cancel()
        await asyncio.gather(dripping, return_exceptions=True)

    async def _drip(self, way: int, writer: asyncio.StreamWriter) -> None:
        if way == 0:  # one byte of the head at a time
            for byte in HEAD + b"X-Padding: " + b"x" * 1000:
                await self._say(writer, bytes([byte]))
        elif way == 1:  # one byte of the body at a time
            writer.write(HEAD + b"Content-Length: 1000\r\n\r\n")
            while True:
                await self._say(writer, b"<")
        elif way == 2:  # chunks without end
            writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
            while True:
                await self._say(writer, b"5\r\n<rss>\r\n", 0.2)
        else:  # half of it, and silence
            writer.write(HEAD + b"Content-Length: 1000\r\n\r\n" + b"x" * 500)

    async def _say(self, writer: asyncio.StreamWriter, what: bytes, pause_s: float | None = None) -> None:
        writer.write(what)
        await writer.drain()
        await asyncio.sleep(self.pause_s if pause_s is None else pause_s)

    async def normal(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer at once, as often as asked."""
        while True:
            path, head = await path_of(reader)
            self.asked[path].append(time.monotonic())
            body = rss([(f"https://normal.example{path}", f"News of {path}")])
            if b'If-None-Match: "1"' in head:
                writer.write(b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n')
            else:
                writer.write(HEAD + b'ETag: "1"\r\nContent-Length: %d\r\n\r\n' % len(body) + body)
            await writer.drain()

    def late_s(self, since: float, share: float) -> float:
        """Return by how much polls of normal feeds came later than their interval, at this share of them."""
        late = sorted(
            later - earlier - INTERVAL_S
            for times in self.asked.values()
            for earlier, later in pairwise(one for one in times if one >= since)
        )
        return late[int(len(late) * share)] if late else float("inf")


@experiment("E24", "fifty feeds that never end, beside fifty that do", limit_s=180, alone=True)
async def slow_feeds(plan: Plan) -> Result:
    """Poll normal feeds alone, then beside slow ones that are all asked at once."""
    deadline_s = plan.seconds(20, 2)
    web = SlowWeb(pause_s=plan.seconds(5, 0.5))
    async with AsyncExitStack() as opened:
        slow = await opened.enter_async_context(served(web.slow))
        normal = await opened.enter_async_context(served(web.normal))
        normal_ones = [
            source_at(number, f"http://normal-{number}.example:{normal}/{number}", INTERVAL_S)
            for number in range(NORMAL)
        ]
        slow_ones = [
            source_at(NORMAL + number, f"http://slow-{number}.example:{slow}/{number}")
            for number in range(SLOW)
        ]
        began = time.monotonic()
        async with _polling(normal_ones, deadline_s):
            plan.say("fifty normal feeds alone")
            await asyncio.sleep(plan.seconds(12, 5))
        alone_s = web.late_s(began, 0.99)
        files, tasks = open_files(os.getpid()), len(asyncio.all_tasks())
        began = time.monotonic()
        async with _polling([*slow_ones, *normal_ones], deadline_s) as desk:
            plan.say("beside fifty slow ones")
            await asyncio.sleep(deadline_s + plan.seconds(12, 4))
        beside_s = web.late_s(began, 0.99)
        await asyncio.sleep(0.5)
        files_left, tasks_left = open_files(os.getpid()) - files, len(asyncio.all_tasks()) - tasks
    stored = len(desk.items.items)
    return Result(
        Tally(NORMAL, NORMAL - stored, 0, 0, 0),
        0,
        0,
        (
            Figure("slow feeds given up as timeout", desk.failed(Reason.TIMEOUT), at_least=SLOW),
            Figure(
                "longest that one held us",
                max(web.held_s, default=0),
                "s",
                at_most=plan.bound(deadline_s + 0.5),
            ),
            Figure("p99 of the normal feeds' delay, alone", alone_s, "s"),
            Figure("p99 beside the slow ones, beyond that", beside_s - alone_s, "s", at_most=2),
            Figure("files and sockets more than before", files_left, at_most=2),
            Figure("tasks more than before", tasks_left, at_most=0),
        ),
    )


@asynccontextmanager
async def _polling(sources: list[Source], deadline_s: float) -> AsyncIterator[Desk]:
    """Poll as the service does, at its own default of polls at a time."""
    concurrency = Settings().concurrency
    desk = Desk(Loopback(), allow_private=True, deadline_s=deadline_s, concurrency=concurrency + 16)
    await desk.sources.seed(sources)
    scheduler = Scheduler(
        sources=desk.sources,
        update=desk.update,
        metrics=desk.metrics,
        owner="one",
        concurrency=concurrency,
        lease_s=60,
        idle_s=0.05,
    )
    stop = asyncio.Event()
    working = asyncio.create_task(scheduler.run(stop, drain_s=1))
    try:
        yield desk
    finally:
        stop.set()
        await working
        await desk.close()
