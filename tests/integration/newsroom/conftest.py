"""Serves the newsroom on a port of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from shared.testing.eventually import eventually
from silkwire.backing.ports import free_port
from silkwire.newsroom import serve_newsroom

Serve = Callable[..., AbstractAsyncContextManager[httpx2.AsyncClient]]


@asynccontextmanager
async def serving(
    folder: Path, *, port: int, arrivals_every_s: float = 0
) -> AsyncIterator[httpx2.AsyncClient]:
    stop = asyncio.Event()
    task = asyncio.create_task(
        serve_newsroom(
            "127.0.0.1", port, stop, folder, arrivals_every_s=arrivals_every_s, control=arrivals_every_s == 0
        )
    )
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        await eventually(lambda: answers(client, task), within_s=60, what="the newsroom's answer")
        yield client
    stop.set()
    await task


async def answers(client: httpx2.AsyncClient, task: asyncio.Task[None]) -> bool:
    if task.done():
        await task
    try:
        return (await client.get("/sources.opml")).is_success
    except httpx2.TransportError:
        return False


@pytest.fixture
def serve(tmp_path: Path) -> Serve:
    """Starts the newsroom on this test's folder and port; again and again if wanted."""
    port = free_port(100)

    def start(*, arrivals_every_s: float = 0) -> AbstractAsyncContextManager[httpx2.AsyncClient]:
        return serving(tmp_path / "newsroom", port=port, arrivals_every_s=arrivals_every_s)

    return start
