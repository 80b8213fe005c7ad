"""What the tests that kill processes share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.suites.counted_newsroom import CountedNewsroom, counted_newsroom


@pytest_asyncio.fixture
async def room(tmp_path: Path) -> AsyncIterator[CountedNewsroom]:
    (folder := tmp_path / "newsroom").mkdir()
    async with counted_newsroom(folder) as room:
        yield room
