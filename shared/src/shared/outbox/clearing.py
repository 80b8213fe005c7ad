"""Takes published events out of their documents, many by one update.

A crash before the write, or a write that fails, leaves the events pending: they are published again, never lost.
"""

import asyncio
from dataclasses import dataclass, field

import structlog

from shared.bus.retry import describe
from shared.bus.waiting import pause
from shared.mongo import Collection, MongoUnavailableError, translate
from shared.outbox.pending import without

BATCH_MAX = 256
BATCH_WAIT_S = 0.02
"""How long a first event waits for company: one journal flush then serves them all."""

_log = structlog.get_logger()


@dataclass(eq=False, slots=True)
class _Batch:
    """What is taken out together, from which documents and which events; `full` ends the wait for more."""

    document_ids: list[object] = field(default_factory=list)
    event_ids: list[str] = field(default_factory=list)
    full: asyncio.Event = field(default_factory=asyncio.Event)


class Clearing:
    """Gathers published events of one collection and takes them out by one update of all their documents.

    It costs MongoDB less than half of what an update for each takes. The driver does not repeat it, which nobody needs.

    Args:
        collection: whose documents are updated.
    """

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._open: tuple[_Batch, asyncio.Task[bool]] | None = None
        self._writing: set[asyncio.Task[bool]] = set()

    async def take_out(self, document_id: object, event_id: str) -> bool:
        """Take an event out of its document, together with others; return whether it surely happened."""
        if self._open is None:
            begun = _Batch()
            task = asyncio.create_task(self._write(begun))
            self._writing.add(task)
            task.add_done_callback(self._writing.discard)
            self._open = begun, task
        batch, writing = self._open
        batch.document_ids.append(document_id)
        batch.event_ids.append(event_id)
        if len(batch.event_ids) >= BATCH_MAX:
            batch.full.set()
            self._open = None
        # One caller that is cut off must not take the others' write along.
        return await asyncio.shield(writing)

    async def close(self) -> None:
        """Cut off what is still being written; whether it happened is unknown."""
        writing = list(self._writing)
        for task in writing:
            task.cancel()
        await asyncio.gather(*writing, return_exceptions=True)

    async def _write(self, batch: _Batch) -> bool:
        await pause(batch.full, BATCH_WAIT_S)
        if self._open is not None and self._open[0] is batch:
            self._open = None
        try:
            with translate():
                found = {"_id": {"$in": batch.document_ids}}
                await self._collection.update_many(found, without(batch.event_ids))
        except MongoUnavailableError as error:
            _log.warning("outbox_not_updated", **self._facts(batch), reason=describe(error))
            return False
        except Exception:  # noqa: BLE001  whatever it was: the events are still pending and come again
            _log.exception("outbox_not_updated", **self._facts(batch))
            return False
        return True

    def _facts(self, batch: _Batch) -> dict[str, object]:
        return {"outbox": self._collection.name, "events": len(batch.event_ids)}
