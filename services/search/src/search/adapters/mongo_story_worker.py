"""The one worker that finds out which articles tell the same story: lease -> changes -> domain/stories.py -> `story`.

Of all replicas the one that holds the lease works. It keeps the articles of the days at hand in memory, reads further days
as articles of theirs change, and reads a changed article as it is now: so a change heard twice, or late, does no harm.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import date, timedelta

import structlog

from search.adapters.mongo_story_record import Known, MongoStoryRecord, Place, hear
from search.domain.stories import WINDOW, Stories
from search.metrics import Metrics
from shared.bus.waiting import pause
from shared.clock import Clock
from shared.mongo import ChangeStreamLostError, MongoUnavailableError
from shared.outbox.leases import LEASE_S, RENEW_S, Leases
from shared.query.dates import EARLIEST, clamp

_log = structlog.get_logger()

MOST_DAYS = 21
"""Days kept in memory. Beyond it all are forgotten and read again as needed: a backfill walks through years."""

_BATCH = 1000
_AT_ONCE = 100
"""Articles grouped without a look at whether to stop."""

_GATHER_S = 0.2
_RETRY_S = 1.0
_REFUSED_RETRY_S = 15.0
"""After what nobody foresaw: all days at hand are read anew then."""

_IDLE_SAVE_S = 10.0

YIELD_S = 60.0
"""Longest that grouping waits for more urgent work that has no end."""

_YIELD_LOOK_S = 0.2
_WORK = 0


class _EndedError(Exception):
    """Another replica may have the work by now, or this one is to stop."""


class _Memory:
    """The stories of the days at hand, and what of them is known to be all."""

    def __init__(self) -> None:
        self.stories = Stories()
        self.days: set[date] = set()
        self.whole: set[str] = set()


class MongoStoryWorker:
    """Sets `story` on the articles that tell one together, on one replica at a time.

    Args:
        record: the record.
        owner: this process's name.
        clock: tells how long nothing came.
        metrics: search's.
        busy: whether the service has more urgent work now: grouping then waits, for a while.
        lease_s: how long the lease lasts without renewal, in seconds.
        renew_s: seconds between two renewals.
    """

    def __init__(
        self,
        record: MongoStoryRecord,
        *,
        owner: str,
        clock: Clock,
        metrics: Metrics,
        busy: Callable[[], bool] = lambda: False,
        lease_s: float = LEASE_S,
        renew_s: float = RENEW_S,
    ) -> None:
        self._record = record
        self._clock = clock
        self._metrics = metrics
        self._busy = busy
        self._patient_until = clock.monotonic() + YIELD_S
        self._renew_s = renew_s
        # A restarted process is another worker: its name must be new.
        self._leases = Leases(record.leases, f"{owner}:{uuid.uuid4().hex[:12]}", lease_s=lease_s, buckets=1)
        self._memory = _Memory()
        self._saved_at = 0.0
        self._stop = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Work whenever this replica holds the lease, until `stop` is set; survives the loss of MongoDB."""
        self._stop = stop
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._keep_lease())
                tasks.create_task(self._keep_working())
        finally:
            self._metrics.stories_worker.set(0)
            try:
                await self._leases.release_all()
            except MongoUnavailableError as error:
                _log.warning("stories_lease_not_released", reason=str(error))

    async def _keep_lease(self) -> None:
        while not self._stop.is_set():
            try:
                await self._leases.renew()
            except MongoUnavailableError as error:
                _log.warning("stories_lease_not_renewed", reason=str(error), outcome="retry")
                await pause(self._stop, _RETRY_S)
            else:
                await pause(self._stop, self._renew_s)

    async def _keep_working(self) -> None:
        while not self._stop.is_set():
            epoch = self._leases.epoch(_WORK)
            self._metrics.stories_worker.set(0 if epoch is None else 1)
            if epoch is None:
                await pause(self._stop, min(_RETRY_S, self._renew_s))
                continue
            self._memory = _Memory()
            try:
                await self._work(epoch)
            except _EndedError:
                _log.info("stories_work_ended", epoch=epoch, outcome="ok")
            except ChangeStreamLostError as error:
                _log.warning("stories_place_lost", reason=str(error), outcome="read_all")
                await self._forget_place(epoch)
                await pause(self._stop, _RETRY_S)
            except MongoUnavailableError as error:
                _log.warning("stories_work_failed", reason=str(error), outcome="retry")
                await pause(self._stop, _RETRY_S)
            except Exception as error:  # noqa: BLE001  grouping is an addition: it must not end what stores and answers
                _log.exception("stories_work_failed", reason=type(error).__name__, outcome="retry")
                await pause(self._stop, _REFUSED_RETRY_S)

    async def _forget_place(self, epoch: int) -> None:
        try:
            await self._record.save(None, epoch)
        except MongoUnavailableError as error:
            _log.warning("stories_work_failed", reason=str(error), outcome="retry")

    async def _work(self, epoch: int) -> None:
        place = await self._record.place(epoch)
        if place is None:
            place = Place(None, await self._record.now())
            await self._read_all(epoch)
            await self._save(place, epoch)
        _log.info("stories_followed", epoch=epoch, resumed=place.token is not None, outcome="ok")
        async with self._record.changes(place) as stream:
            while True:
                await self._yield(epoch)
                ids, token = await hear(stream, most=_BATCH, within_s=_GATHER_S)
                self._check(epoch)
                await self._take(ids, epoch)
                if ids or self._clock.monotonic() - self._saved_at > _IDLE_SAVE_S:
                    await self._save(Place(token, place.time), epoch)

    async def _read_all(self, epoch: int) -> None:
        """Group all articles that there are, day by day."""
        day = await self._record.day_from(EARLIEST.date())
        while day is not None:
            await self._yield(epoch)
            await self._load({day}, epoch)
            await self._tell()
            day = await self._record.day_from(day + timedelta(days=1))

    async def _yield(self, epoch: int) -> None:
        """Wait while there is more urgent work, for so long of it as there is patience."""
        while self._busy() and self._clock.monotonic() < self._patient_until:
            await pause(self._stop, _YIELD_LOOK_S)
            self._check(epoch)
        if not self._busy():
            self._patient_until = self._clock.monotonic() + YIELD_S

    async def _take(self, ids: set[str], epoch: int) -> None:
        """Take in what changed, and tell the record what follows from it."""
        if not ids:
            return
        known = await self._record.read(ids)
        await self._load({clamp(one.teller.published_at).date() for one in known if one.teller}, epoch)
        # What an article leaves, by an edit or a withdrawal, it may have held together.
        left = {one.story for one in known if one.story} | {one.id for one in known if not one.teller}
        await self._complete(left, epoch)
        await self._enter(known, epoch)
        await self._tell()

    async def _load(self, days: Iterable[date], epoch: int) -> None:
        """Have all articles in memory that may be joined with articles of some days, and all of their stories."""
        if len(self._memory.days) > MOST_DAYS:
            self._memory = _Memory()
        around = range(-WINDOW.days, WINDOW.days + 1)
        wanted = {day + timedelta(days=shift) for day in days for shift in around} - self._memory.days
        for first, last in _runs(wanted):
            stories = await self._enter_all(self._record.published(first, last), epoch)
            await self._complete(stories, epoch)
        self._memory.days |= wanted

    async def _complete(self, stories: set[str], epoch: int) -> None:
        """Have all articles of some stories in memory, however far apart their days are."""
        missing = stories - self._memory.whole
        if missing:
            await self._enter_all(self._record.telling(missing), epoch)
            self._memory.whole |= missing

    async def _enter_all(self, pages: AsyncIterator[list[Known]], epoch: int) -> set[str]:
        stories = set[str]()
        async for page in pages:
            await self._enter(page, epoch)
            stories |= {one.story for one in page if one.story}
        return stories

    async def _enter(self, known: list[Known], epoch: int) -> None:
        # A thousand articles take a tenth of a second, and of alike ones more: not on the loop that answers requests.
        for start in range(0, len(known), _AT_ONCE):
            self._check(epoch)
            await asyncio.to_thread(_enter, self._memory.stories, known[start : start + _AT_ONCE])

    async def _tell(self) -> None:
        news = self._memory.stories.to_record()
        self._memory.whole |= {story for story in news.values() if story}
        if news:
            await self._record.tell(news)
            self._metrics.stories_changed.inc(len(news))

    async def _save(self, place: Place, epoch: int) -> None:
        if not await self._record.save(place, epoch):
            raise _EndedError
        self._saved_at = self._clock.monotonic()

    def _check(self, epoch: int) -> None:
        if self._stop.is_set() or self._leases.epoch(_WORK) != epoch:
            raise _EndedError


def _enter(stories: Stories, known: list[Known]) -> None:
    for one in known:
        if one.teller is None:
            stories.remove(one.id, one.story)
        else:
            stories.put(one.teller, one.story)


def _runs(days: set[date]) -> list[tuple[date, date]]:
    """Return days as runs of days that follow each other: first and last of each."""
    runs: list[tuple[date, date]] = []
    for day in sorted(days):
        if runs and runs[-1][1] + timedelta(days=1) == day:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs
