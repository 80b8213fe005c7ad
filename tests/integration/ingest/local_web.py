"""A web server of a test's own: real sockets, real bytes, good and bad manners."""

import asyncio
import gzip
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

Headers = dict[str, str]


@dataclass
class Page:
    """What an address answers.

    Attributes:
        body: sent whole.
        status: the HTTP status.
        headers: beside Content-Length and Connection.
        etag: whether to send an ETag and to honour If-None-Match.
        endless: repeat the body for ever.
        drip_s: seconds between single bytes; 0 sends all at once.
        cut: claim more bytes than are sent.
    """

    body: bytes = b""
    status: int = 200
    headers: Headers = field(default_factory=dict)
    etag: bool = False
    endless: bool = False
    drip_s: float = 0
    cut: bool = False


@dataclass
class LocalWeb:
    """Pages by path; `asked` keeps every request's path and headers."""

    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[tuple[str, Headers]] = field(default_factory=list)
    port: int = 0
    under_way: int = 0
    most_under_way: int = 0
    hold: asyncio.Event | None = None

    def url(self, path: str) -> str:
        """Return the address of a page."""
        return f"http://127.0.0.1:{self.port}{path}"

    def statuses(self, path: str) -> list[bool]:
        """Return, for each request of a page, whether it was conditional."""
        return ["if-none-match" in headers for asked, headers in self.asked if asked == path]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request and close."""
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                path = head[0].split(" ")[1]
                headers = {
                    name.lower(): value for name, value in (line.split(": ", 1) for line in head[1:] if line)
                }
                self.asked.append((path, headers))
                if self.hold is not None:
                    await self.hold.wait()
                await _answer(writer, self.pages.get(path, Page(status=404)), headers)
        finally:
            self.under_way -= 1
            writer.close()


async def _answer(writer: asyncio.StreamWriter, page: Page, asked: Headers) -> None:
    headers = {"Connection": "close", **page.headers}
    if page.etag:
        headers["ETag"] = f'"{hashlib.sha256(page.body).hexdigest()[:16]}"'
    unchanged = page.etag and asked.get("if-none-match") == headers["ETag"]
    if not page.endless and not unchanged:
        headers["Content-Length"] = str(len(page.body) + (100 if page.cut else 0))
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"HTTP/1.1 {304 if unchanged else page.status} Whatever\r\n{lines}\r\n".encode("latin-1"))
    if unchanged:
        await writer.drain()
        return
    while True:
        if page.drip_s:
            for byte in page.body:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(page.drip_s)
        else:
            writer.write(page.body)
        await writer.drain()
        if not page.endless:
            return


@asynccontextmanager
async def local_web() -> AsyncIterator[LocalWeb]:
    """Serve pages on a free port of the loopback address."""
    web = LocalWeb()
    serving: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving[asyncio.create_task(web.serve(reader, writer))] = writer

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    web.port = server.sockets[0].getsockname()[1]
    try:
        yield web
    finally:
        server.close()
        for task, writer in serving.items():
            task.cancel()
            writer.transport.abort()  # a task that is cancelled before its first step closes nothing
        await asyncio.gather(*serving, return_exceptions=True)
        await server.wait_closed()


def zipped(body: bytes) -> Page:
    """Return a page of compressed bytes that says so."""
    return Page(gzip.compress(body), headers={"Content-Encoding": "gzip"})
