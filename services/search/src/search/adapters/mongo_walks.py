"""Orders by relevance that readers are on their way through: collection `walks`, ids of articles and nothing else."""

from collections.abc import Sequence

from search.ports import IndexUnavailableError
from shared.clock import Clock
from shared.mongo import Database, MongoUnavailableError, translate

WALKS = "walks"

KEPT_S = 900
"""Seconds an order is kept after it was fixed."""

SHARED_S = 60
"""Seconds within which an order of the same name is the same: who asks for one again and again must not fill the disk."""


class MongoWalks:
    """Keeps orders in MongoDB, where every replica finds them.

    Args:
        database: search's own.
        clock: dates them.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._walks = database[WALKS]
        self._clock = clock

    async def prepare(self) -> None:
        """Create the index by which MongoDB forgets old orders; safe to repeat.

        Raises:
            MongoUnavailableError: MongoDB does not answer now.
        """
        with translate():
            await self._walks.create_index([("at", 1)], name="age", expireAfterSeconds=KEPT_S)

    async def keep(self, name: str, ids: Sequence[str]) -> str:
        """Keep an order, unless one of this name was kept in this minute, and return the id to read it by.

        Raises:
            IndexUnavailableError: MongoDB does not answer now.
        """
        now = self._clock.now()
        walk_id = f"{name}{int(now.timestamp()) // SHARED_S:x}"
        try:
            with translate():
                # What is there already, somebody may be reading.
                new = {"$setOnInsert": {"at": now, "ids": list(ids)}}
                await self._walks.update_one({"_id": walk_id}, new, upsert=True)
        except MongoUnavailableError as error:
            raise IndexUnavailableError from error
        return walk_id

    async def read(self, walk_id: str, place: int, count: int) -> Sequence[str] | None:
        """Return so many ids from a place on, none behind the last one; None where the order is no longer kept.

        Raises:
            IndexUnavailableError: MongoDB does not answer now.
        """
        try:
            with translate():
                found = await self._walks.find_one({"_id": walk_id}, {"ids": {"$slice": [place, count]}})
        except MongoUnavailableError as error:
            raise IndexUnavailableError from error
        return None if found is None else [str(one) for one in found["ids"]]
