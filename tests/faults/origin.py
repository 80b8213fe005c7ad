"""A fake origin: numbered items with numbered versions, in RSS feeds on several ports; it knows what it served."""

import asyncio
import hashlib
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from xml.sax.saxutils import escape

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from shared.web.server import serve
from silkwire.backing.ports import free_port
from tests.faults.oracle import Served

PORTS = 8
"""Ingest polls at most two sources of one host and port at a time."""

_FIRST_AT = datetime(2026, 6, 1, tzinfo=UTC)
_WORDS = (
    "caravan",
    "bridge",
    "valley",
    "market",
    "water",
    "railway",
    "pasture",
    "harvest",
    "ledger",
    "summit",
)


def title_of(item: int, version: int) -> str:
    """Give the title of an item's version."""
    return f"Numbered item {item} in version {version}"


def text_of(item: int, version: int) -> str:
    """Give the text of an item's version."""
    said = " ".join(_WORDS[(item + place * version) % len(_WORDS)] for place in range(60))
    return f"Item item{item}x says: {said}. This is its version {version}."


def digest_of(title: str, text: str) -> str:
    """Give a digest of what a reader sees."""
    return hashlib.sha256(f"{title}\n{' '.join(text.split())}".encode()).hexdigest()


def _truth(item: int, versions: int, last: int) -> Served:
    return Served(versions, digest_of(title_of(item, last), text_of(item, last)))


def dated(item: int) -> str:
    """Give the publication time of an item, as its feed prints it."""
    return format_datetime(_FIRST_AT + timedelta(seconds=item))


Dated = Callable[[int], str]
"""What a feed prints as the publication time of an item; empty where it prints none."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request for a feed.

    Attributes:
        began: when it came, by the monotonic clock, in seconds.
        ended: when it was answered.
    """

    began: float
    ended: float


class Feed:
    """One source: a window of items, newest first."""

    def __init__(self, window: int | None) -> None:
        self.items: deque[int] = deque(maxlen=window)
        self.fetches = 0
        self.asks: list[Ask] = []
        self.unseen = asyncio.Event()

    def offer(self, item: int) -> None:
        """Put an item on top."""
        self.items.appendleft(item)
        self.unseen.clear()


class Origin:
    """All feeds together.

    Args:
        feeds: how many sources.
        window: how many items a source shows; None for all.
        dates: what is printed as the time of an item.
        answer_s: seconds that an answer takes.
        moved: numbers of feeds that have moved for good, as their old address says.
    """

    def __init__(
        self,
        feeds: int,
        window: int | None = None,
        *,
        dates: Dated = dated,
        answer_s: float = 0.0,
        moved: Sequence[int] = (),
    ) -> None:
        self.feeds = [Feed(window) for _ in range(feeds)]
        self.seen_at: dict[int, datetime] = {}
        """When each item was served first, by the right clock."""
        self._dates = dates
        self._answer_s = answer_s
        self._moved = frozenset(moved)
        self._versions: dict[int, int] = {}
        self._served: dict[int, set[int]] = {}
        self._ports: list[int] = []

    def publish(self, count: int) -> None:
        """Offer so many new items, spread over the feeds."""
        for _ in range(count):
            item = len(self._versions)
            self._versions[item] = 1
            self.feeds[item % len(self.feeds)].offer(item)

    def revise(self, items: Sequence[int]) -> None:
        """Give these items a new version."""
        for item in items:
            self._versions[item] += 1

    def served(self) -> dict[str, Served]:
        """Return what was served, by the last part of an item's address."""
        return {
            str(item): _truth(item, len(versions), max(versions)) for item, versions in self._served.items()
        }

    def everything(self) -> dict[str, Served]:
        """Return what is stored once the last version of every item was seen."""
        return {str(item): _truth(item, version, version) for item, version in self._versions.items()}

    @property
    def offered(self) -> int:
        """How many items there are."""
        return len(self._versions)

    def address(self, number: int) -> str:
        """Return where a feed is looked for."""
        way = "moved" if number in self._moved else "feed"
        return f"http://127.0.0.1:{self._ports[number % PORTS]}/{way}/{number}"

    def opml(self) -> str:
        """Return the list of sources."""
        rows = "\n".join(
            f'<outline type="rss" id="feed-{number}" text="Feed {number}" outlet="outlet-{number}.example"'
            f' language="en" rights="full" xmlUrl="{self.address(number)}"/>'
            for number in range(len(self.feeds))
        )
        return f'<opml version="2.0"><head><title>origin</title></head><body>\n{rows}\n</body></opml>\n'

    async def open(self, opened: AsyncExitStack) -> None:
        """Serve until `opened` is closed."""
        app = Starlette(
            routes=[Route("/feed/{number:int}", self._answer), Route("/moved/{number:int}", _onward)]
        )
        stop = asyncio.Event()
        self._ports = [free_port() for _ in range(PORTS)]
        serving = [
            asyncio.create_task(serve(app, "127.0.0.1", port, stop, drain_s=1)) for port in self._ports
        ]

        async def close() -> None:
            stop.set()
            await asyncio.gather(*serving, return_exceptions=True)

        opened.push_async_callback(close)

    async def _answer(self, request: Request) -> Response:
        number, began = int(request.path_params["number"]), time.monotonic()
        feed = self.feeds[number]
        if self._answer_s:
            await asyncio.sleep(self._answer_s)
        feed.asks.append(Ask(began, time.monotonic()))
        shown = [(item, self._versions[item]) for item in feed.items]
        body = _rss(number, shown, self._dates)
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        feed.fetches += 1
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers={"ETag": tag})
        for item, version in shown:
            self._served.setdefault(item, set()).add(version)
            self.seen_at.setdefault(item, datetime.now(UTC))
        feed.unseen.set()
        return Response(body, media_type="application/rss+xml", headers={"ETag": tag})


async def _onward(request: Request) -> Response:
    return RedirectResponse(f"/feed/{request.path_params['number']}", status_code=301)


def _rss(number: int, shown: Sequence[tuple[int, int]], dates: Dated) -> bytes:
    items = "".join(
        f"<item><title>{escape(title_of(item, version))}</title>"
        f"<link>https://outlet-{number}.example/items/{item}</link>"
        f'<guid isPermaLink="false">urn:item:{item}</guid>'
        f"<pubDate>{dates(item)}</pubDate>"
        f"<description>{escape(text_of(item, version))}</description></item>"
        for item, version in shown
    )
    head = f"<title>Feed {number}</title><link>https://outlet-{number}.example/</link><description>-</description>"
    return f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>{head}{items}</channel></rss>'.encode()
