"""Keeps a view like the record: a scan for the first time, the collection's change stream from then on.

A change only names its article; the articles of a batch are then read as they are now. So a change may show more than
it says, never less, and applying it twice does no harm: after a crash the batch is simply applied again.
Order for each batch: the view has it on disk -> it is visible -> the position is saved -> it may be announced.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog

from search.adapters.mongo_documents import (
    ARTICLES,
    LIVE,
    WITHOUT_INTERNALS,
    UnreadableDocumentError,
    change_from,
)
from search.adapters.position_file import Position, PositionFile
from search.domain.article import Change
from search.metrics import Metrics
from search.ports import View
from shared.bus.waiting import pause
from shared.clock import Clock
from shared.mongo import (
    ChangeStreamLostError,
    Database,
    Document,
    MongoUnavailableError,
    Timestamp,
    translate,
    watch,
)

_log = structlog.get_logger()

_BATCH = 500
_AWAIT_MS = 500
_RETRY_S = 1.0
_IDLE_SAVE_S = 10.0

_ENDS = {"drop", "rename", "dropDatabase", "invalidate"}

_PIPELINE: list[Document] = [
    {
        "$match": {
            "$or": [
                {"operationType": {"$in": ["insert", "replace", "delete", *sorted(_ENDS)]}},
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


@dataclass(frozen=True, slots=True)
class _Heard:
    """One step of the stream: an article that changed at a time, or (both None) nothing new since the last step.

    `news` is a new revision, else only its story is another.
    """

    id: str | None
    token: dict[str, Any]
    at: Timestamp | None = None
    news: bool = False


class MongoFollower:
    """Builds a view and keeps it fresh.

    Args:
        database: search's own.
        schema: version of the view's fields; another version than the position's builds anew.
        view: what to keep like the record.
        file: where the position is kept.
        clock: tells how long articles took to become visible.
        metrics: search's.
        on_visible: called after changes became visible.
    """

    def __init__(
        self,
        database: Database,
        *,
        schema: str,
        view: View,
        file: PositionFile,
        clock: Clock,
        metrics: Metrics,
        on_visible: Callable[[], None],
    ) -> None:
        self._database = database
        self._articles = database[ARTICLES]
        self._store = ""
        self._schema = schema
        self._view = view
        self._file = file
        self._clock = clock
        self._metrics = metrics
        self._on_visible = on_visible
        self._saved_at = 0.0
        self.caught_up = False
        """True once the view has been level with the record: from then on it may answer."""

    async def run(self, store: str, stop: asyncio.Event) -> None:
        """Keep the view like the record until `stop` is set; survives the loss of MongoDB.

        Args:
            store: id of the record, see `MongoArticleStore.prepare`; a view of another record is built anew.
            stop: set when to end.
        """
        self._store = store
        while not stop.is_set():
            try:
                await self._follow(await self._position(stop), stop)
            except ChangeStreamLostError as error:
                _log.warning("view_position_lost", reason=str(error), outcome="rebuild")
                self._set_caught_up(caught_up=False)
                self._file.remove()
                await pause(stop, _RETRY_S)
            except MongoUnavailableError as error:
                _log.warning("view_follow_failed", reason=str(error), outcome="retry")
                await pause(stop, _RETRY_S)

    async def _position(self, stop: asyncio.Event) -> Position:
        """Return where to follow from, building the view first where it cannot be continued."""
        position = self._file.load()
        if position is not None and (position.schema, position.store) == (self._schema, self._store):
            return position
        self._set_caught_up(caught_up=False)
        self._file.remove()
        now = await self._record_time()
        position = Position(self._schema, self._store, None, (now.time, now.inc))
        await self._build(stop)
        if not stop.is_set():
            self._file.save(position)
        return position

    async def _record_time(self) -> Timestamp:
        with translate():
            answer = await self._database.command("hello")
        if "operationTime" not in answer:
            raise RuntimeError(
                "MongoDB must run as a replica set (one node is enough): search follows its changes"
            )
        time: Timestamp = answer["operationTime"]
        return time

    async def _build(self, stop: asyncio.Event) -> None:
        started = self._clock.monotonic()
        self._metrics.view_rebuilds.inc()
        await self._view.clear()
        built, last = 0, ""
        while not stop.is_set():
            page = await self._read({"_id": {"$gt": last}, "state": LIVE}, _BATCH)
            if not page:
                break
            await self._apply(page, set())
            built, last = built + len(page), page[-1]["_id"]
        seconds = round(self._clock.monotonic() - started, 3)
        _log.info("view_built", articles=built, seconds=seconds, outcome="cut" if stop.is_set() else "ok")

    async def _follow(self, position: Position, stop: asyncio.Event) -> None:
        """Apply changes until `stop` is set. One task listens while the other applies what was heard meanwhile.

        The view is level once it shows what the record held when following began: where articles come all the time the
        stream never falls silent.
        """
        began = await self._record_time()
        heard: asyncio.Queue[_Heard | None] = asyncio.Queue(maxsize=_BATCH)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._listen(position, heard, stop))
                tasks.create_task(self._apply_heard(position, heard, began))
        except* (MongoUnavailableError, ChangeStreamLostError) as errors:
            raise errors.exceptions[0] from None

    async def _listen(
        self, position: Position, heard: "asyncio.Queue[_Heard | None]", stop: asyncio.Event
    ) -> None:
        options: dict[str, Any] = {"max_await_time_ms": _AWAIT_MS, "batch_size": _BATCH}
        if position.token is not None:
            options["resume_after"] = position.token
        else:
            options["start_at_operation_time"] = Timestamp(*position.time)
        async with watch(self._articles, _PIPELINE, **options) as stream:
            while not stop.is_set():
                change = await stream.try_next()
                if change is None:
                    await heard.put(_Heard(None, dict(stream.resume_token)))
                elif change["operationType"] in _ENDS:
                    raise ChangeStreamLostError(f"collection: {change['operationType']}")
                else:
                    at = change["clusterTime"]
                    updated = change.get("updateDescription", {}).get("updatedFields", {})
                    news = change["operationType"] != "update" or "rev" in updated
                    await heard.put(_Heard(change["documentKey"]["_id"], dict(change["_id"]), at, news))
        await heard.put(None)

    async def _apply_heard(
        self, position: Position, heard: "asyncio.Queue[_Heard | None]", began: Timestamp
    ) -> None:
        ended = False
        while not ended:
            items = [await heard.get()]
            while not heard.empty():
                items.append(heard.get_nowait())
            ended = items[-1] is None
            batch = [item for item in items if item is not None]
            if batch:
                position = await self._take(position, batch)
                last = batch[-1].at
                if not self.caught_up and (last is None or last >= began):
                    self._set_caught_up(caught_up=True)

    async def _take(self, position: Position, batch: list[_Heard]) -> Position:
        """Apply a batch and return the position behind it."""
        ids = {item.id for item in batch if item.id is not None}
        position = replace(position, token=batch[-1].token)
        if ids:
            await self._refresh(ids, {item.id for item in batch if item.id is not None and item.news})
        if ids or self._clock.monotonic() - self._saved_at > _IDLE_SAVE_S:
            await asyncio.to_thread(self._file.save, position)
            self._saved_at = self._clock.monotonic()
        if ids:
            self._on_visible()
        return position

    async def _refresh(self, ids: set[str], news: set[str]) -> None:
        """Make the view show these articles as the record has them now."""
        documents = await self._read({"_id": {"$in": sorted(ids)}}, len(ids))
        await self._apply(documents, news)
        gone = ids - {document["_id"] for document in documents}
        if gone:
            await self._view.forget(sorted(gone))

    async def _read(self, condition: Document, limit: int) -> list[Document]:
        with translate():
            cursor = self._articles.find(condition, WITHOUT_INTERNALS).sort("_id", 1).limit(limit)
            return await cursor.to_list(limit)

    async def _apply(self, documents: list[Document], news: set[str]) -> None:
        """Show articles; how long it took is told of new revisions, whose storage is what readers wait from."""
        changes = _readable(documents)
        await self._view.apply(changes)
        now = self._clock.now()
        self._metrics.indexed.inc(len(changes))
        if self.caught_up:
            for document in (one for one in documents if one["_id"] in news):
                self._observe(now, document.get("stored_at", now))

    def _observe(self, now: datetime, stored_at: datetime) -> None:
        self._metrics.visible_seconds.observe(max(0.0, (now - stored_at).total_seconds()))

    def _set_caught_up(self, *, caught_up: bool) -> None:
        if caught_up:
            _log.info("view_caught_up", outcome="ok")
        self.caught_up = caught_up
        self._metrics.view_ready.set(1 if caught_up else 0)


def _readable(documents: list[Document]) -> list[Change]:
    """Leave out what cannot be read: one odd document must not keep all others from being found."""
    changes = []
    for document in documents:
        try:
            changes.append(change_from(document))
        except UnreadableDocumentError as error:
            _log.error("record_document_unreadable", article_id=str(error), outcome="skipped")
    return changes
