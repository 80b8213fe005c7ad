"""A newsroom of a test's own, which publishes and edits when told to and knows what it published."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2

from silkwire import newsroom
from silkwire.backing.ports import free_port


class CountedNewsroom:
    """A newsroom of this test, which can be told to publish and knows what it published."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx2.AsyncClient(base_url=url, trust_env=False, timeout=30)

    async def publish(self, count: int) -> None:
        """Publish so many more numbered articles."""
        (await self.http.post("/_control/publish", json={"count": count})).raise_for_status()

    async def articles(self) -> list[dict[str, Any]]:
        """Every article there is: id, source, title, text."""
        found: list[dict[str, Any]] = (await self.http.get("/_control/articles")).json()
        return found

    async def edit(self, source: str, guid: str, title: str) -> None:
        """Give an article a new title."""
        wanted = {"source": source, "guid": guid, "title": title}
        (await self.http.post("/_control/edit", json=wanted)).raise_for_status()

    async def titles(self) -> Counter[str]:
        """The titles of the numbered articles."""
        return Counter(
            article["title"]
            for article in await self.articles()
            if article["title"].startswith("Numbered notice")
        )


@asynccontextmanager
async def counted_newsroom(folder: Path) -> AsyncIterator[CountedNewsroom]:
    """Serve a newsroom whose data lie in a folder, which is there."""
    port, stop = free_port(), asyncio.Event()
    serving = asyncio.create_task(
        newsroom.serve_newsroom("127.0.0.1", port, stop, folder, arrivals_every_s=0, control=True)
    )
    counted = CountedNewsroom(f"http://127.0.0.1:{port}")
    yield counted
    await counted.http.aclose()
    stop.set()
    await serving


def opml_of(room: CountedNewsroom, folder: Path) -> Path:
    """The newsroom's sources, polled as fast as can be."""
    path = folder / "sources.opml"
    path.write_text(re.sub(r' interval="[^"]*"', "", newsroom.opml(room.url)), encoding="utf-8")
    return path


def quick(room: CountedNewsroom) -> dict[str, str]:
    """Settings that make polls and take-overs quick, so that kills fall into the middle of work."""
    return {
        "INGEST_ALLOW_PRIVATE_ADDRESSES": "true",
        "INGEST_DEFAULT_INTERVAL_S": "1",
        "INGEST_MIN_INTERVAL_S": "1",
        "INGEST_MAX_INTERVAL_S": "1",
        "INGEST_HOST_GAP_S": "0",
        "INGEST_LEASE_S": "5",
        **{f"RATES_{bank}_URL": room.url for bank in ("NBK", "NBKR", "NBT", "CBU")},
    }
