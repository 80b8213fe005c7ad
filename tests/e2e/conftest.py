"""What the tests of the whole system share."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from silkwire import newsroom
from silkwire.backing.process import free_port
from tests.suites.counted_newsroom import CountedNewsroom


@pytest_asyncio.fixture
async def room(tmp_path: Path) -> AsyncIterator[CountedNewsroom]:
    port, stop = free_port(), asyncio.Event()
    folder = tmp_path / "newsroom"
    folder.mkdir()
    serving = asyncio.create_task(
        newsroom.serve_newsroom("127.0.0.1", port, stop, folder, arrivals_every_s=0, control=True)
    )
    counted = CountedNewsroom(f"http://127.0.0.1:{port}")
    yield counted
    await counted.http.aclose()
    stop.set()
    await serving
