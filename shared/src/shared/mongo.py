"""The only file that names the MongoDB driver: motor by default, PyMongo's own async client on request.

Everything else speaks of `Database` and `Collection` and is written against the calls that both drivers share;
the few that differ (aggregate, watch, changes, close) are wrapped here. Facts: writes are `w=majority, j=true`, datetimes
come back aware, every call is bounded by `timeoutMS`.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Literal, Protocol

import motor.motor_asyncio
import pymongo
import structlog
from bson import Timestamp
from motor.frameworks.asyncio import run_on_executor
from pymongo import InsertOne, UpdateOne, errors
from pymongo.errors import BulkWriteError, DuplicateKeyError
from pymongo.results import BulkWriteResult, DeleteResult, InsertManyResult, InsertOneResult, UpdateResult

__all__ = [
    "BulkWriteError",
    "ChangeStreamLostError",
    "Collection",
    "Cursor",
    "Database",
    "Document",
    "DuplicateKeyError",
    "InsertOne",
    "Mongo",
    "MongoUnavailableError",
    "Timestamp",
    "UpdateOne",
    "aggregate",
    "changes_at_hand",
    "connect",
    "ensure_index",
    "settled_time",
    "translate",
    "watch",
]

_log = structlog.get_logger()

Document = dict[str, Any]
Driver = Literal["motor", "pymongo"]

CALL_DEADLINE_MS = 5000
"""Longest a single call may take, retries included."""


class MongoUnavailableError(Exception):
    """MongoDB does not answer now; the same call may succeed later. Writes may or may not have happened."""


class ChangeStreamLostError(Exception):
    """The changes since that point are no longer known: what follows them must be built anew."""


class Cursor(Protocol):
    """What both drivers' cursors can do."""

    def sort(self, keys: Any, direction: Any = None) -> "Cursor": ...
    def limit(self, limit: int) -> "Cursor": ...
    def skip(self, skip: int) -> "Cursor": ...
    def batch_size(self, batch_size: int) -> "Cursor": ...
    def hint(self, index: Any) -> "Cursor": ...
    def max_time_ms(self, max_time_ms: int) -> "Cursor": ...
    def __aiter__(self) -> AsyncIterator[Document]: ...
    def to_list(self, length: int | None = None) -> Awaitable[list[Document]]: ...


class Collection(Protocol):
    """What both drivers' collections can do alike."""

    @property
    def name(self) -> str: ...
    def find(self, filter: Mapping[str, Any] | None = None, *args: Any, **kwargs: Any) -> Cursor: ...
    def find_one(self, filter: Any = None, *args: Any, **kwargs: Any) -> Awaitable[Document | None]: ...
    def find_one_and_update(
        self, filter: Mapping[str, Any], update: Any, **kwargs: Any
    ) -> Awaitable[Document | None]: ...
    def insert_one(self, document: Document, **kwargs: Any) -> Awaitable[InsertOneResult]: ...
    def insert_many(self, documents: Sequence[Document], **kwargs: Any) -> Awaitable[InsertManyResult]: ...
    def update_one(
        self, filter: Mapping[str, Any], update: Any, **kwargs: Any
    ) -> Awaitable[UpdateResult]: ...
    def update_many(
        self, filter: Mapping[str, Any], update: Any, **kwargs: Any
    ) -> Awaitable[UpdateResult]: ...
    def replace_one(
        self, filter: Mapping[str, Any], document: Document, **kwargs: Any
    ) -> Awaitable[UpdateResult]: ...
    def delete_one(self, filter: Mapping[str, Any], **kwargs: Any) -> Awaitable[DeleteResult]: ...
    def delete_many(self, filter: Mapping[str, Any], **kwargs: Any) -> Awaitable[DeleteResult]: ...
    def bulk_write(self, requests: Sequence[Any], **kwargs: Any) -> Awaitable[BulkWriteResult]: ...
    def count_documents(self, filter: Mapping[str, Any], **kwargs: Any) -> Awaitable[int]: ...
    def distinct(
        self, key: str, filter: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> Awaitable[list[Any]]: ...
    def create_index(self, keys: Any, **kwargs: Any) -> Awaitable[str]: ...
    def index_information(self) -> Awaitable[Mapping[str, Any]]: ...


class Database(Protocol):
    """What both drivers' databases can do alike."""

    @property
    def name(self) -> str: ...
    def __getitem__(self, name: str) -> Collection: ...
    def command(self, command: Any, *args: Any, **kwargs: Any) -> Awaitable[dict[str, Any]]: ...


class Mongo:
    """A client of one MongoDB, by either driver."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def database(self, name: str) -> Database:
        """Return a database by name; nothing is sent."""
        database: Database = self._client[name]
        return database

    async def ping(self) -> bool:
        """Return whether a primary answers now."""
        try:
            answer = await self._client.admin.command("hello")
        except errors.PyMongoError:
            return False
        return bool(answer.get("isWritablePrimary"))

    async def version(self) -> str:
        """Return the server's version, such as `6.0.5`."""
        with translate():
            info = await self._client.server_info()
        return str(info["version"])

    async def drop_database(self, name: str) -> None:
        """Remove a database and all that it holds."""
        with translate():
            await self._client.drop_database(name)

    async def close(self) -> None:
        """Close all connections."""
        closing = self._client.close()
        if closing is not None:
            await closing


def connect(
    uri: str, *, driver: Driver = "motor", appname: str = "silkwire", deadline_ms: int = CALL_DEADLINE_MS
) -> Mongo:
    """Return a client; it connects by itself when first used, and again whenever it must.

    Args:
        uri: `mongodb://...`; what it says of a setting wins over ours.
        driver: `motor` or `pymongo`.
        appname: shown in the server's log.
        deadline_ms: longest a single call may take, in milliseconds.
    """
    options: dict[str, Any] = {
        "appname": appname,
        "tz_aware": True,
        "w": "majority",
        "journal": True,
        "timeoutMS": deadline_ms,
        "serverSelectionTimeoutMS": min(3000, deadline_ms),
        "connectTimeoutMS": 2000,
        "maxPoolSize": 50,
    }
    if driver == "pymongo":
        return Mongo(pymongo.AsyncMongoClient(uri, **options))
    client: Any = motor.motor_asyncio.AsyncIOMotorClient(uri, **options)
    return Mongo(client)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Give all calls of the block together so long, on the server too: it ends what takes longer.

    Raises, through `translate`:
        MongoUnavailableError: it took longer.
    """
    with pymongo.timeout(seconds):
        yield


INDEX_DEADLINE_S = 600.0


async def ensure_index(
    collection: Collection, keys: Sequence[tuple[str, int]], *, name: str, **options: Any
) -> None:
    """Make an index, unless there is one of this name; it may take ten minutes, where other calls have their deadline.

    The server gives an index up when the deadline of its call is over, and would begin it anew at the next one, for ever:
    over a million articles it takes longer than any other call may.
    """
    if name in await collection.index_information():
        return
    with pymongo.timeout(INDEX_DEADLINE_S):
        await collection.create_index(list(keys), name=name, **options)


_UNAVAILABLE = (errors.ConnectionFailure, errors.ServerSelectionTimeoutError, errors.WTimeoutError)

_NOT_NOW = frozenset({6, 7, 24, 89, 91, 112, 134, 189, 262, 9001, 10107, 11600, 11601, 11602, 13435})
"""Server's codes: no way to another server, a lock or a write that others hold, too busy, ended by an operator; and of a write that
was done and is not told to be safe: the server stops, or is the primary no more."""

_CHANGES_LOST = frozenset({260, 280, 286})
"""Server's codes: invalid resume token, fatal change stream error, history lost."""


@contextmanager
def translate() -> Iterator[None]:
    """Turn the drivers' errors that mean "not now" into MongoUnavailableError; let all others through."""
    try:
        yield
    except _UNAVAILABLE as error:
        raise MongoUnavailableError(str(error)[:300]) from error
    except errors.PyMongoError as error:
        if error.timeout or error.has_error_label("RetryableWriteError") or _codes(error) & _NOT_NOW:
            raise MongoUnavailableError(str(error)[:300]) from error
        if isinstance(error, errors.OperationFailure) and error.code in _CHANGES_LOST:
            raise ChangeStreamLostError(str(error)[:300]) from error
        raise


def _codes(error: errors.PyMongoError) -> set[int]:
    if isinstance(error, BulkWriteError):
        kinds = ("writeErrors", "writeConcernErrors")
        return {fault["code"] for kind in kinds for fault in error.details.get(kind, ())}
    return {error.code} if isinstance(error, errors.OperationFailure) and error.code is not None else set()


async def aggregate(
    collection: Collection, pipeline: Sequence[Mapping[str, Any]], **options: Any
) -> AsyncIterator[Document]:
    """Run an aggregation and yield its documents.

    Raises:
        MongoUnavailableError: MongoDB does not answer now.
    """
    raw: Any = collection
    with translate():
        cursor = raw.aggregate(list(pipeline), **options)
        if not hasattr(cursor, "__aiter__"):
            cursor = await cursor
        async for document in cursor:
            yield document


@asynccontextmanager
async def watch(
    collection: Collection, pipeline: Sequence[Mapping[str, Any]] = (), **options: Any
) -> AsyncIterator[Any]:
    """Open a change stream; the value has `try_next()`, `resume_token` and `async for`.

    Args:
        collection: whose changes to follow.
        pipeline: stages that filter or shape the changes.
        options: `resume_after`, `start_at_operation_time`, `full_document`, `max_await_time_ms`, `batch_size`.

    Raises:
        MongoUnavailableError: MongoDB does not answer now.
    """
    raw: Any = collection
    with translate():
        stream = raw.watch(list(pipeline), **options)
        if not hasattr(stream, "__aenter__"):
            stream = await stream
        await stream.__aenter__()
        try:
            yield stream
        finally:
            await _give_up(stream)


async def settled_time(collection: Collection) -> Timestamp:
    """Return a time of the oplog that nothing stored later stands before: what follows changes from there misses none.

    Everything acknowledged before (`w=majority`) stands before it or at it. The time that `hello` tells is not such a one: a
    write under way may have been given an earlier place, at which it appears once another, later one has been stored.

    Raises:
        MongoUnavailableError: MongoDB does not answer now.
        RuntimeError: MongoDB is not a replica set.
    """
    raw: Any = collection
    one = {"find": collection.name, "projection": {"_id": 1}, "limit": 1, "singleBatch": True}
    with translate():
        answer = await raw.database.command({**one, "readConcern": {"level": "majority"}})
    if "operationTime" not in answer:
        raise RuntimeError("MongoDB must run as a replica set (one node is enough): its changes are followed")
    time: Timestamp = answer["operationTime"]
    return time


async def changes_at_hand(stream: Any, most: int) -> list[Document]:
    """Return the next changes of a stream: those that came in one reply of the server's, so many at most.

    Waits for a first one as `try_next()` does and returns nothing where it returns None. `stream.resume_token` is then
    behind the last one. With motor each `try_next()` is a trip to another thread and back, taken here once for all.
    """
    if not isinstance(stream, motor.motor_asyncio.AsyncIOMotorChangeStream):
        change = await stream.try_next()
        changes = [] if change is None else [change]
        while changes and len(changes) < most and _has_more(stream):
            changes.append(await stream.try_next())
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            # PyMongo swallows a cancellation that comes together with the reply, and who listens would do so for ever.
            raise asyncio.CancelledError
        return changes

    def take() -> list[Document]:
        reading: Any = stream.delegate
        change = reading.try_next()
        changes = [] if change is None else [change]
        while changes and len(changes) < most and _has_more(reading):
            changes.append(reading.try_next())
        return changes

    loop = asyncio.get_running_loop()
    taken: list[Document] = await run_on_executor(loop, take)  # type: ignore[no-untyped-call]  # motor has no type for it
    return taken


def _has_more(stream: Any) -> bool:
    """Tell whether another change came in the same reply, so that `try_next()` returns it without asking the server."""
    return bool(stream._cursor._has_next())  # noqa: SLF001  the drivers tell it nowhere else


async def _give_up(stream: Any) -> None:
    """Close a change stream; never raises: on a silent server motor trips over its own session (an AttributeError)."""
    try:
        await stream.__aexit__(None, None, None)
    except Exception as error:  # noqa: BLE001  whatever it is, nobody needs the stream any more
        _log.debug("change_stream_closed_hard", reason=repr(error)[:200])
