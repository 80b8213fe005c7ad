"""Applies what changed in the record and is far too much to be shown article by article: after a start, and in a backlog.

So it is applied as fast as it goes, in the way of a scan: the next articles are read while those before are analysed, by
processes that help where there are many, and committed seldom.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AsyncExitStack
from datetime import datetime
from functools import partial

from search.adapters.mongo_heard import Heard, HeardQueue, at_hand, ids_of, news_of, position_behind
from search.adapters.mongo_record import MongoRecord, readable
from search.adapters.position_file import Position, PositionFile
from search.adapters.view_intake import COMMIT_EVERY_S, IDLE_COMMIT_EVERY_S, ViewIntake
from search.domain import backlog
from search.ports import View
from shared.clock import Clock
from shared.mongo import MongoUnavailableError

AT_ONCE = 500
"""Articles of one part: while it is written the next one is analysed, and the last one's writing is waited for."""

SHOW_EVERY_S = 10.0
"""From one commit to the next where the view answers meanwhile: so long, and for a commit, what was taken in stays unseen."""

Taken = Mapping[str, datetime | None]
"""Articles that have become visible, and when their new revisions were stored; None where nothing but their story is new."""


class CatchingUp:
    """One catching up.

    Args:
        record: what to read.
        view: what to bring level with it.
        file: where the position is kept.
        clock: tells when to commit.
        tell: called with the articles that have become visible, and the last step of the stream that is shown.
        answering: whether the view answers meanwhile: it then shows sooner what it has, and those who help stand back.
    """

    def __init__(
        self,
        record: MongoRecord,
        view: View,
        file: PositionFile,
        clock: Clock,
        tell: Callable[[Taken, Heard], None],
        *,
        answering: bool = False,
    ) -> None:
        self._record = record
        self._view = view
        self._tell = tell
        self._answering = answering
        every_s = SHOW_EVERY_S if answering else COMMIT_EVERY_S
        self._intake = ViewIntake(view, file, clock, commit_every_s=every_s)
        self._taken: dict[str, datetime | None] = {}
        self._last: Heard | None = None

    async def run(
        self,
        position: Position,
        queue: HeardQueue,
        level: Callable[[Sequence[Heard]], bool],
        *,
        begun: Sequence[Heard] = (),
    ) -> tuple[Position, bool]:
        """Apply what is heard until the view is level with the record, at the latest when nothing new comes.

        Args:
            position: the one behind all that is applied.
            queue: what was heard since.
            level: tells whether the view is level once a batch of what was heard is applied.
            begun: the first of it, if that was taken from the queue already.

        Returns:
            The position behind it, and whether the view is to be followed on: not where the stream has ended.

        Raises:
            MongoUnavailableError: MongoDB does not answer now.
            ViewNotWrittenError: the view cannot be written now; go on from the saved position.
            ViewDamagedError: the view cannot be trusted any more.
        """
        self._position = position
        async with AsyncExitStack() as helpers:
            try:
                goes_on = await self._run(queue, level, list(begun), helpers)
                await self._finish()
            except MongoUnavailableError:
                if self._answering:
                    # It may be away for long, and what was taken in is to be seen meanwhile.
                    await self._finish()
                raise
            finally:
                await self._intake.drop()
        return self._position, goes_on

    async def _run(
        self,
        queue: HeardQueue,
        level: Callable[[Sequence[Heard]], bool],
        batch: list[Heard],
        helpers: AsyncExitStack,
    ) -> bool:
        """Take in what is heard; return whether the view is to be followed on."""
        helped, is_level, ended = False, False, False
        while not (is_level or ended):
            if not batch:
                batch, ended = await self._hear(queue)
            if not batch:
                continue
            ids = sorted(ids_of(batch))
            # Where the view answers there is far more to come than this batch.
            if (self._answering or len(ids) >= backlog.MANY) and not helped:
                await helpers.enter_async_context(self._view.loading(None, answering=self._answering))
                helped = True
            news = news_of(batch)
            for first in range(0, len(ids), AT_ONCE):
                await self._take(ids[first : first + AT_ONCE], news)
            self._last = batch[-1]
            self._position = position_behind(self._position, self._last)
            is_level = self._last.at is None or level(batch)
            batch = []
            if not (is_level or ended):
                self._keep(all_taken=self._answering and len(ids) < backlog.MANY and queue.empty())
        return not ended

    async def _hear(self, queue: HeardQueue) -> tuple[list[Heard], bool]:
        """Return what is heard next; where nothing is for a while, what was taken in is kept meanwhile."""
        while self._answering and self._taken:
            try:
                async with asyncio.timeout(IDLE_COMMIT_EVERY_S):
                    return await at_hand(queue)
            except TimeoutError:
                self._keep(all_taken=True)
        return await at_hand(queue)

    def _keep(self, *, all_taken: bool) -> None:
        """Begin to commit what was taken in, if it is time to."""
        if self._last is not None and self._intake.due(all_taken=all_taken):
            taken, self._taken = self._taken, {}
            self._intake.keep(self._position, partial(self._tell, taken, self._last))

    async def _finish(self) -> None:
        """Commit all that was taken in, and tell it."""
        if self._last is not None:
            await self._intake.finish(self._position)
            self._tell(self._taken, self._last)
            self._taken = {}

    async def _take(self, ids: Sequence[str], news: AbstractSet[str]) -> None:
        """Read articles and begin to take them in.

        One reading after the other: of an article that changes twice, what is read last must be taken in last.
        """
        documents = await self._record.by_ids(ids)
        stored_at = {document["_id"]: document.get("stored_at") for document in documents}
        await self._intake.take(
            readable(documents), [one for one in ids if one not in stored_at], replace=True
        )
        for one in ids:
            if one in news or one not in self._taken:
                self._taken[one] = stored_at.get(one) if one in news else None
