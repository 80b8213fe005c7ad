"""Publishes what is pending: find -> gate -> publish, confirmed -> taken out of the document, many in one write.

Any number of relays may work on one collection; they share its buckets. An event is published by two of them only
when a bucket changed hands in the middle, which readers are made for. A crash between the confirm and the write
makes a duplicate as well, never a loss.

Memory stays flat while the bus is down: besides one page, which MongoDB keeps below 16 MiB, a relay holds the events
under way, which are bounded in number and in bytes.
"""

import asyncio
import random
import time
import uuid
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import structlog

from shared.bus import Bus, EventRefused, PublishUnconfirmed
from shared.bus.retry import back_off_s, describe
from shared.bus.waiting import either, pause
from shared.clock import Clock
from shared.contracts.envelope import Envelope
from shared.failpoints import OUTBOX_AFTER_CONFIRM, OUTBOX_BEFORE_PUBLISH, failpoint
from shared.mongo import Collection, Document, MongoUnavailableError, translate
from shared.outbox.clearing import Clearing
from shared.outbox.leases import LEASE_S, RENEW_S, Leases
from shared.outbox.measure import measure
from shared.outbox.metrics import OutboxMetrics
from shared.outbox.pending import moved_to_refused, read_event, with_pending

IN_FLIGHT_MAX = 256
"""Most events under way from the start of their publish until they are taken out; the bus takes as many at once."""

IN_FLIGHT_BYTES_MAX = 8 * 1024 * 1024
"""Most bytes of events under way; one event more is let in, so that none is too large."""

PAGE = 128
NAMED_AT_ONCE = 100
"""A first reply of MongoDB's holds 101 documents; what is too much for its 16 MiB waits for the next sweep."""

POLL_S = 1.0
BUSY_POLL_S = 60.0
"""Longest an event waits while the service is busy: to read all that wait takes most where most wait."""

DRAIN_S = 5.0
"""How long a stopping relay waits for publishes under way; what is cut off stays pending."""

MEASURE_SHARE = 0.05
"""Most of the time that may be spent on measuring: a backlog of 100,000 events takes MongoDB more than a second."""

BUSY_MEASURE_SHARE = 0.01
"""The same while the service is busy."""

MALFORMED_TOLD_MAX = 1000
"""So many malformed entries are remembered as told of; with more, they are told of anew."""

Gate = Callable[[Sequence[tuple[Any, Envelope]]], Awaitable[AbstractSet[str]]]
"""Given events and the ids of their documents: the ids of those events that may be announced now. Others stay pending.

Where it raises it is asked again about each event alone, so that one event's trouble holds back no other.
"""

_log = structlog.get_logger()


class Relay:
    """Publishes the pending events of one collection.

    Args:
        collection: the owner's collection; its documents have `pending` and `bucket`, see `pending.py`.
        bus: where to publish.
        clock: where time comes from.
        owner: this replica's name; each relay adds something of its own, so it need not be unique.
        metrics: where it is counted.
        gate: delays announcing; None announces at once.
        lease_s: how long others wait before they take over from a relay that died, in seconds.
        renew_s: how often leases are renewed and shared out anew, in seconds.
        poll_s: longest an event waits when nobody called `wake`, in seconds.
        busy: whether the service has more urgent work now than to look everywhere, or to measure what waits.
    """

    def __init__(
        self,
        collection: Collection,
        bus: Bus,
        *,
        clock: Clock,
        owner: str,
        metrics: OutboxMetrics,
        gate: Gate | None = None,
        lease_s: float = LEASE_S,
        renew_s: float = RENEW_S,
        poll_s: float = POLL_S,
        busy: Callable[[], bool] = lambda: False,
    ) -> None:
        self._collection = collection
        self._bus = bus
        self._clock = clock
        self._metrics = metrics
        self._gate = gate
        self._renew_s = renew_s
        self._poll_s = poll_s
        self._busy = busy
        beside: Any = collection  # both drivers' collections know their database; the protocol need not
        leases: Collection = beside.database[f"{collection.name}_outbox"]
        self._leases = Leases(leases, f"{owner}:{uuid.uuid4().hex[:12]}", lease_s=lease_s)
        self._clearing = Clearing(collection)
        self._woken = asyncio.Event()
        self._wanted: set[Any] = set()
        self._all_wanted = True
        self._failed = False
        self._room = asyncio.Event()
        self._in_flight: dict[str, asyncio.Task[None]] = {}
        self._in_flight_bytes = 0
        self._finished: set[str] = set()
        self._malformed: set[tuple[str, int]] = set()
        self._troubles = 0

    def wake(self, document_ids: Iterable[Any] | None = None) -> None:
        """Look for pending events at once; call it after a write that left some, or when a gate has opened.

        Args:
            document_ids: where to look; None for everywhere. Whoever knows should say: behind a gate that opens late
                there may be thousands of events, and reading all of them for the sake of a few is what makes it later.
        """
        if document_ids is None:
            self._all_wanted = True
        else:
            self._wanted.update(document_ids)
        self._woken.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Relay until `stop` is set; then finish the publishes under way and give the buckets to others."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keep_leases(stop))
                group.create_task(self._keep_measuring(stop))
                group.create_task(self._keep_sweeping(stop))
        finally:
            await self._drain()

    async def _keep_leases(self, stop: asyncio.Event) -> None:
        attempt = 0
        while not stop.is_set():
            wait_s = self._renew_s
            try:
                before = self._leases.held()
                await self._leases.renew()
                if self._leases.held() != before:
                    self.wake()
                attempt = 0
            except MongoUnavailableError as error:
                wait_s = back_off_s(attempt, random.random())  # noqa: S311  jitter
                attempt += 1
                _log.warning(
                    "outbox_leases_not_renewed", outbox=self._collection.name, reason=describe(error)
                )
            self._metrics.buckets.set(len(self._leases.held()))
            await pause(stop, wait_s)

    async def _keep_measuring(self, stop: asyncio.Event) -> None:
        """Tell what waits in our buckets; apart from the leases, whose renewal a large backlog must not delay."""
        while not stop.is_set():
            began = time.monotonic()
            try:
                measured = await measure(self._collection, self._leases.held())
            except MongoUnavailableError as error:
                _log.debug("outbox_not_measured", outbox=self._collection.name, reason=describe(error))
            else:
                self._metrics.pending.set(measured.events)
                self._metrics.oldest_seconds.set(measured.oldest_s)
            share = BUSY_MEASURE_SHARE if self._busy() else MEASURE_SHARE
            await pause(stop, max(self._renew_s, (time.monotonic() - began) / share))

    async def _keep_sweeping(self, stop: asyncio.Event) -> None:
        attempt, swept_at = 0, 0.0
        while not stop.is_set():
            wait_s = 0.0
            self._woken.clear()
            everywhere = self._all_wanted or time.monotonic() >= self._due_at(swept_at)
            wanted, self._wanted, self._all_wanted = self._wanted, set(), False
            try:
                if everywhere:
                    swept_at, self._failed = time.monotonic(), False
                    await self._sweep(stop)
                else:
                    await self._look_at(wanted, stop)
                attempt = 0
            except MongoUnavailableError as error:
                self._all_wanted = True
                wait_s = back_off_s(attempt, random.random())  # noqa: S311  jitter
                attempt += 1
                _log.warning("outbox_not_read", outbox=self._collection.name, reason=describe(error))
            if attempt:
                await pause(stop, wait_s)
            else:
                await self._wait_for_work(stop, self._due_at(swept_at) - time.monotonic())

    def _due_at(self, swept_at: float) -> float:
        """Return when to look everywhere again; soon, where something could not be said at the first attempt."""
        if self._failed:
            return swept_at + min(POLL_S, self._poll_s)
        return swept_at + (max(BUSY_POLL_S, self._poll_s) if self._busy() else self._poll_s)

    def _try_again(self) -> None:
        self._failed = True
        self._woken.set()

    async def _wait_for_work(self, stop: asyncio.Event, most_s: float) -> None:
        try:
            async with asyncio.timeout(max(0.0, most_s)):
                await either(self._woken, stop)
        except TimeoutError:
            return

    async def _look_at(self, document_ids: set[Any], stop: asyncio.Event) -> None:
        """Start publishing the pending events of some documents, those in our buckets."""
        ids = list(document_ids)
        for first in range(0, len(ids), NAMED_AT_ONCE):
            self._finished.clear()
            if await self._page({"_id": {"$in": ids[first : first + NAMED_AT_ONCE]}}, stop) is None:
                return

    async def _sweep(self, stop: asyncio.Event) -> None:
        """Go once through all documents with pending events, page by page, and start publishing them."""
        after: dict[str, Any] = {}
        while not stop.is_set():
            self._finished.clear()
            documents = await self._page(after, stop)
            if not documents:
                return
            after = {"_id": {"$gt": documents[-1]["_id"]}}

    async def _page(self, which: dict[str, Any], stop: asyncio.Event) -> list[Document] | None:
        """Start publishing one page of pending events; return its documents, or None when to end."""
        # Asked anew for each page: a long sweep must not leave buckets waiting that were taken over meanwhile.
        query = {**with_pending(self._leases.held()), **which}
        with translate():
            # Below zero: a single reply, which the server ends at 16 MiB even if that is less than a page.
            found = self._collection.find(query, {"pending": 1, "bucket": 1}).sort("_id", 1).limit(-PAGE)
            documents = await found.to_list(PAGE)
        waiting = [(document, event) for document in documents for event in self._read(document)]
        waiting = [(document, event) for document, event in waiting if not self._is_known(event)]
        may = await self._announceable([(document["_id"], event) for document, event in waiting])
        for document, event in waiting:
            if event.id in may and not await self._start(document["_id"], document["bucket"], event, stop):
                return None
        return documents

    async def _announceable(self, waiting: Sequence[tuple[Any, Envelope]]) -> AbstractSet[str]:
        """Return the ids of those events that may be announced now."""
        if self._gate is None or not waiting:
            return {event.id for _document_id, event in waiting}
        try:
            return await self._gate(waiting)
        except Exception:  # noqa: BLE001  whatever it was: what may not be announced now may be soon
            if len(waiting) == 1:
                self._fail(waiting[0][1])
                return set()
        return {event_id for one in waiting for event_id in await self._announceable([one])}

    def _read(self, document: Document) -> Iterator[Envelope]:
        """Give a document's events; an entry that is none stays where it is, and is told of once."""
        for place, entry in enumerate(document["pending"]):
            try:
                event = read_event(entry)
            except (LookupError, TypeError, ValueError) as error:
                where = (str(document["_id"]), place)
                if where not in self._malformed:
                    if len(self._malformed) >= MALFORMED_TOLD_MAX:
                        self._malformed.clear()
                    self._malformed.add(where)
                    _log.error(
                        "outbox_entry_malformed",
                        outbox=self._collection.name,
                        document_id=where[0],
                        reason=describe(error),
                    )
                continue
            yield event

    async def _start(self, document_id: object, bucket: int, event: Envelope, stop: asyncio.Event) -> bool:
        """Begin to relay one event; return False when the sweep is to end."""
        if self._is_known(event):
            return True
        while self._is_full() and not stop.is_set():
            self._room.clear()
            await either(self._room, stop)
        if self._troubles and not stop.is_set():
            await pause(stop, back_off_s(self._troubles - 1, random.random()))  # noqa: S311  jitter
        # Publishes may have waited for the broker: look again at what may have changed meanwhile.
        if stop.is_set() or not self._leases.holds(bucket):
            return False
        task = asyncio.create_task(self._relay(document_id, event))
        self._in_flight[event.id] = task
        self._in_flight_bytes += len(event.data)
        task.add_done_callback(lambda _task: self._finish(event.id, len(event.data)))
        return True

    def _is_known(self, event: Envelope) -> bool:
        """Return whether an event is under way, or was taken out after its page was read."""
        return event.id in self._in_flight or event.id in self._finished

    def _is_full(self) -> bool:
        return len(self._in_flight) >= IN_FLIGHT_MAX or self._in_flight_bytes >= IN_FLIGHT_BYTES_MAX

    def _finish(self, event_id: str, size_bytes: int) -> None:
        # A page read before the event was taken out still shows it.
        self._finished.add(event_id)
        self._in_flight.pop(event_id, None)
        self._in_flight_bytes -= size_bytes
        self._room.set()

    async def _relay(self, document_id: object, event: Envelope) -> None:
        try:
            refusal = await self._publish(event)
            if refusal is not None:
                await self._record(document_id, event, refusal)
                self._metrics.relayed.labels("refused").inc()
            elif await self._clearing.take_out(document_id, event.id):
                self._troubles = 0
                self._metrics.relayed.labels("ok").inc()
            else:
                # It will be said again: the faster we went on, the more repeats there would be.
                self._troubles += 1
                self._try_again()
        except PublishUnconfirmed as error:
            self._troubles += 1
            self._try_again()
            self._metrics.relayed.labels("unconfirmed").inc()
            self._say_unconfirmed(event, error)
        except MongoUnavailableError as error:
            self._try_again()
            _log.warning("outbox_not_updated", outbox=self._collection.name, reason=describe(error))
        except Exception:  # noqa: BLE001  one event's trouble must not stop the others
            self._fail(event)

    def _fail(self, event: Envelope) -> None:
        """Tell of the error at hand, and come back to the event soon."""
        self._try_again()
        _log.exception("outbox_event_failed", outbox=self._collection.name, event_id=event.id)

    async def _publish(self, event: Envelope) -> EventRefused | None:
        """Publish; return once it is confirmed, or why it never will be."""
        try:
            failpoint(OUTBOX_BEFORE_PUBLISH)
            await self._bus.publish(event)
            failpoint(OUTBOX_AFTER_CONFIRM)
        except EventRefused as error:
            return error
        return None

    async def _record(self, document_id: object, event: Envelope, refusal: EventRefused) -> None:
        """Move a refused event aside, in a write of its own: it carries the whole event, and may fail for its size."""
        _log.warning(
            "outbox_event_refused",
            outbox=self._collection.name,
            document_id=str(document_id),
            type=event.type,
            event_id=event.id,
            reason=refusal.reason,
            outcome="refused",
        )
        with translate():
            update = moved_to_refused(event, refusal.reason, self._clock.now())
            # Only where it still waits: what was erased meanwhile must not come back by the refused ones.
            await self._collection.update_one({"_id": document_id, "pending.id": event.id}, update)

    def _say_unconfirmed(self, event: Envelope, error: PublishUnconfirmed) -> None:
        """Say it once for each trouble, not for each event of a backlog."""
        say = _log.warning if self._troubles == 1 else _log.debug
        say("outbox_event_unconfirmed", outbox=self._collection.name, event_id=event.id, reason=error.reason)

    async def _drain(self) -> None:
        tasks = list(self._in_flight.values())
        if tasks:
            _done, cut = await asyncio.wait(tasks, timeout=DRAIN_S)
            for task in cut:
                task.cancel()
            await asyncio.gather(*cut, return_exceptions=True)
        await self._clearing.close()
        try:
            await self._leases.release_all()
        except MongoUnavailableError as error:
            _log.warning("outbox_leases_not_released", outbox=self._collection.name, reason=describe(error))
