"""How a replica of search starts with many articles: `python -m tests.bench.search_cold_start`.

The record is filled with BENCH_ARTICLES (1,000,000). Search, a process of its own, then starts three times: from nothing,
while questions of three kinds are asked of it every half minute, and twice from its folder, each time after 10,000 articles
have changed meanwhile: with the folder's files in the system's memory, as where the service alone is restarted, and with
none of them there, as where other work has taken that memory meanwhile; how much of them is there is printed. Before these
what the building left is written out, and the machine rests for BENCH_REST_S (120): a replica that restarts has not been
built in that minute, and memory that was just freed comes back slowly.
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

REST_S = float(os.environ.get("BENCH_REST_S", "120"))

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


def change(uri: str, rev: int) -> None:
    """Give some articles a further revision, as the store would."""
    step = ARTICLES // CHANGED
    ids = [article(number, ARTICLES).id for number in range(0, CHANGED * step, step)]
    with MongoClient[dict[str, Any]](uri) as client:
        updates = [UpdateOne({"_id": one}, {"$set": {"rev": rev}}) for one in ids]
        client[DATABASE]["articles"].bulk_write(updates, ordered=False)


def keep_in_memory(folder: Path) -> None:
    """Read all files of a folder, so that the system has them in its memory."""
    for file in _files(folder):
        with file.open("rb") as opened:
            while opened.read(1 << 20):
                pass


def put_out_of_memory(folder: Path) -> None:
    """Have the system forget what it holds of the files of a folder, which are on the disk."""
    for file in _files(folder):
        with file.open("rb") as opened:
            os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def share_in_memory(folder: Path) -> float:
    """Return the share of a folder's files that the system has in its memory, by a page of each 1 MiB."""
    there = []
    for file in _files(folder):
        with file.open("rb") as opened:
            for place in range(0, file.stat().st_size, 1 << 20):
                try:
                    there.append(os.preadv(opened.fileno(), [bytearray(1)], place, os.RWF_NOWAIT))
                except BlockingIOError:
                    there.append(0)
    return sum(there) / len(there)


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


PREPARED = {"in memory": keep_in_memory, "on the disk": put_out_of_memory}
"""Where the files of a replica's folder are that starts from it, and what brings them there."""


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
        say(f"\nrests for {REST_S:g} s")
        await asyncio.to_thread(os.sync)
        await asyncio.sleep(REST_S)
        again = {}
        for rev, (kind, prepare) in enumerate(PREPARED.items(), 2):
            await asyncio.to_thread(change, running.database.uri, rev)
            await asyncio.to_thread(os.sync)
            await asyncio.to_thread(prepare, folder / "views")
            share = await asyncio.to_thread(share_in_memory, folder / "views")
            say(f"\nfrom its folder, {kind} ({share:.0%} of it in memory), after {CHANGED:,} changes")
            again[kind] = await start(search)
            assert (await search.stop()).code == 0
        print(f"{datetime.now(UTC):%Y-%m-%d}, {described()}; {ARTICLES:,} articles of about 400 words\n")
        print(
            f"from nothing: ready after     {first.ready_s:.1f} s; {ARTICLES / first.ready_s:,.0f} articles/s"
        )
        print(f"  memory of its own, greatest {first.memory_mib:.0f} MiB; with mapped files {peak:.0f} MiB")
        print(f"  processor time              {cpu:.1f} s; {cpu / ARTICLES * 1000:.2f} ms an article")
        print(f"  the view on disk            {size / 2**20:.0f} MiB; {size / ARTICLES:.0f} bytes an article")
        for kind in QUESTIONS:
            _tell(kind, first)
        for kind, seen in again.items():
            print(
                f"from its folder, {kind}: ready after {seen.ready_s:.1f} s, having missed {CHANGED:,} changes"
            )
        return _verdict(first, again)


def _tell(kind: str, seen: Build) -> None:
    waits = seen.waits_s[kind]
    took = f", p50 {percentile(waits, 0.5) * 1000:.0f} ms" if waits else ""
    print(f"  asked meanwhile {kind:12}: {dict(seen.answers[kind])}{took}")


def _verdict(first: Build, again: dict[str, Build]) -> int:
    rate = ARTICLES / first.ready_s
    aims = [(rate >= RATE_AIM, f"from nothing at least {RATE_AIM:,.0f} articles/s: {rate:,.0f}")]
    for kind, seen in again.items():
        aim = f"from its folder, {kind}, below {READY_AIM_S:g} s: {seen.ready_s:.1f}"
        aims.append((seen.ready_s < READY_AIM_S, aim))
    for kept, what in aims:
        print(f"{'kept' if kept else 'NOT kept'}: {what}")
    return 0 if all(kept for kept, _ in aims) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
