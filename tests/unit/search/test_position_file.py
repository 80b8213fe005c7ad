"""A position that is being saved is saved, or not, before anybody goes on."""

import asyncio
import os
import threading
from pathlib import Path

import pytest

from search.adapters.position_file import Position, PositionFile


def position(number: int) -> Position:
    """Return the position behind a change."""
    return Position("1", "store", {"_data": f"{number}"}, (number, 0))


async def test_whoever_removes_it_after_a_saving_that_was_given_up_finds_it_removed_for_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A view that is begun anew behind a position of the old one would miss articles for good."""
    begun, may_end = threading.Event(), threading.Event()
    fsync = os.fsync

    def slow(descriptor: int) -> None:
        begun.set()
        may_end.wait(10)
        fsync(descriptor)

    file = PositionFile(tmp_path / "position.json")
    monkeypatch.setattr(os, "fsync", slow)
    keeping = asyncio.create_task(file.keep(position(1)))
    await asyncio.to_thread(begun.wait, 10)
    keeping.cancel()
    ended, _ = await asyncio.wait([keeping], timeout=0.2)
    may_end.set()
    assert not ended
    with pytest.raises(asyncio.CancelledError):
        await keeping
    file.remove()
    assert file.load() is None
