"""A bank on a local port, with good days and bad ones; it speaks plain HTTP/1.1 and notes what it was asked."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Behaviour = Callable[[asyncio.StreamWriter], Awaitable[None]]


def answer(body: bytes, *, status: str = "200 OK", headers: str = "") -> Behaviour:
    """Answer with a whole body."""

    async def behave(writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{headers}\r\n"
        writer.write(head.encode() + body)

    return behave


async def endless(writer: asyncio.StreamWriter) -> None:
    """Send rates without an end."""
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<rates>")
    while True:
        writer.write(b"<item></item>" * 1000)
        await writer.drain()


async def silent(writer: asyncio.StreamWriter) -> None:
    """Take the request and say nothing."""
    await writer.drain()
    await asyncio.Event().wait()


async def cut(writer: asyncio.StreamWriter) -> None:
    """Promise more than is sent."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nConnection: close\r\n\r\n<rates>")


async def hang_up(writer: asyncio.StreamWriter) -> None:
    """Close the connection without a word."""
    writer.close()


class BankServer:
    """Answers 404 except where a test said otherwise; `otherwise` is asked for paths that nothing was put at."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.asked: list[str] = []
        self.headers: list[str] = []
        self.otherwise: Callable[[str], Behaviour] = lambda _target: answer(
            b"not here", status="404 Not Found"
        )
        self._behaviours: dict[str, Behaviour] = {}

    def put(self, path: str, behaviour: Behaviour | bytes) -> None:
        """Behave so at a path (with its query) from now on; bytes are answered with status 200."""
        self._behaviours[path] = answer(behaviour) if isinstance(behaviour, bytes) else behaviour

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's one request."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            target = head.split(" ", 2)[1]
            self.asked.append(target)
            self.headers.append(head)
            behave = self._behaviours.get(target) or self.otherwise(target)
            await behave(writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()


@asynccontextmanager
async def bank_server() -> AsyncIterator[BankServer]:
    """Serve on a free port of this machine."""
    tasks: set[asyncio.Task[None]] = set()
    bank = BankServer("")

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(bank.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    bank.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield bank
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
