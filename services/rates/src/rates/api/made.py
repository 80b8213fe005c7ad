"""Keeps what takes long to make, and makes it anew in the background when what it follows from has changed."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")
Version = TypeVar("Version")

PATIENCE_S = 1.0
"""Who asks waits so long for the new one, and then gets the one before: while a backfill goes on, each is out of date at
once, and a reader behind the gateway has three seconds."""


class Made(Generic[Key, Version, Value]):
    """Things by key, each of one version.

    Args:
        make: makes one; may take seconds.
        most: how many are kept; the one not asked for longest goes.
        patience_s: how long one of the version before is held back for.
    """

    def __init__(
        self, make: Callable[[Key, Version], Awaitable[Value]], *, most: int, patience_s: float = PATIENCE_S
    ) -> None:
        self._make = make
        self._most = most
        self._patience_s = patience_s
        self._kept: OrderedDict[Key, tuple[Version, Value]] = OrderedDict()
        self._making: dict[Key, asyncio.Task[Value]] = {}

    async def get(self, key: Key, version: Version) -> Value:
        """Return it as of a version, or of the one before where that would take long; who stops waiting ends nothing.

        Raises what `make` raises.
        """
        kept = self._kept.get(key)
        if kept is not None and kept[0] == version:
            self._kept.move_to_end(key)
            return kept[1]
        task = self._begun(key, version)
        if kept is None:
            return await asyncio.shield(task)
        done, _ = await asyncio.wait({task}, timeout=self._patience_s)
        return task.result() if done else kept[1]

    async def newest(self, key: Key, version: Version) -> Value:
        """Return it as of a version or later, however long that takes; raises what `make` raises."""
        running = self._making.get(key)
        if running is not None:
            # It was begun before the version was looked at, perhaps.
            await asyncio.wait({running})
        kept = self._kept.get(key)
        if kept is not None and kept[0] == version:
            return kept[1]
        return await asyncio.shield(self._begun(key, version))

    def _begun(self, key: Key, version: Version) -> asyncio.Task[Value]:
        task = self._making.get(key)
        if task is None:
            task = self._making[key] = asyncio.create_task(self._made(key, version))
            task.add_done_callback(lambda ended: self._ended(key, ended))
        return task

    async def _made(self, key: Key, version: Version) -> Value:
        value = await self._make(key, version)
        self._kept[key] = version, value
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return value

    def _ended(self, key: Key, task: asyncio.Task[Value]) -> None:
        del self._making[key]
        if not task.cancelled():
            task.exception()  # Told to whoever waits; nobody may.
