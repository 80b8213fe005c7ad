"""Waiting until a part answers, and until the page shows what it should."""

import asyncio
from typing import Any

import httpx2

from silkwire.progress import Step

LOOK_S = 0.2


def client() -> httpx2.AsyncClient:
    """A client for this machine's own services; a proxy that the environment names has no part in that."""
    return httpx2.AsyncClient(trust_env=False, timeout=5)


async def answers(http: httpx2.AsyncClient, address: str) -> None:
    """Waits until a GET of `address` succeeds."""
    while True:
        try:
            if (await http.get(address)).is_success:
                return
        except httpx2.HTTPError:
            pass
        await asyncio.sleep(LOOK_S)


async def shows(http: httpx2.AsyncClient, address: str, step: Step, *, articles: int, pairs: int) -> None:
    """Waits until the public feed has so many articles and ticker entries."""
    while True:
        feed = await _feed(http, address)
        if feed is not None:
            found = int(feed["results"]["total"])
            ticker = len(feed["ticker"])
            step.note(f"{found} of {articles} articles indexed, {ticker} of {pairs} rates in the ticker")
            if found >= articles and ticker >= pairs:
                step.note(f"page: {found} articles indexed, {ticker} rates in the ticker")
                return
        await asyncio.sleep(LOOK_S)


async def _feed(http: httpx2.AsyncClient, address: str) -> dict[str, Any] | None:
    try:
        response = await http.get(f"{address}/api/v1/feed", params={"page_size": 1})
        feed: dict[str, Any] = response.json()
    except (httpx2.HTTPError, ValueError):
        return None
    return feed if response.is_success and "results" in feed and "ticker" in feed else None
