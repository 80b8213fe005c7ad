"""What hostile queries cost everybody else: `python -m tests.bench.search_hostile` (BENCH_ARTICLES, BENCH_SECONDS).

A process of its own serves search's API over a view of generated articles. Plain queries are asked at an even pace, first
alone, then while HOSTILE_CLIENTS others ask what they can think of, each HOSTILE_PAUSE_S after its last answer.
"""

import asyncio
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from statistics import quantiles

import httpx2
import uvloop
from prometheus_client import CollectorRegistry

from search.adapters.bounded_index import BoundedIndex, Limits
from search.adapters.free_memory import collect_seldom
from search.adapters.helper_process import open_helper
from search.adapters.tantivy_view import TantivyView
from search.adapters.walking_index import WalkingIndex
from search.api.routes import make_router
from search.app import SWITCH_INTERVAL_S
from search.domain.article import Article
from search.metrics import Metrics
from shared.clock import SystemClock
from shared.web import create_api, serve
from silkwire.backing.ports import free_port
from tests.bench.machine import say
from tests.suites.article_builders import a_source, an_article
from tests.suites.memory_articles import MemoryArticles, MemoryWalks

ARTICLES = int(os.environ.get("BENCH_ARTICLES", "50000"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "20"))
HOST = "127.0.0.1"
PER_SECOND = 40
HOSTILE_CLIENTS = 4
HOSTILE_PAUSE_S = 0.05
MOST_TIMES = 2.0
WORDS = 30_000
TEXT_WORDS = 200

PLAIN = (
    "wa",
    "wab wac",
    '"wab wac"',
    "wad -wae",
    "waf OR wag",
    "title:wab",
    "source:s3 wah",
    "wai waj wak",
    "zz",
)
HOSTILE = (
    "word " * 2000,
    " OR ".join(f"w{number}" for number in range(1000)),
    " OR ".join(_name for _name in ("wab", "wac", "wad", "wae", "waf", "wag", "wah", "wai") * 17),
    "wa* wb* wc* wd*",
    "wa* OR wb* OR wc* OR wd* -we*",
    "-wa -wb -wc",
    "(" * 400 + "wab" + ")" * 400,
    "((a+)+)+$ .*.* [a-z]{1000}",
    '"wab wac wad wae waf wag wah wai waj wak"',
    "".join(chr(code) for code in range(0x400, 0x10000, 71) if not 0xD800 <= code <= 0xDFFF),
)
EXTRAS = (
    "",
    "&sort=relevance&page_size=100&highlights=true",
    "&facets=source,topic,day&match=any",
    "&page=100&page_size=100",
)


def name(rank: int) -> str:
    """Return a word of the vocabulary: the most frequent have the shortest names."""
    letters = ""
    while True:
        letters = chr(ord("a") + rank % 26) + letters
        rank = rank // 26 - 1
        if rank < 0:
            return f"w{letters}"


def generated(count: int) -> Iterator[Article]:
    """Yield articles whose words are as unevenly frequent as those of news; the same every time."""
    chance = random.Random(6)  # noqa: S311  not a secret
    names = [name(rank) for rank in range(WORDS)]
    weights = [1 / (rank + 2) for rank in range(WORDS)]
    cumulated = list(accumulate(weights))
    now = datetime.now(UTC)
    for number in range(count):
        words = chance.choices(names, cum_weights=cumulated, k=TEXT_WORDS)
        source = f"s{number % 40}"
        yield an_article(
            f"n{number:07}",
            published_at=now - timedelta(minutes=number),
            title=" ".join(words[:8]),
            text=" ".join(words),
            source=a_source(id=source, name=source),
            topics=(f"t{number % 300}",),
        )


async def serve_search(folder: Path, port: int) -> None:
    """Serve until killed."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    collect_seldom()
    view = TantivyView(folder, 128 * 1024 * 1024)
    await view.open()
    limits, metrics = Limits(), Metrics(CollectorRegistry())
    index = BoundedIndex(WalkingIndex(view, MemoryWalks()), limits, metrics)
    api = create_api("Search", "", registry=CollectorRegistry())
    async with open_helper(limits, metrics) as helper:
        api.include_router(make_router(index, MemoryArticles(), SystemClock(), helper.do))
        await serve(api, HOST, port, asyncio.Event(), drain_s=1)


async def build(folder: Path) -> None:
    """Make the view."""
    view = TantivyView(folder, 128 * 1024 * 1024)
    await view.open()
    batch: list[Article] = []
    for article in generated(ARTICLES):
        batch.append(replace(article, html=""))
        if len(batch) == 5000:
            await view.load(batch, replace=False)
            batch = []
    await view.load(batch, replace=False)
    await view.commit()
    await view.close()


async def ask_plainly(client: httpx2.AsyncClient, seconds: float) -> list[float]:
    """Ask at an even pace, and return how many seconds each answer took from the moment it was due."""
    # Not the loop's own time: uvloop counts whole milliseconds.
    took, asking, begun = list[float](), list[asyncio.Task[None]](), time.perf_counter()

    async def one(q: str, due: float) -> None:
        response = await client.get("/v1/search", params={"q": q})
        assert response.status_code == 200, response.text
        took.append(time.perf_counter() - due)

    for number in range(int(seconds * PER_SECOND)):
        due = begun + number / PER_SECOND
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        asking.append(asyncio.create_task(one(PLAIN[number % len(PLAIN)], due)))
    await asyncio.gather(*asking)
    return took


async def ask_hostilely(client: httpx2.AsyncClient) -> int:
    """Ask until SIGTERM comes, then print how often each status came; 0 where none was a failure of ours."""
    statuses: Counter[int] = Counter()

    async def one(first: int) -> None:
        number = first
        while True:
            q, extra = HOSTILE[number % len(HOSTILE)], EXTRAS[number // len(HOSTILE) % len(EXTRAS)]
            response = await client.get(f"/v1/search?{httpx2.QueryParams({'q': q})}{extra}")
            statuses[response.status_code] += 1
            say(f"hostile ones answered: {dict(statuses)}", again=True)
            number += 1
            await asyncio.sleep(HOSTILE_PAUSE_S)

    asking = asyncio.ensure_future(asyncio.gather(*(one(start * 7) for start in range(HOSTILE_CLIENTS))))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asking.cancel)
    with suppress(asyncio.CancelledError):
        await asking
    told = ", ".join(f"{status} {count:,} times" for status, count in sorted(statuses.items()))
    print(f"hostile ones were answered: {told}", flush=True)
    return 1 if statuses[500] else 0


async def _process(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.search_hostile", *arguments
    )


def _told(label: str, took: list[float]) -> float:
    p99 = quantiles(took, n=100)[98] * 1000
    print(
        f"{label:<22} {len(took):>5} answers   p50 {quantiles(took, n=2)[0] * 1000:6.2f} ms   p99 {p99:6.2f} ms"
    )
    return p99


async def measure() -> int:
    """Print both measurements and the verdict; 0 when it is kept."""
    with tempfile.TemporaryDirectory() as made:
        folder, port = Path(made) / "index", free_port()
        begun = time.perf_counter()
        await build(folder)
        print(f"{ARTICLES} articles in {time.perf_counter() - begun:.0f} s")
        server = await _process("serve", str(folder), str(port))
        hostile = None
        try:
            async with httpx2.AsyncClient(base_url=f"http://{HOST}:{port}", timeout=30) as client:
                while True:
                    try:
                        await ask_plainly(client, 2)
                        break
                    except httpx2.ConnectError:
                        await asyncio.sleep(0.2)
                alone = _told("plain queries alone", await ask_plainly(client, SECONDS))
                hostile = await _process("hostile", str(port))
                await ask_plainly(client, 2)
                beside = _told("beside hostile ones", await ask_plainly(client, SECONDS))
        finally:
            for process in (hostile, server):
                if process is not None:
                    process.terminate()
                    await process.wait()
    kept = beside <= MOST_TIMES * alone
    sound = hostile.returncode == 0
    print(f"\np99 {beside / alone:.2f} times (at most {MOST_TIMES}): {'kept' if kept else 'NOT KEPT'}")
    print(f"no answer of 500: {'kept' if sound else 'NOT KEPT'}")
    return 0 if kept and sound else 1


async def main(arguments: list[str]) -> int:
    """Measure, or be one of the processes that measuring needs."""
    match arguments:
        case ["serve", folder, port]:
            await serve_search(Path(folder), int(port))
        case ["hostile", port]:
            async with httpx2.AsyncClient(base_url=f"http://{HOST}:{port}", timeout=30) as client:
                return await ask_hostilely(client)
        case _:
            return await measure()
    return 0


if __name__ == "__main__":
    # As the services do: without uvloop an answer waits 40 ms for the client to acknowledge its head.
    sys.exit(uvloop.run(main(sys.argv[1:])))
