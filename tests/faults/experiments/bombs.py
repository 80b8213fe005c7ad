"""Feeds that inflate, repeat or lie about their length (E25)."""

import asyncio
import gzip
import os
import re
import time
import zlib
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ingest.domain.fetching.outcomes import Failed, Fetched, Reason, Validators
from tests.faults.catalogue import experiment
from tests.faults.hostile import Desk, Loopback, path_of, served
from tests.faults.oracle import Tally
from tests.faults.report import Figure, Result
from tests.faults.rig import Plan
from tests.suites.ingest_fakes import rss

MIB = 1024 * 1024


@dataclass(frozen=True)
class Bomb:
    """A body that is more than it seems.

    Attributes:
        head: header lines beside the status.
        body: pieces to send, in order.
        ends: what the fetch must come to; None for a body that is let in.
    """

    head: bytes
    body: tuple[bytes, ...]
    ends: frozenset[Reason] | None


GZIP = b"Content-Encoding: gzip\r\n"


def _ten_gibibytes() -> tuple[bytes, ...]:
    """One deflated block of zeros, again and again: 10 MB that inflate to 10 GiB, without having to deflate them."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    head = packer.compress(b"<rss>") + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(10 * MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    return (head, *[block] * 1024)


def _bombs() -> Mapping[str, Bomb]:
    packed = gzip.compress(bytes(300 * MIB), 9)
    empty = gzip.compress(b"")
    too_large, bad = frozenset({Reason.TOO_LARGE}), frozenset({Reason.BAD_ENCODING})
    feed = rss([("https://a.kg/1", "One")])
    return {
        "10 MB that are 10 GiB": Bomb(GZIP, _ten_gibibytes(), too_large),
        "the same, said to be nothing": Bomb(b"", (packed,), too_large),
        "gzip in gzip": Bomb(GZIP, (gzip.compress(packed, 9),), bad),
        "gzip in gzip that says so": Bomb(b"Content-Encoding: gzip, gzip\r\n", (gzip.compress(packed),), bad),
        "240,000 empty members": Bomb(GZIP, (empty * 240_000,), bad),
        "brotli": Bomb(b"Content-Encoding: br\r\n", (b"\x8b" * MIB,), bad),
        "zstd": Bomb(b"Content-Encoding: zstd\r\n", (b"\x28\xb5\x2f\xfd" * 1000,), bad),
        "a length of 100 GB": Bomb(b"Content-Length: 100000000000\r\n", (b"x" * MIB,) * 50, too_large),
        "a length that is none": Bomb(b"Content-Length: -5\r\n", (feed,), frozenset({Reason.PROTOCOL})),
        "a length longer than the body": Bomb(b"Content-Length: 9000\r\n", (feed,), frozenset({Reason.PROTOCOL})),
        "a length shorter than the body": Bomb(b"Content-Length: 50\r\n", (feed,), None),
        "20 MiB of chunks": Bomb(b"Transfer-Encoding: chunked\r\n", (b"100000\r\n" + b"x" * MIB + b"\r\n",) * 20, too_large),
        "the largest that is let in": Bomb(GZIP, (gzip.compress(os.urandom(4 * MIB) + bytes(11 * MIB - 1)),), None),
    }  # fmt: skip


@experiment(
    "E25",
    "bombs: 10 MB that are 10 GiB, gzip in gzip, empty members, encodings unasked, wrong lengths",
    alone=True,
)
async def bombs(plan: Plan) -> Result:
    """Fetch one after the other, watching memory, processor time and the event loop."""
    plan.say("making bombs")
    made = await asyncio.to_thread(_bombs)
    names = list(made)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path, _head = await path_of(reader)
        bomb = made[names[int(path.strip("/"))]]
        writer.write(b"HTTP/1.1 200 OK\r\n" + bomb.head + b"Connection: close\r\n\r\n")
        for piece in bomb.body:
            for start in range(0, len(piece), 64 * 1024):
                writer.write(piece[start : start + 64 * 1024])
                await writer.drain()
        writer.close()

    wrong: list[str] = []
    worst_cpu_s, worst_held_s, peak = 0.0, 0.0, 0
    async with served(answer) as port:
        desk = Desk(Loopback(), allow_private=True)
        await desk.fetcher.fetch(f"http://127.0.0.1:{port}/{names.index('brotli')}", Validators())
        before = _memory("VmRSS")
        for number, name in enumerate(names):
            plan.say(name)
            url = f"http://127.0.0.1:{port}/{number}"
            seen = await _measured(desk.fetcher.fetch(url, Validators()))
            worst_cpu_s = max(worst_cpu_s, seen.cpu_s)
            worst_held_s = max(worst_held_s, seen.held_s)
            peak = max(peak, seen.peak_bytes)
            ends, came = made[name].ends, seen.came
            right = (
                isinstance(came, Fetched)
                if ends is None
                else isinstance(came, Failed) and came.reason in ends
            )
            if not right:
                wrong.append(f"{name}: {str(came)[:200]}")
        await desk.close()
    if wrong:
        raise AssertionError("; ".join(wrong))
    return Result(
        Tally(len(names), 0, 0, 0, 0),
        0,
        0,
        (
            Figure("bombs, each ended as it must", len(names), at_least=13),
            Figure(
                "memory at its peak, beyond what it was before the first",
                (peak - before) / MIB,
                "MiB",
                at_most=40,
            ),
            Figure("most processor time that one took, its server's included", worst_cpu_s, "s", at_most=1),
            Figure(
                "longest that the event loop was held", worst_held_s * 1000, "ms", at_most=plan.bound(100)
            ),
        ),
    )


@dataclass(frozen=True)
class Measured:
    """What a fetch came to and took: processor seconds, those in one piece, and the process's memory at its peak."""

    came: object
    cpu_s: float
    held_s: float
    peak_bytes: int


async def _measured(work: Awaitable[object]) -> Measured:
    held_s = 0.0

    async def feel() -> None:
        """Measure how much the loop's thread worked between two of its turns.

        By the clock on the wall, other programs on the machine would count as well.
        """
        nonlocal held_s
        last = time.thread_time()
        while True:
            await asyncio.sleep(0)
            now = time.thread_time()
            held_s, last = max(held_s, now - last), now

    feeling = asyncio.create_task(feel())
    Path("/proc/self/clear_refs").write_text(
        "5", encoding="ascii"
    )  # sets the peak back to what is in use now
    began = time.process_time()
    came = await work
    cpu_s, peak = time.process_time() - began, _memory("VmHWM")
    feeling.cancel()
    await asyncio.gather(feeling, return_exceptions=True)
    return Measured(came, cpu_s, held_s, peak)


def _memory(name: str) -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(rf"^{name}:\s+(\d+) kB", status, re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024
