"""Reads the past of one currency from the observations in MongoDB."""

from datetime import date

from rates.adapters.mongo_availability import available
from rates.adapters.mongo_observation_store import observation_of
from rates.domain.observations import Observation, SeriesKey
from shared.mongo import Database, Document

_BATCH = 10_000
"""More than thirty years of sessions: one answer of the server, in place of one per hundred documents."""


class MongoHistory:
    """The observations of a database, by the index that keeps one of each revision.

    Args:
        database: where they are.
        name: their collection, which the observation store prepares.
    """

    def __init__(self, database: Database, name: str = "observations") -> None:
        self._database = database
        self._collection = database[name]

    async def count(self) -> int:
        """Return how many observations are kept of all money.

        Without a query the server answers from what it knows of the collection, and reads neither index nor document.
        After a crash of the server that may be a few off, but it moves with every insertion all the same.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        with available():
            answer = await self._database.command({"count": self._collection.name})
        return int(answer["n"])

    async def every(self, key: SeriesKey, base: str, quote: str) -> list[Observation]:
        """Return all observations with all their revisions, in no particular order.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        with available():
            found = await self._collection.find(_of(key, base, quote)).batch_size(_BATCH).to_list(None)
        return [observation_of(document) for document in found]

    async def sessions(
        self, key: SeriesKey, base: str, quote: str, *, first_on: date, last_on: date
    ) -> set[date]:
        """Return which sessions between two days, both included, are known.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        between = {"$gte": first_on.isoformat(), "$lte": last_on.isoformat()}
        with available():
            found = await self._collection.distinct(
                "session_on", {**_of(key, base, quote), "session_on": between}
            )
        return {date.fromisoformat(day) for day in found}


def _of(key: SeriesKey, base: str, quote: str) -> Document:
    return {"source": key.source, "series": key.series, "base": base, "quote": quote}
