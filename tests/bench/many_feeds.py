"""A cheap origin with thousands of feeds under hundreds of names, as a process of its own: it is not what is measured.

python -m tests.bench.many_feeds PORT. `/feeds/N.xml` answers a conditional GET with 304, and in 2 of 100 cases with one
entry more. `/mark` starts the counting anew; `/counts` gives, as JSON, how often each feed was asked since then, how many
answers were new, and the longest time between two requests for one feed, in seconds, requests before the mark included.
"""

import asyncio
import json
import random
import sys
import time
from datetime import UTC, datetime
from email.utils import format_datetime

ENTRIES = 5
CHANGED_SHARE = 0.02
_TEXT = (
    "Бишкектин борбордук аянтында жаңы китепкана ачылды, анда окурмандар үчүн үч тилде китептер бар. " * 12
)


class Feeds:
    """What the origin knows of its feeds."""

    def __init__(self) -> None:
        self.versions: dict[str, int] = {}
        self.asked_at: dict[str, float] = {}
        self.mark()

    def mark(self) -> None:
        """Begin to count anew."""
        self.asked: dict[str, int] = {}
        self.changed = 0
        self.longest_gap_s = 0.0

    def answer(self, path: str, etag: str | None) -> bytes:
        """Return the whole answer to a request for a feed."""
        now = time.monotonic()
        if path in self.asked_at:
            self.longest_gap_s = max(self.longest_gap_s, now - self.asked_at[path])
        self.asked_at[path] = now
        self.asked[path] = self.asked.get(path, 0) + 1
        version = self.versions.setdefault(path, ENTRIES)
        if etag == f'"{version}"':
            if random.random() >= CHANGED_SHARE:  # noqa: S311  a bench, no secret
                return f'HTTP/1.1 304 Not Modified\r\nETag: "{version}"\r\n\r\n'.encode()
            version = self.versions[path] = version + 1
        self.changed += 1
        body = _feed(path, version).encode()
        head = f'HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nETag: "{version}"\r\nContent-Length: {len(body)}'
        return f"{head}\r\n\r\n".encode() + body

    def counts(self) -> bytes:
        """Return the counts as JSON."""
        counts = {"asked": self.asked, "changed": self.changed, "longest_gap_s": self.longest_gap_s}
        return json.dumps(counts).encode()


def _feed(path: str, version: int) -> str:
    date = format_datetime(datetime.now(UTC))
    items = "".join(
        f"<item><title>{path} жаңылык {number}</title><link>https://news.example{path}/{number}</link>"
        f"<guid>https://news.example{path}/{number}</guid><pubDate>{date}</pubDate>"
        f"<description>{number} {_TEXT}</description></item>"
        for number in range(version, max(0, version - ENTRIES), -1)
    )
    return f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>{path}</title>{items}</channel></rss>'


class _Connection(asyncio.Protocol):
    """Answers one keep-alive connection."""

    def __init__(self, feeds: Feeds) -> None:
        self._feeds = feeds
        self._got = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._got += data
        while b"\r\n\r\n" in self._got:
            head, _, self._got = self._got.partition(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            path = lines[0].split(" ")[1]
            etag = next(
                (line[15:].strip() for line in lines if line.lower().startswith("if-none-match:")), None
            )
            assert self._transport is not None
            self._transport.write(self._answer(path, etag))

    def _answer(self, path: str, etag: str | None) -> bytes:
        if path.startswith("/feeds/"):
            return self._feeds.answer(path, etag)
        if path == "/mark":
            self._feeds.mark()
        body = self._feeds.counts()
        return f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


async def main(port: int) -> None:
    """Serve until the process is ended."""
    feeds = Feeds()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(feeds), "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
