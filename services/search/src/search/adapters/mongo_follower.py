"""Keeps a view like the record: a scan for the first time, the collection's change stream from then on.

A change only names its article; the articles of a batch are then read as they are now. So a change may show more than
it says, never less, and applying it twice does no harm: after a crash the batch is simply applied again.
Order for each batch: it is visible -> it may be announced; and, seldom: the view has it on disk -> the position is saved.
A backlog is worked off in large parts instead (mongo_catching_up.py), which takes half of the time.
A replica that starts shows nothing before all that the record had at its start is visible again.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog

from search.adapters.mongo_catching_up import CatchingUp, Taken
from search.adapters.mongo_heard import Heard, HeardQueue, at_hand, heard, ids_of, news_of, position_behind
from search.adapters.mongo_record import MongoRecord, readable
from search.adapters.mongo_scan import MongoScan
from search.adapters.position_file import Position, PositionFile
from search.adapters.view_saving import ViewSaving
from search.domain.backlog import FLOOD_PER_S, Backlog
from search.domain.view_state import Phase, ViewState
from search.metrics import Metrics
from search.ports import View, ViewDamagedError, ViewNotWrittenError
from shared.bus.waiting import pause
from shared.clock import Clock
from shared.mongo import (
    ChangeStreamLostError,
    Database,
    MongoUnavailableError,
    Timestamp,
    changes_at_hand,
)

_log = structlog.get_logger()

_HEARD_MAX = 1000
"""Most changes heard of and not yet applied."""

AT_ONCE = 250
"""Changes that are read and analysed at once: this bounds what is held beside what waits for a commit, however long texts are."""

APPLY_GAP_S = 0.05
"""From the beginning of one batch to that of the next under a steady flow; a lone change never waits."""

FLOOD_GAP_S = 0.25
"""From one batch to the next where they come faster than FLOOD_PER_S, unless as many changes as are applied at once are heard of before: what waits in
a backlog is late anyway, and comes through it sooner in fewer batches."""

_RETRY_S = 1.0


class _RebuildError(Exception):
    """The view must be built anew, for the reason given."""


_INTERRUPTIONS = (
    ChangeStreamLostError,
    MongoUnavailableError,
    ViewDamagedError,
    ViewNotWrittenError,
    _RebuildError,
)


class MongoFollower:
    """Builds a view and keeps it fresh.

    Args:
        database: search's own.
        schema: version of the view's fields; another version than the position's builds anew.
        view: what to keep like the record.
        file: where the position is kept.
        clock: tells how long articles took to become visible.
        metrics: search's.
        on_visible: called with the ids of articles whose changes became visible.
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
        on_visible: Callable[[Sequence[str]], None],
    ) -> None:
        self._record = MongoRecord(database)
        self._store = ""
        self._schema = schema
        self._view = view
        self._file = file
        self._clock = clock
        self._metrics = metrics
        self._on_visible = on_visible
        self._state = ViewState()
        self._shown_at: float | None = None
        self._offset_s = 0.0
        self._rebuild_asked = False
        self.caught_up = False
        """True once the view has been level with the record: from then on it may answer."""
        self.working_off = False
        """True while a backlog is worked off: what can wait should."""
        metrics.view_behind.set_function(lambda: self.state().behind_s or 0.0)
        metrics.view_unsaved.set_function(lambda: float(view.unsaved))

    def state(self) -> ViewState:
        """Return how far the view is."""
        behind_s = None if self._shown_at is None else max(0.0, self._clock.monotonic() - self._shown_at)
        return replace(self._state, behind_s=behind_s)

    def as_of(self) -> datetime:
        """Return the moment at which what the view shows was all of the record, as far as is known; aware UTC."""
        return self._clock.now().astimezone(UTC) - timedelta(seconds=self.state().behind_s or 0.0)

    def rebuild(self) -> None:
        """Build the view anew, soon; MongoDB answers meanwhile."""
        self._rebuild_asked = True

    async def run(self, store: str, stop: asyncio.Event) -> None:
        """Keep the view like the record until `stop` is set; survives the loss of MongoDB, and of room on the disk.

        Args:
            store: id of the record, see `MongoArticleStore.prepare`; a view of another record is built anew.
            stop: set when to end.
        """
        self._store = store
        while not stop.is_set():
            try:
                await self._view.resume()
                await self._follow(await self._position(stop), stop)
            except (ChangeStreamLostError, ViewDamagedError, _RebuildError) as error:
                _log.warning("view_lost", reason=str(error), outcome="rebuild")
                self._level(caught_up=False)
                self._file.remove()
                if not isinstance(error, _RebuildError):
                    await pause(stop, _RETRY_S)
            except ViewNotWrittenError as error:
                self._metrics.view_write_failures.inc()
                if not self._state.trouble:
                    _log.error("view_not_written", reason=str(error), outcome="retry")
                self._state = replace(self._state, trouble=str(error))
                await pause(stop, _RETRY_S)
            except MongoUnavailableError as error:
                _log.warning("view_follow_failed", reason=str(error), outcome="retry")
                if not self.caught_up:
                    self._phase("waiting")
                await pause(stop, _RETRY_S)

    async def _position(self, stop: asyncio.Event) -> Position:
        """Return where to follow from, building the view first where it cannot be continued."""
        position = self._file.load()
        fresh = False
        if position is None or (position.schema, position.store) != (self._schema, self._store):
            self._level(caught_up=False)
            self._file.remove()
            now = await self._record.time()
            position = Position(self._schema, self._store, None, (now.time, now.inc), scanned="")
            self._state = replace(self._state, phase="building", scanned=0, of=await self._record.size())
            await self._view.clear()
            await self._file.keep(position)
            self._metrics.view_rebuilds.inc()
            self._state = ViewState("building", of=self._state.of, rebuilds=self._state.rebuilds + 1)
            fresh = True
        if position.scanned is not None:
            # One that turns out to be damaged need not be read on for.
            await self._view.check()
            position = await self._scan(position, stop, fresh=fresh)
        return position

    async def _scan(self, position: Position, stop: asyncio.Event, *, fresh: bool) -> Position:
        self._level(caught_up=False)
        self._state = replace(self._state, phase="building", of=await self._record.size())

        def tell(read: int) -> None:
            self._state = replace(self._state, scanned=read, trouble="")

        scan = MongoScan(self._record, self._view, self._file, self._clock, tell)
        position = await scan.run(position, stop, count=self._state.of, fresh=fresh)
        self._rebuild_asked = False
        self._state = replace(self._state, phase="catching_up", scanned=0, of=0)
        return position

    async def _follow(self, position: Position, stop: asyncio.Event) -> None:
        """Apply changes until `stop` is set. One task listens while the other applies what was heard meanwhile.

        The view is level once it shows what the record held when following began: where articles come all the time the
        stream never falls silent.
        """
        began = await self._record.time()
        self._offset_s = self._clock.monotonic() - began.time
        if not self.caught_up:
            self._shown_at = min(self._clock.monotonic(), position.time[0] + self._offset_s)
            self._phase("catching_up")
        queue: HeardQueue = asyncio.Queue(maxsize=_HEARD_MAX)
        try:
            async with asyncio.TaskGroup() as tasks:
                # Beside it all: a view that is opened late is read as a whole, which takes seconds.
                looked = tasks.create_task(self._view.check())
                tasks.create_task(self._listen(position, queue, stop))
                tasks.create_task(self._apply_heard(position, queue, began, looked, stop))
        except* _INTERRUPTIONS as errors:
            raise errors.exceptions[0] from None

    async def _listen(self, position: Position, queue: HeardQueue, stop: asyncio.Event) -> None:
        async with self._record.changes(position.token, Timestamp(*position.time)) as stream:
            while not stop.is_set():
                changes = await changes_at_hand(stream, _HEARD_MAX)
                now = self._clock.monotonic()
                if not changes:
                    await queue.put(Heard(None, dict(stream.resume_token), now))
                for change in changes:
                    await queue.put(heard(change, now))
        await queue.put(None)

    async def _apply_heard(
        self,
        position: Position,
        queue: HeardQueue,
        began: Timestamp,
        looked: asyncio.Task[None],
        stop: asyncio.Event,
    ) -> None:
        if not self.caught_up:
            catching_up = CatchingUp(self._record, self._view, self._file, self._clock, self._caught)
            position, goes_on = await catching_up.run(
                position, queue, lambda batch: batch[-1].at is None or batch[-1].at >= began
            )
            if not goes_on:
                # The next start looks at the view again, and nothing was written before this look had its end.
                looked.cancel()
                return
            await looked
            self._level(caught_up=True)
        saving = ViewSaving(self._view, self._file, self._clock, saved=position, kept=self._kept)
        try:
            await self._apply_on(position, queue, saving, stop)
        finally:
            await saving.drop()

    async def _apply_on(
        self, position: Position, queue: HeardQueue, saving: ViewSaving, stop: asyncio.Event
    ) -> None:
        """Apply what is heard, as it comes, until the stream ends."""
        ended, took_at, backlog = False, self._clock.monotonic(), Backlog()
        while not ended:
            batch, ended = await at_hand(queue)
            if not batch:
                continue
            await self._view.check()
            if self._rebuild_asked:
                raise _RebuildError("an operator asked for it")
            if backlog.begins(len(news_of(batch)), self._clock.monotonic()) and not ended:
                await saving.finish(position)
                position, ended = await self._work_off(backlog, batch, position, queue)
                continue
            since_s, took_at = self._clock.monotonic() - took_at, self._clock.monotonic()
            for first in range(0, len(batch), AT_ONCE):
                position = await self._take(position, batch[first : first + AT_ONCE])
                await saving.go_on(position)
            if batch[-1].at is not None:
                flood = len(ids_of(batch)) > FLOOD_PER_S * max(since_s, APPLY_GAP_S)
                await self._gather(queue, took_at + (FLOOD_GAP_S if flood else APPLY_GAP_S), stop)
        await saving.finish(position)

    async def _work_off(
        self, backlog: Backlog, batch: Sequence[Heard], position: Position, queue: HeardQueue
    ) -> tuple[Position, bool]:
        """Take in a backlog that begins with a batch; return the position behind it, and whether the stream has ended."""
        _log.info("view_backlog", outcome="begun")

        def over(heard_now: Sequence[Heard]) -> bool:
            return self._rebuild_asked or backlog.ends(len(news_of(heard_now)), self._clock.monotonic())

        catching_up = CatchingUp(
            self._record, self._view, self._file, self._clock, self._caught, answering=True
        )
        self._phase("catching_up")
        self.working_off = True
        try:
            position, goes_on = await catching_up.run(position, queue, over, begun=batch)
        finally:
            self.working_off = False
            self._phase("level")
        _log.info("view_backlog", outcome="ok")
        return position, not goes_on

    async def _gather(self, queue: HeardQueue, until: float, stop: asyncio.Event) -> None:
        """Let further changes come in until a moment of the clock, while there is room for them."""
        while not queue.full() and (left_s := until - self._clock.monotonic()) > 0:
            if await pause(stop, min(left_s, APPLY_GAP_S)):
                return

    async def _take(self, position: Position, batch: list[Heard]) -> Position:
        """Apply a batch and return the position behind it."""
        ids, last = ids_of(batch), batch[-1]
        if ids:
            await self._refresh(ids, news_of(batch))
        self._shown(ids, last)
        return position_behind(position, last)

    def _caught(self, taken: Taken, last: Heard) -> None:
        """Note what has become visible while catching up; the position behind it is kept."""
        self._metrics.indexed.inc(len(taken))
        if self.caught_up:
            self._observe(taken.values())
        self._kept()
        self._shown(taken.keys(), last)

    def _kept(self) -> None:
        if self._state.trouble:
            _log.info("view_written_again", outcome="ok")
            self._state = replace(self._state, trouble="")

    def _shown(self, ids: Collection[str], last: Heard) -> None:
        """Tell that everything up to a step of the stream is visible."""
        shown_at = last.heard_at if last.at is None else last.at.time + self._offset_s
        self._shown_at = max(self._shown_at or 0.0, min(last.heard_at, shown_at))
        if ids:
            self._on_visible(sorted(ids))

    async def _refresh(self, ids: set[str], news: set[str]) -> None:
        """Make the view show these articles as the record has them now."""
        documents = await self._record.by_ids(sorted(ids))
        changes = readable(documents)
        await self._view.apply(changes, sorted(ids - {document["_id"] for document in documents}))
        self._metrics.indexed.inc(len(changes))
        if self.caught_up:
            self._observe(document.get("stored_at") for document in documents if document["_id"] in news)

    def _observe(self, stored_at: Iterable[datetime | None]) -> None:
        now = self._clock.now()
        for stored in stored_at:
            if stored is not None:
                self._metrics.visible_seconds.observe(max(0.0, (now - stored).total_seconds()))

    def _level(self, *, caught_up: bool) -> None:
        if caught_up:
            _log.info("view_caught_up", outcome="ok")
        # A view that was followed and is lost is built anew: nothing is waited for unless MongoDB is away.
        followed = self._state.phase in {"level", "catching_up"}
        self._phase("level" if caught_up else "building" if followed else self._state.phase)
        self.caught_up = caught_up
        self._metrics.view_ready.set(1 if caught_up else 0)

    def _phase(self, phase: Phase) -> None:
        self._state = replace(self._state, phase=phase)
