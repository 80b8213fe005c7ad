"""Keeps observations in MongoDB, append-only: numbers as printed, days as `YYYY-MM-DD`; the one later note is "seen again"."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby

from rates.adapters.mongo_availability import available
from rates.domain.observations import Observation, SeriesKey
from shared.mongo import BulkWriteError, Collection, Document, ensure_index

_DUPLICATE_KEY = 11000
RECENT = 120
"""Observations read to derive a line: thirty sessions, were each corrected three times."""


class MongoObservationStore:
    """Observations in one collection.

    Args:
        collection: belongs to this store alone.
    """

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def prepare(self) -> None:
        """Create the indexes; safe to repeat.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        series = [("source", 1), ("series", 1)]
        pair = [("base", 1), ("quote", 1), ("session_on", -1), ("revision", -1)]
        with available():
            await ensure_index(self._collection, series + pair, name="one_per_revision", unique=True)
            await ensure_index(self._collection, [*series, ("session_on", 1)], name="by_session")

    async def of_session(self, key: SeriesKey, session_on: date) -> list[Observation]:
        """Return all revisions of all currencies of one session.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        query = {"source": key.source, "series": key.series, "session_on": session_on.isoformat()}
        with available():
            return [observation_of(document) async for document in self._collection.find(query)]

    async def append(self, observations: Sequence[Observation]) -> int:
        """Keep observations and return how many were new; those whose revision is taken are left out.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        with available():
            try:
                result = await self._collection.insert_many(
                    [_write(observation) for observation in observations], ordered=False
                )
            except BulkWriteError as error:
                faults = error.details.get("writeErrors", [])
                if any(fault.get("code") != _DUPLICATE_KEY for fault in faults):
                    raise
                return int(error.details.get("nInserted", 0))
        return len(result.inserted_ids)

    async def see_again(self, observations: Sequence[Observation], at: datetime) -> None:
        """Note of observations of one series and session that a fetch `at` showed them again; the first note stays.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        by_revision = sorted(observations, key=_revision)
        with available():
            for revision, group in groupby(by_revision, key=_revision):
                shown = list(group)
                await self._collection.update_many(
                    {
                        "source": shown[0].key.source,
                        "series": shown[0].key.series,
                        "session_on": shown[0].session_on.isoformat(),
                        "revision": revision,
                        "base": {"$in": sorted({item.base for item in shown})},
                        "quote": {"$in": sorted({item.quote for item in shown})},
                        "seen_again_at": None,
                    },
                    {"$set": {"seen_again_at": at}},
                )

    async def recent(self, key: SeriesKey, base: str, quote: str) -> list[Observation]:
        """Return the newest observations of one currency, at least its last 30 sessions with all their revisions.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        query = {"source": key.source, "series": key.series, "base": base, "quote": quote}
        newest = [("session_on", -1), ("revision", -1)]
        with available():
            cursor = self._collection.find(query).sort(newest).limit(RECENT)
            return [observation_of(document) async for document in cursor]


def _revision(observation: Observation) -> int:
    return observation.revision


def _write(observation: Observation) -> Document:
    return {
        "source": observation.key.source,
        "series": observation.key.series,
        "base": observation.base,
        "quote": observation.quote,
        "value": f"{observation.value:f}",
        "nominal": observation.nominal,
        "scale": observation.scale,
        "label_on": observation.label_on.isoformat(),
        "session_on": observation.session_on.isoformat(),
        "fetched_at": observation.fetched_at,
        "payload_sha256": observation.payload_sha256,
        "table_hash": observation.table_hash,
        "revision": observation.revision,
        "seen_again_at": observation.seen_again_at,
    }


def observation_of(document: Document) -> Observation:
    """Return an observation as it was kept."""
    return Observation(
        key=SeriesKey(document["source"], document["series"]),
        base=document["base"],
        quote=document["quote"],
        value=Decimal(document["value"]),
        nominal=document["nominal"],
        scale=document["scale"],
        label_on=date.fromisoformat(document["label_on"]),
        session_on=date.fromisoformat(document["session_on"]),
        fetched_at=document["fetched_at"],
        payload_sha256=document["payload_sha256"],
        table_hash=document["table_hash"],
        revision=document["revision"],
        seen_again_at=document.get("seen_again_at"),
    )
