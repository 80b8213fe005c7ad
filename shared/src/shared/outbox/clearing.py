"""Takes published events out of their documents, many in one write.

A crash before the write, or a write that fails, leaves the events pending: they are published again, never lost.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import structlog

from shared.bus.retry import describe
from shared.bus.waiting import pause
from shared.mongo import Collection, MongoUnavailableError, UpdateOne, translate

BATCH_MAX = 256
BATCH_WAIT_S = 0.02
"""How long a first event waits for company: one journal flush then serves them all."""

_log = structlog.get_logger()


@dataclass(eq=False, slots=True)
class _Batch:
    """Updates that are written together; `full` ends the wait for more."""

    updates: list[UpdateOne] = field(default_factory=list)
    full: asyncio.Event = field(default_factory=asyncio.Event)


class Clearing:
    """Gathers updates of one collection and writes them in bulk.

    Args:
        collection: whose documents are updated.
    """

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._open: tuple[_Batch, asyncio.Task[bool]] | None = None
        self._writing: set[asyncio.Task[bool]] = set()

    async def take_out(self, document_id: object, update: dict[str, Any]) -> bool:
        """Update a document together with others; return whether it surely happened."""
        if self._open is None:
            begun = _Batch()
            task = asyncio.create_task(self._write(begun))
            self._writing.add(task)
            task.add_done_callback(self._writing.discard)
            self._open = begun, task
        batch, writing = self._open
        batch.updates.append(UpdateOne({"_id": document_id}, update))
        if len(batch.updates) >= BATCH_MAX:
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
                await self._collection.bulk_write(batch.updates, ordered=False)
        except MongoUnavailableError as error:
            _log.warning("outbox_not_updated", **self._facts(batch), reason=describe(error))
            return False
        except Exception:  # noqa: BLE001  whatever it was: the events are still pending and come again
            _log.exception("outbox_not_updated", **self._facts(batch))
            return False
        return True

    def _facts(self, batch: _Batch) -> dict[str, object]:
        return {"outbox": self._collection.name, "events": len(batch.updates)}
