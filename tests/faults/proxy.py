"""A TCP proxy that can hurt a connection in the ways networks do; between the services and a server."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

Kind = Literal["pass", "blackhole", "reset", "half-open", "latency", "slow", "cut"]
"""
pass       hand everything on
blackhole  take connections and bytes, hand nothing on, say nothing
reset      end every connection by a reset, old ones and new ones
half-open  the server's side ends, the client's side stays open and silent
latency    hand on after a delay
slow       hand on at a bounded rate
cut        reset each connection once so many bytes have come from the server, in the middle of a frame
"""

_CHUNK = 16 * 1024


@dataclass(frozen=True, slots=True)
class Mode:
    """How the proxy behaves now.

    Attributes:
        kind: see `Kind`.
        delay_s: of `latency`, each way.
        rate_bytes_s: of `slow`, each way and connection.
        cut_after_bytes: of `cut`.
    """

    kind: Kind = "pass"
    delay_s: float = 0.0
    rate_bytes_s: int = 0
    cut_after_bytes: int = 0


PASS = Mode()


class Proxy:
    """Listens on a port of 127.0.0.1 and hands on to another.

    Args:
        port: of the server behind it.
        host: of the server behind it.
    """

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self._target = (host, port)
        self._mode = PASS
        self._changed = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._pairs: dict[asyncio.Task[None], tuple[asyncio.StreamWriter, ...]] = {}
        self.port = 0
        self.accepted = 0

    async def start(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def set(self, mode: Mode) -> None:
        """Behave so from now on, on the connections there are as well."""
        self._mode = mode
        self._changed.set()
        self._changed = asyncio.Event()
        if mode.kind == "reset":
            for writers in self._pairs.values():
                for writer in writers:
                    _reset(writer)
        elif mode.kind == "half-open":
            for _client, *upstream in self._pairs.values():
                for writer in upstream:
                    _reset(writer)

    async def close(self) -> None:
        """Stop listening and end every connection."""
        if self._server is not None:
            self._server.close()
        for task in list(self._pairs):
            task.cancel()
        await asyncio.gather(*self._pairs, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        task = asyncio.current_task()
        assert task is not None
        if self._mode.kind == "reset":
            _reset(writer)
            return
        self._pairs[task] = (writer,)
        try:
            await self._pass_on(reader, writer, task)
        finally:
            for end in self._pairs.pop(task):
                end.close()

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, task: asyncio.Task[None]
    ) -> None:
        try:
            upstream, behind = await asyncio.open_connection(*self._target)
        except OSError:
            _reset(writer)
            return
        self._pairs[task] = (writer, behind)
        outward = self._pump(reader, behind, counted=False)
        inward = self._pump(upstream, writer, counted=True)
        ways = [asyncio.create_task(self._guard(pump, writer)) for pump in (outward, inward)]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _guard(self, pump: Awaitable[None], client: asyncio.StreamWriter) -> None:
        """Run one direction; while half-open, its end is kept from the client."""
        with suppress(OSError, RuntimeError):  # the second is uvloop's word for a transport that is closed
            await pump
        while self._mode.kind in {"half-open", "blackhole"} and not client.is_closing():
            await self._changed.wait()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, counted: bool
    ) -> None:
        handed_on = 0
        while data := await reader.read(_CHUNK):
            mode = self._mode
            while mode.kind in {"blackhole", "half-open"}:
                await self._changed.wait()
                mode = self._mode
            if mode.kind == "latency":
                await asyncio.sleep(mode.delay_s)
            elif mode.kind == "slow":
                await asyncio.sleep(len(data) / mode.rate_bytes_s)
            elif mode.kind == "cut" and counted and handed_on + len(data) >= mode.cut_after_bytes:
                writer.write(data[: max(0, mode.cut_after_bytes - handed_on)])
                await writer.drain()
                _reset(writer)
                return
            writer.write(data)
            await writer.drain()
            handed_on += len(data)


def _reset(writer: asyncio.StreamWriter) -> None:
    """End a connection by a reset instead of a goodbye."""
    connection: socket.socket | None = writer.get_extra_info("socket")
    if connection is not None:
        with suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport = writer.transport
    close: Callable[[], None] = transport.abort
    close()
