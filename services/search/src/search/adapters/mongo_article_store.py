"""The record: every article in MongoDB, stored idempotently by revision before its event is acknowledged."""

import asyncio
import uuid
from collections.abc import Sequence

import structlog

from search.adapters.mongo_documents import (
    ARTICLES,
    LIVE,
    WITHOUT_INTERNALS,
    UnreadableDocumentError,
    change_from,
    update_for,
)
from search.adapters.mongo_history import pushed, revisions_from
from search.adapters.mongo_migration import META, migrate
from search.domain.article import Article, Change, Withdrawal
from search.domain.revision import FIRST_REV, Revision
from search.ports import IndexUnavailableError, Record, Saved, Told
from shared.bus.errors import DependencyDown
from shared.clock import Clock
from shared.mongo import (
    BulkWriteError,
    Database,
    Document,
    InsertOne,
    MongoUnavailableError,
    UpdateOne,
    translate,
)
from shared.outbox import bucket_of, entries

DEPENDENCY = "mongodb"

_log = structlog.get_logger()

MOST_TOLD = 100
"""Articles of a story that are listed."""

_DUPLICATE_KEY = 11000

_Write = InsertOne[Document] | UpdateOne


class MongoArticleStore:
    """Articles by revision, and the event that announces each until it has been said.

    Args:
        database: search's own.
        clock: dates what is stored.
        words: version of the analysis by which the words of articles are to be searched in MongoDB; None for not at all.
    """

    def __init__(self, database: Database, clock: Clock, *, words: str | None = None) -> None:
        self._database = database
        self._articles = database[ARTICLES]
        self._meta = database[META]
        self._clock = clock
        self._words = words

    async def prepare(self) -> str:
        """Make what is missing of indexes and words; return the id of this store, which a view remembers.

        Raises:
            MongoUnavailableError: MongoDB does not answer now.
        """
        await migrate(self._database, words=self._words)
        with translate():
            await self._meta.update_one(
                {"_id": "store"}, {"$setOnInsert": {"uuid": uuid.uuid4().hex}}, upsert=True
            )
            found = await self._meta.find_one({"_id": "store"})
        return str(found["uuid"]) if found else ""

    async def save(self, records: Sequence[Record]) -> Saved:
        """Store changes durably; safe to repeat, in any order: the highest revision of an article wins.

        Raises:
            DependencyDown: MongoDB does not answer now; some of the batch may have been stored.
        """
        latest: dict[str, Record] = {}
        histories: dict[str, list[Revision]] = {}
        for record in records:
            if record.revision is not None:
                histories.setdefault(record.change.id, []).append(record.revision)
            known = latest.get(record.change.id)
            if known is None or known.change.rev < record.change.rev:
                latest[record.change.id] = record
        # Sketching a full batch takes a tenth of a second: not on the loop that answers requests.
        writes = await asyncio.to_thread(
            lambda: [self._write(record, histories.get(record.change.id, [])) for record in latest.values()]
        )
        try:
            with translate():
                stored = await self._write_all(writes)
        except MongoUnavailableError as error:
            raise DependencyDown(DEPENDENCY) from error
        return Saved(stored=stored, older=len(records) - stored)

    async def get(self, article_id: str) -> Change | None:
        """Return an article whole, its withdrawal, or None when it was never heard of or cannot be read.

        Raises:
            IndexUnavailableError: MongoDB does not answer now.
        """
        try:
            with translate():
                found = await self._articles.find_one(
                    {"_id": article_id}, {"terms": 0, "pending": 0, "words": 0}
                )
        except MongoUnavailableError as error:
            raise IndexUnavailableError from error
        return None if found is None else _read(found)

    async def telling(self, story: str | None) -> Told:
        """Return who tells a story; nobody, for None.

        Raises:
            IndexUnavailableError: MongoDB does not answer now.
        """
        if story is None:
            return Told()
        told = {"story": story, "state": LIVE}
        try:
            with translate():
                size = await self._articles.count_documents(told)
                cursor = self._articles.find(told, {**WITHOUT_INTERNALS, "text": 0, "summary": 0})
                cursor = cursor.sort([("first_seen_at", 1), ("_id", 1)]).limit(MOST_TOLD)
                found = [_read(document) for document in await cursor.to_list(MOST_TOLD)]
        except MongoUnavailableError as error:
            raise IndexUnavailableError from error
        return Told(size, tuple(one for one in found if isinstance(one, Article)))

    async def revisions(self, article_id: str) -> Sequence[Revision]:
        """Return the revisions of an article, newest first; none of one that was withdrawn or never heard of.

        Raises:
            IndexUnavailableError: MongoDB does not answer now.
        """
        try:
            with translate():
                found = await self._articles.find_one({"_id": article_id}, {"history": 1})
        except MongoUnavailableError as error:
            raise IndexUnavailableError from error
        return revisions_from(found or {})

    def _write(self, record: Record, history: Sequence[Revision]) -> _Write:
        """Return the write that stores a revision over a lower one.

        Where the stored one is as high or higher, the filter finds nothing, the upsert tries to insert, and the
        duplicate `_id` says so. A pending announcement of a lower revision is replaced: only the highest matters,
        and a withdrawal must leave no text behind.
        """
        change = record.change
        update = update_for(change, words=self._words)
        update["$set"] |= {
            "stored_at": self._clock.now(),
            "bucket": bucket_of(change.id),
            "pending": entries(record.announcement),
        }
        if not isinstance(change, Withdrawal):
            remembered = pushed(history)
            if change.rev == FIRST_REV:
                # There is no lower one to store it over, and an insert costs MongoDB half of an upsert.
                return InsertOne({"_id": change.id, **update["$set"], "history": remembered["$each"]})
            update["$push"] = {"history": remembered}
        update["$unset"]["refused"] = ""
        return UpdateOne({"_id": change.id, "rev": {"$lt": change.rev}}, update, upsert=True)

    async def _write_all(self, writes: Sequence[_Write]) -> int:
        """Write all, and return how many were news."""
        try:
            result = await self._articles.bulk_write(writes, ordered=False)
        except BulkWriteError as error:
            done, faults = error.details, error.details.get("writeErrors", [])
            if done.get("writeConcernErrors") or any(fault["code"] != _DUPLICATE_KEY for fault in faults):
                raise
            return int(done["nInserted"]) + int(done["nMatched"]) + int(done["nUpserted"])
        return result.inserted_count + result.matched_count + result.upserted_count


def _read(document: Document) -> Change | None:
    """Return what a document says, or None when it cannot be read."""
    try:
        return change_from(document)
    except UnreadableDocumentError as error:
        _log.error("record_document_unreadable", article_id=str(error), outcome="not_found")
        return None
