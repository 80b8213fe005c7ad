"""How a replica of search starts with many articles: `python -m tests.bench.search_cold_start`.

The record is filled with BENCH_ARTICLES (1,000,000). Search, a process of its own, then starts twice: from nothing, while
questions of three kinds are asked of it every half minute, and from its folder, after 10,000 articles have changed meanwhile.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
from pymongo import MongoClient, UpdateOne

from tests.bench.machine import cpu_s, described, folder_bytes, own_mib, peak_mib, percentile, say
from tests.bench.news import article
from tests.bench.own_search import DATABASE, fill_record, servers
from tests.faults.processes import Service

ARTICLES = int(os.environ.get("BENCH_ARTICLES", "1000000"))
CHANGED = min(10_000, ARTICLES)

RATE_AIM, READY_AIM_S = 1500.0, 10.0
LOOK_EVERY_S = 0.5
ASK_EVERY_S = 30.0
"""From one round of questions to the next: what they take of the database is no part of the building."""
READY_WITHIN_S = 7200.0

QUESTIONS = {
    "the newest": {"page_size": "6"},
    "by filters": {"page_size": "6", "language": "kk", "topic": "rail"},
    "by words": {"page_size": "6", "q": "rail water"},
}


@dataclass
class Build:
    """What was seen of a start.

    Attributes:
        ready_s: seconds from the start of the process until it was ready.
        scan_s: of them, until the record was read; 0 where it was not read whole.
        memory_mib: the greatest memory of its own, without mapped files.
        answers: what each kind of question got: status -> how often.
        waits_s: how long the answered ones took.
    """

    ready_s: float = 0.0
    scan_s: float = 0.0
    memory_mib: float = 0.0
    answers: dict[str, Counter[int]] = field(default_factory=lambda: {kind: Counter() for kind in QUESTIONS})
    waits_s: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in QUESTIONS})


async def start(search: Service) -> Build:
    """Start search, ask it until it is ready, and tell what was seen."""
    seen, began, asked_at = Build(), time.perf_counter(), 0.0
    await search.start()
    ready = asyncio.create_task(search.ready(within_s=READY_WITHIN_S))
    async with _client(search.port) as api, _client(search.port + 100) as ops:
        while not ready.done():
            await asyncio.wait({ready}, timeout=LOOK_EVERY_S)
            seen.memory_mib = max(seen.memory_mib, own_mib(search.pid))
            with suppress(httpx2.TransportError):
                view = (await ops.get("/readyz")).json()["view"]
                say(f"{view['phase']}: {view['scanned']:,} of {view['of']:,}", again=True)
                if view["phase"] == "building":
                    seen.scan_s = time.perf_counter() - began
                    if time.perf_counter() - asked_at >= ASK_EVERY_S:
                        asked_at = time.perf_counter()
                        await _ask(api, seen)
    await ready
    seen.ready_s = time.perf_counter() - began
    return seen


async def _ask(api: httpx2.AsyncClient, seen: Build) -> None:
    for kind, parameters in QUESTIONS.items():
        began = time.perf_counter()
        status = (await api.get("/v1/search", params=parameters)).status_code
        seen.answers[kind][status] += 1
        if status == httpx2.codes.OK:
            seen.waits_s[kind].append(time.perf_counter() - began)


@asynccontextmanager
async def _client(port: int) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as client:
        yield client


def change(uri: str) -> None:
    """Give some articles a second revision, as the store would."""
    step = ARTICLES // CHANGED
    ids = [article(number, ARTICLES).id for number in range(0, CHANGED * step, step)]
    with MongoClient[dict[str, Any]](uri) as client:
        updates = [UpdateOne({"_id": one}, {"$set": {"rev": 2}}) for one in ids]
        client[DATABASE]["articles"].bulk_write(updates, ordered=False)


async def main() -> int:
    """Measure, print, and say whether the aims were kept."""
    async with AsyncExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="silkwire-bench-")))
        running = await opened.enter_async_context(servers(folder))
        said = lambda done: say(f"{done:,} articles are in the record", again=True)  # noqa: E731  one line, used once
        await asyncio.to_thread(fill_record, running.database.uri, ARTICLES, said)
        search = running.search(folder)
        opened.push_async_callback(search.close)
        say("\nfrom nothing")
        first = await start(search)
        cpu, peak = cpu_s(search.pid), peak_mib(search.pid)
        await search.stop()
        size = folder_bytes(folder / "views")
        await asyncio.to_thread(change, running.database.uri)
        say(f"\nfrom its folder, after {CHANGED:,} changes")
        second = await start(search)
        print(f"{datetime.now(UTC):%Y-%m-%d}, {described()}; {ARTICLES:,} articles of about 400 words\n")
        print(
            f"from nothing: ready after     {first.ready_s:.1f} s; {ARTICLES / first.ready_s:,.0f} articles/s"
        )
        print(f"  memory of its own, greatest {first.memory_mib:.0f} MiB; with mapped files {peak:.0f} MiB")
        print(f"  processor time              {cpu:.1f} s; {cpu / ARTICLES * 1000:.2f} ms an article")
        print(f"  the view on disk            {size / 2**20:.0f} MiB; {size / ARTICLES:.0f} bytes an article")
        for kind in QUESTIONS:
            _tell(kind, first)
        print(f"from its folder: ready after  {second.ready_s:.1f} s, having missed {CHANGED:,} changes")
        return _verdict(first, second)


def _tell(kind: str, seen: Build) -> None:
    waits = seen.waits_s[kind]
    took = f", p50 {percentile(waits, 0.5) * 1000:.0f} ms" if waits else ""
    print(f"  asked meanwhile {kind:12}: {dict(seen.answers[kind])}{took}")


def _verdict(first: Build, second: Build) -> int:
    rate = ARTICLES / first.ready_s
    aims = [
        (rate >= RATE_AIM, f"from nothing at least {RATE_AIM:,.0f} articles/s: {rate:,.0f}"),
        (
            second.ready_s < READY_AIM_S,
            f"from its folder below {READY_AIM_S:g} s: {second.ready_s:.1f}",
        ),
    ]
    for kept, what in aims:
        print(f"{'kept' if kept else 'NOT kept'}: {what}")
    return 0 if all(kept for kept, _ in aims) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
