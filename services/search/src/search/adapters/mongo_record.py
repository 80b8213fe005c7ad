"""Reads the record for a view: its time, its articles page by page or by id, and how it changes."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import structlog

from search.adapters.mongo_documents import (
    ARTICLES,
    LIVE,
    WITHOUT_INTERNALS,
    UnreadableDocumentError,
    change_from,
)
from search.domain.article import Change
from shared.mongo import Database, Document, Timestamp, settled_time, translate, watch

_log = structlog.get_logger()

_AWAIT_MS = 500
_STREAM_BATCH = 500

ENDS = frozenset({"drop", "rename", "dropDatabase", "invalidate"})
"""What ends a stream of changes for good."""

_PIPELINE: list[Document] = [
    {
        "$match": {
            "$or": [
                {"operationType": {"$in": ["insert", "replace", "delete", *sorted(ENDS)]}},
                # An announcement that was said changes a document too, but nothing that a view shows.
                {"updateDescription.updatedFields.rev": {"$exists": True}},
                # Which story an article tells is found out afterwards, without a new revision.
                {"updateDescription.updatedFields.story": {"$exists": True}},
            ]
        }
    },
    {
        "$project": {
            "documentKey": 1,
            "operationType": 1,
            "clusterTime": 1,
            "updateDescription.updatedFields.rev": 1,
        }
    },
]


class MongoRecord:
    """The record as a view reads it. Everything raises MongoUnavailableError while MongoDB does not answer.

    Args:
        database: search's own.
    """

    def __init__(self, database: Database) -> None:
        self._articles = database[ARTICLES]

    async def time(self) -> Timestamp:
        """Return the record's time now; what was stored before has none above it, and what will be a higher one.

        Raises:
            RuntimeError: MongoDB is not a replica set.
        """
        return await settled_time(self._articles)

    async def size(self) -> int:
        """Return how many articles are live."""
        with translate():
            return await self._articles.count_documents({"state": LIVE})

    async def page(self, behind: str, limit: int) -> list[Document]:
        """Return the next live articles, oldest first, behind a place of `place_of`; from the first on where it is none.

        They lie on the disk nearly in that order. By their ids, which are hashes, each would be read from another place.
        """
        key, _, article_id = behind.partition(":")
        condition: dict[str, Any] = {"state": LIVE, "key": {"$gte": 0}}
        if article_id and key.isdecimal():
            same = {"state": LIVE, "key": int(key), "_id": {"$lt": article_id}}
            condition = {"$or": [{"state": LIVE, "key": {"$gt": int(key)}}, same]}
        return await self._read(condition, [("key", 1), ("_id", -1)], limit)

    async def by_ids(self, ids: Sequence[str]) -> list[Document]:
        """Return what is known of these articles."""
        return await self._read({"_id": {"$in": sorted(ids)}}, [("_id", 1)], len(ids))

    @asynccontextmanager
    async def changes(self, token: dict[str, Any] | None, since: Timestamp) -> AsyncIterator[Any]:
        """Open the stream of changes behind a token, or from a time on; it is silent for half a second at most.

        Raises:
            ChangeStreamLostError: what changed since then is no longer known.
        """
        options: dict[str, Any] = {"max_await_time_ms": _AWAIT_MS, "batch_size": _STREAM_BATCH}
        if token is not None:
            options["resume_after"] = token
        else:
            options["start_at_operation_time"] = since
        async with watch(self._articles, _PIPELINE, **options) as stream:
            yield stream

    async def _read(self, condition: Document, order: list[tuple[str, int]], limit: int) -> list[Document]:
        with translate():
            found = self._articles.find(condition, WITHOUT_INTERNALS).sort(order).limit(limit)
            # All in one reply, where there is room: a first one holds 101 otherwise.
            cursor = found.batch_size(max(limit, 1))
            return await cursor.to_list(limit)


def place_of(document: Document) -> str:
    """Return the place of a live article in the order in which pages are read."""
    return f"{document['key']}:{document['_id']}"


def readable(documents: Sequence[Document]) -> list[Change]:
    """Leave out what cannot be read: one odd document must not keep all others from being found."""
    changes = []
    for document in documents:
        try:
            changes.append(change_from(document))
        except UnreadableDocumentError as error:
            _log.error("record_document_unreadable", article_id=str(error), outcome="skipped")
    return changes
