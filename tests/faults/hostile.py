"""A web that means harm, and ingest's own fetcher and updates on it, with every connection watched.

Everything is in one process: the stores are those in memory, since no broker and no database has a part in these
faults. What stands for the public internet is an address that is really public, and that the network here leads to a
server on the loopback address; whatever else is dialled is dialled indeed, and seen by the interpreter's audit hook.
"""

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

import httpcore2
from prometheus_client import CollectorRegistry

from ingest.adapters.asyncio_network import AsyncioNetwork, SocketOption
from ingest.adapters.httpcore2_guard import Names
from ingest.adapters.httpx2_fetcher import Httpx2Fetcher, Limits
from ingest.domain.rhythm.schedule import Pace
from ingest.domain.sources.source import Source
from ingest.metrics import Metrics
from ingest.pipeline.storing import Storing
from ingest.pipeline.update import SourceUpdate
from shared.clock import SystemClock
from tests.suites.ingest_fakes import MemoryItemStore, MemorySourceStore, PlainReader
from tests.suites.ingest_stores import claimed, source

PUBLIC = "93.184.215.14"
"""Stands for the public internet; no packet is ever sent there."""

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Watch:
    """Sees every connection that Python's own sockets open in this thread, by the audit hook `socket.connect`.

    Args:
        allowed: ports of the loopback address that stand for public servers.
    """

    def __init__(self, allowed: Iterable[int]) -> None:
        self._allowed = {("127.0.0.1", port) for port in allowed}
        self._thread = threading.get_ident()
        self.seen: list[str] = []

    def __enter__(self) -> Self:
        if not _HOOKED:
            sys.addaudithook(_hook)  # for ever: there is no way to take one away
            _HOOKED.append(True)
        _WATCHES.append(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _WATCHES.remove(self)

    def note(self, address: object) -> None:
        """Take down a connection that goes elsewhere than it may."""
        known = isinstance(address, tuple) and tuple(address[:2]) in self._allowed
        if threading.get_ident() == self._thread and not known:
            self.seen.append(str(address))


_WATCHES: list[Watch] = []
_HOOKED: list[bool] = []


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        for watch in _WATCHES:
            watch.note(arguments[1])


class StandIn(httpcore2.AsyncNetworkBackend):
    """A network on which the public address is a server of ours; every other address is itself.

    Args:
        port: of the server, on the loopback address.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._network = AsyncioNetwork(8 * 1024 * 1024)
        self.dialled: list[str] = []

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  the signature is httpcore2's
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect, and remember what was dialled."""
        self.dialled.append(host)
        where = ("127.0.0.1", self._port) if host == PUBLIC else (host, port)
        return await self._network.connect_tcp(
            *where, timeout=timeout, local_address=local_address, socket_options=socket_options
        )

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._network.sleep(seconds)


class Loopback:
    """All names are here."""

    async def addresses(self, host: str) -> tuple[str, ...]:
        """Return the loopback address."""
        del host
        await asyncio.sleep(0)
        return ("127.0.0.1",)


class Desk:
    """Ingest's updates over its own fetcher, on stores in memory.

    Args:
        names: where hosts are.
        allow_private: True takes the guard away.
        network: opens connections.
        deadline_s: of a fetch.
        concurrency: connections at once.
    """

    def __init__(
        self,
        names: Names,
        *,
        allow_private: bool = False,
        network: httpcore2.AsyncNetworkBackend | None = None,
        deadline_s: float = 20,
        concurrency: int = 80,
    ) -> None:
        self.clock = SystemClock()
        self.registry = CollectorRegistry()
        self.metrics = Metrics(self.registry)
        self.sources = MemorySourceStore(self.clock)
        self.items = MemoryItemStore()
        self.fetcher = Httpx2Fetcher(
            names,
            clock=self.clock,
            user_agent="Silkwire/0.1 (fault runner)",
            allow_private=allow_private,
            concurrency=concurrency,
            limits=Limits(deadline_s=deadline_s, patience_s=deadline_s),
            network=network,
        )
        self.update = SourceUpdate(
            fetcher=self.fetcher,
            reader=PlainReader(),
            sources=self.sources,
            storing=Storing(
                items=self.items,
                sources=self.sources,
                clock=self.clock,
                metrics=self.metrics,
                published=lambda: None,
            ),
            clock=self.clock,
            pace=Pace(1, 0.2, 1),
            metrics=self.metrics,
            deadline_s=deadline_s * 2.7,
        )

    async def poll(self, urls: Sequence[str]) -> None:
        """Poll each address once, one after the other."""
        await self.sources.seed([source_at(number, url) for number, url in enumerate(urls)])
        for _ in urls:
            await self.update(await claimed(self.sources))

    def failed(self, *reasons: str) -> int:
        """Return how many polls failed for one of these reasons, by the metric."""
        counts = (self.registry.get_sample_value("ingest_failures_total", {"reason": one}) for one in reasons)
        return round(sum(count or 0 for count in counts))

    async def close(self) -> None:
        """Close all connections."""
        await self.fetcher.close()


def source_at(number: int, url: str, interval_s: float | None = 3600) -> Source:
    """Return a source with a feed at this address."""
    return replace(source(f"source-{number}"), url=url, interval_s=interval_s)


@asynccontextmanager
async def served(answer: Serve, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[int]:
    """Serve connections until the end of the block; yields the port."""
    under_way: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        under_way.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await answer(reader, writer)
                if writer.is_closing():
                    # What was written is still to be sent: what follows would drop it.
                    await writer.wait_closed()
        finally:
            under_way.discard(task)
            writer.transport.abort()

    server = await asyncio.start_server(serve, host, port, backlog=512)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in list(under_way):
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


async def path_of(reader: asyncio.StreamReader) -> tuple[str, bytes]:
    """Read the head of a request; return its path and the whole head."""
    head = await reader.readuntil(b"\r\n\r\n")
    return head.split(b" ", 2)[1].decode("ascii"), head
