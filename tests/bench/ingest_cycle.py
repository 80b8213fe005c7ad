"""What a cycle over thousands of sources costs ingest: `python -m tests.bench.ingest_cycle`.

Ingest runs as a process of its own on a RabbitMQ and a MongoDB of this program's; the sources are on a local origin under
200 names (`INGEST_HOSTS_FILE`). After a first cycle, in which every feed is read whole, one cycle is measured: processor
seconds and memory of ingest's own process and its children, and whether each source had its turn. BENCH_SOURCES and
BENCH_CYCLE_S make it smaller; the rate of polls is what matters.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx2

from silkwire.backing import mongod, rabbitmq
from silkwire.backing.ports import free_port
from tests.bench.machine import cpu_s, say, shared_mib
from tests.faults.processes import Service

SOURCES = int(os.environ.get("BENCH_SOURCES", "10000"))
CYCLE_S = float(os.environ.get("BENCH_CYCLE_S", "300"))
NAMES = 200
JITTER = 0.1
"""The share by which ingest spreads its polls; a source is late when its gap is longer than that and five seconds."""

GRACE_S = 5.0


async def main() -> int:
    """Run the bench and print its table."""
    async with AsyncExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="silkwire-bench-")))
        say(
            f"{SOURCES:,} sources under {NAMES} names, a cycle of {CYCLE_S:g} s; about {CYCLE_S * 2.5 / 60:.0f} minutes"
        )
        database = await asyncio.to_thread(mongod.start, folder / "mongodb")
        opened.callback(database.stop)
        broker = await asyncio.to_thread(rabbitmq.start, folder / "rabbitmq")
        opened.callback(broker.stop)
        port = free_port()
        origin = subprocess.Popen([sys.executable, "-m", "tests.bench.many_feeds", str(port)])  # noqa: ASYNC220,S603  ours
        opened.callback(origin.wait)
        opened.callback(origin.kill)
        (folder / "hosts").write_text("".join(f"127.0.0.1 {_name(number)}\n" for number in range(NAMES)))
        (folder / "sources.opml").write_text(_sources(port))
        own_port = free_port(100)
        ingest = Service(
            "ingest",
            "ingest",
            own_port,
            {
                "MONGODB_URI": database.uri,
                "AMQP_URL": broker.url,
                "INGEST_PORT": str(own_port),
                "INGEST_SOURCES": str(folder / "sources.opml"),
                "INGEST_HOSTS_FILE": str(folder / "hosts"),
                "INGEST_ALLOW_PRIVATE_ADDRESSES": "true",
                "INGEST_MIN_INTERVAL_S": "1",
            },
            folder,
        )
        await ingest.start()
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as asking:
            return await _measure(ingest, asking)


async def _measure(ingest: Service, asking: httpx2.AsyncClient) -> int:
    began = time.monotonic()
    while (done := len((await _counts(asking))["asked"])) < SOURCES:
        say(f"{time.monotonic() - began:5.0f} s: {done:,} sources read for the first time", again=True)
        await asyncio.sleep(2)
    warm_s = time.monotonic() - began
    # The second turn of the first sources comes in the middle of all this; what is measured is a whole cycle after it.
    await asyncio.sleep(max(0.0, CYCLE_S * 1.1 - warm_s))
    await asking.get("/mark")
    cpu_before_s, began = cpu_s(ingest.pid), time.monotonic()
    peak = 0.0
    while (passed := time.monotonic() - began) < CYCLE_S:
        say(f"measuring: {passed:5.0f} of {CYCLE_S:g} s", again=True)
        peak = max(peak, shared_mib(ingest.pid))
        await asyncio.sleep(1)
    spent_s = cpu_s(ingest.pid) - cpu_before_s
    counts = await _counts(asking)
    polls, bound_s = sum(counts["asked"].values()), CYCLE_S * (1 + JITTER) + GRACE_S
    rows = [
        ("first reading of all sources", f"{warm_s:.0f} s"),
        ("polls in the measured cycle", f"{polls:,} of {len(counts['asked']):,} sources"),
        ("of them with something new", f"{counts['changed']:,}"),
        (
            "longest time between two polls of one source",
            f"{counts['longest_gap_s']:.0f} s (at most {bound_s:.0f})",
        ),
        (
            "processor time of ingest",
            f"{spent_s:.1f} s in {CYCLE_S:g} s; {1000 * spent_s / polls:.2f} ms a poll",
        ),
        (f"... for {SOURCES:,} polls", f"{spent_s / polls * SOURCES:.1f} s"),
        ("memory of ingest, its greatest", f"{peak:.0f} MiB"),
    ]
    say("")
    for name, value in rows:
        print(f"{name:46} {value}")
    held = counts["longest_gap_s"] <= bound_s and len(counts["asked"]) >= SOURCES * (1 - JITTER)
    print(f"the cycle is {'held' if held else 'NOT held'}")
    await ingest.stop()
    return 0 if held else 1


async def _counts(asking: httpx2.AsyncClient) -> dict[str, Any]:
    answer: dict[str, Any] = (await asking.get("/counts")).json()
    return answer


def _sources(port: int) -> str:
    rows = "".join(
        f'<outline text="Feed {number}" outlet="outlet{number}.example" interval="{CYCLE_S:g}" '
        f'xmlUrl="http://{_name(number % NAMES)}:{port}/feeds/{number}.xml"/>\n'
        for number in range(SOURCES)
    )
    return f'<opml version="2.0"><body>{rows}</body></opml>'


def _name(number: int) -> str:
    return f"site{number}.example"


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
