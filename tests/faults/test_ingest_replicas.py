"""Several ingest processes share the sources: counted at the origin while one is killed and another comes."""

import asyncio
import os
import signal
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest

from shared.testing.eventually import eventually
from silkwire.backing.ports import free_port
from tests.faults.processes import Service

pytestmark = [pytest.mark.timeout(240), pytest.mark.rabbitmq, pytest.mark.mongodb]

SOURCES = 60
INTERVAL_S = 4.0
ANSWER_S = 0.5
"""How long the origin takes, so that at any moment some sources are in hand."""

JITTER = 0.1
FIRST_JITTER = 0.5
TAKE_OVER_S = 30.0
FEED = b"<rss version='2.0'><channel><title>One</title><item><title>a</title><link>https://a.kg/1</link></item></channel></rss>"


@dataclass
class Asked:
    """Requests for one source.

    Attributes:
        at: when each began, in monotonic seconds.
        open: how many are under way.
        by: which replica asked last, by the User-Agent of the test's settings.
        doubled: when a request began while another was under way.
    """

    at: list[float] = field(default_factory=list)
    open: int = 0
    by: str = ""
    doubled: list[float] = field(default_factory=list)


@asynccontextmanager
async def origin() -> AsyncIterator[tuple[int, dict[str, Asked]]]:
    """Serve the feeds, slowly; give the port and what was asked, by path."""
    asked: dict[str, Asked] = defaultdict(Asked)
    answering: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        answering.add(task)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                source = asked[head.split(b" ")[1].decode()]
                source.by = _user_agent(head)
                await _answer(source, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            writer.close()
        finally:
            answering.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], asked
    finally:
        server.close()
        for task in answering:
            task.cancel()


def _user_agent(head: bytes) -> str:
    fields = dict(line.lower().split(b": ", 1) for line in head.splitlines()[1:] if b": " in line)
    return fields[b"user-agent"].decode()


async def _answer(source: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    source.at.append(time.monotonic())
    if source.open:
        source.doubled.append(time.monotonic())
    source.open += 1
    # A client that dies while it waits ends the stream.
    gone = asyncio.create_task(_ended(reader))
    await asyncio.wait({gone}, timeout=ANSWER_S)
    source.open -= 1
    if gone.done():
        raise ConnectionError
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(FEED), FEED))
    await writer.drain()


async def _ended(reader: asyncio.StreamReader) -> None:
    while not reader.at_eof():
        await reader._wait_for_data("replica test")  # type: ignore[attr-defined]  # the one way to look without taking


def replica(number: int, folder: Path, servers: tuple[str, str], port: int) -> Service:
    """Make one ingest process with the settings that it has by default, but for the interval."""
    (folder / "hosts").write_text("".join(f"127.0.0.1 site{at}.example\n" for at in range(SOURCES)))
    rows = "".join(
        f'<outline text="{at}" outlet="o{at}" interval="{INTERVAL_S:g}" xmlUrl="http://site{at}.example:{port}/{at}"/>'
        for at in range(SOURCES)
    )
    (folder / "sources.opml").write_text(f'<opml version="2.0"><body>{rows}</body></opml>')
    own_port = free_port(100)
    settings = {
        "MONGODB_URI": servers[0],
        "INGEST_MONGODB_DATABASE": "replicas",
        "AMQP_URL": servers[1],
        "INGEST_HOST": "127.0.0.1",
        "INGEST_PORT": str(own_port),
        "INGEST_SOURCES": str(folder / "sources.opml"),
        "INGEST_HOSTS_FILE": str(folder / "hosts"),
        "INGEST_ALLOW_PRIVATE_ADDRESSES": "true",
        "INGEST_MIN_INTERVAL_S": "1",
        "INGEST_USER_AGENT": f"ingest-{number}",
    }
    return Service(f"ingest-{number}", "ingest", own_port, settings, folder)


async def test_each_source_is_fetched_once_an_interval_whichever_replicas_live(
    tmp_path: Path, mongodb_uri: str, amqp_url: str
) -> None:
    """Three share the work, one is killed, one comes; nobody fetches twice and nothing waits for longer than 30 s."""
    async with AsyncExitStack() as closing, origin() as (port, asked):
        replicas = [replica(number, tmp_path, (mongodb_uri, amqp_url), port) for number in range(4)]
        for service in replicas:
            closing.push_async_callback(service.close)
        for living in replicas[:3]:
            await living.start()
        await _polled(asked, 4)
        await _busy(asked, replicas[0].name)
        in_hand = [path for path, one in asked.items() if one.open and one.by == replicas[0].name]
        killed_at = time.monotonic()
        os.kill(replicas[0].pid, signal.SIGKILL)
        await replicas[3].start()
        await _polled(asked, 4, since=killed_at)
        for living in replicas[1:]:
            assert (await living.stop()).code == 0
    assert in_hand, "the one that was killed had nothing in hand"
    assert [at - killed_at for one in asked.values() for at in one.doubled] == []
    for path, one in asked.items():
        gaps = [after - before for before, after in pairwise(one.at)]
        across = [after - before for before, after in pairwise(one.at) if before <= killed_at < after]
        assert max(across) <= TAKE_OVER_S + INTERVAL_S * (1 + JITTER), path
        # After the first reading alone a source is asked up to half an interval sooner, so that sources part.
        assert gaps[0] >= INTERVAL_S * (1 - FIRST_JITTER), path
        assert min(gaps[1:]) >= INTERVAL_S * (1 - JITTER), path


async def _polled(asked: dict[str, Asked], times: int, since: float = 0.0) -> None:
    """Wait until every source was asked so often."""

    async def enough() -> bool:
        return len(asked) == SOURCES and all(
            sum(at > since for at in one.at) >= times for one in asked.values()
        )

    await eventually(enough, within_s=90, every_s=0.1, what=f"{times} polls of every source")


async def _busy(asked: dict[str, Asked], name: str) -> None:
    """Wait until a replica has a source in hand, and for a while yet."""

    async def busy() -> bool:
        lately = time.monotonic() - ANSWER_S / 2
        return any(one.open and one.by == name and one.at[-1] > lately for one in asked.values())

    await eventually(busy, within_s=30, every_s=0.01, what=f"a request of {name} under way")
