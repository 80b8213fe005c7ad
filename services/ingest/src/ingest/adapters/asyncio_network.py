"""Connections for httpcore2 by asyncio alone, each bounded in what one answer may take from it.

httpcore2's own backend goes through anyio, whose sockets and cancel scopes cost more than the rest of a poll of a feed
that has not changed. There are no timeouts for single reads here: a server that sends a byte every few seconds
never trips them, so a fetch has one deadline for everything.
"""

import asyncio
import ssl
from collections.abc import Iterable
from typing import Any

import httpcore2

from ingest.domain.decoding.inflate import BodyError
from ingest.domain.fetching.outcomes import Reason

SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]


class AsyncioNetwork(httpcore2.AsyncNetworkBackend):
    """Opens connections to addresses that somebody else has judged.

    Args:
        max_answer_bytes: most bytes to read between two writes: head, body, interim answers, trailers and the
            framing of chunks together. Of these only the body has a bound elsewhere.
    """

    def __init__(self, max_answer_bytes: int) -> None:
        self._max_answer_bytes = max_answer_bytes

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  the signature is httpcore2's
        local_address: str | None = None,  # noqa: ARG002  as above
        socket_options: Iterable[SocketOption] | None = None,  # noqa: ARG002  as above
    ) -> httpcore2.AsyncNetworkStream:
        """Connect to an address within `timeout` seconds.

        Raises:
            ConnectTimeout: of httpcore2, nobody answers.
            ConnectError: of httpcore2, the connection is refused.
        """
        try:
            async with asyncio.timeout(timeout):
                reader, writer = await asyncio.open_connection(host, port)
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout(f"no connection within {timeout:g} s") from error
        except OSError as error:
            raise httpcore2.ConnectError(str(error)) from error
        return _Stream(reader, writer, self._max_answer_bytes)

    async def sleep(self, seconds: float) -> None:
        """Wait, for httpcore2's own retries, which we do not use."""
        await asyncio.sleep(seconds)


class _Stream(httpcore2.AsyncNetworkStream):
    """One connection; the timeouts that httpcore2 passes are not used."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, most: int) -> None:
        self._reader = reader
        self._writer = writer
        self._most = most
        self._left = most

    async def read(
        self,
        max_bytes: int,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109  the signature is httpcore2's
    ) -> bytes:
        """Return what has come, at least a byte, or nothing at the end.

        Raises:
            BodyError: the answer is too long.
            ReadError: of httpcore2, the connection broke.
        """
        try:
            data = await self._reader.read(max_bytes)
        except OSError as error:
            raise httpcore2.ReadError(str(error)) from error
        self._left -= len(data)
        if self._left < 0:
            raise BodyError(Reason.TOO_LARGE, f"more than {self._most} bytes for one answer")
        return data

    async def write(
        self,
        buffer: bytes,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109  the signature is httpcore2's
    ) -> None:
        """Send; a new request may be answered at full length again."""
        self._left = self._most
        try:
            self._writer.write(buffer)
            await self._writer.drain()
        except OSError as error:
            raise httpcore2.WriteError(str(error)) from error

    async def aclose(self) -> None:
        """Drop the connection: whoever waited for the other side's farewell would keep a socket for it."""
        self._writer.transport.abort()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109  the signature is httpcore2's
    ) -> httpcore2.AsyncNetworkStream:
        """Go on encrypted, the certificate checked against the name.

        Raises:
            ConnectTimeout: of httpcore2, the handshake takes too long.
            ConnectError: of httpcore2, the handshake fails.
        """
        try:
            async with asyncio.timeout(timeout):
                await self._writer.start_tls(ssl_context, server_hostname=server_hostname)
        except BaseException as error:
            self._writer.transport.abort()
            if isinstance(error, TimeoutError):
                raise httpcore2.ConnectTimeout("no end of the TLS handshake") from error
            if isinstance(error, OSError):  # ssl.SSLError is one
                raise httpcore2.ConnectError(str(error)) from error
            raise
        return self

    def get_extra_info(self, info: str) -> Any:
        """Return what httpcore2 asks: whether an idle connection was closed by the other side, and the TLS object."""
        if info == "is_readable":
            return self._reader.at_eof() or self._writer.transport.is_closing()
        return self._writer.get_extra_info(info)
