"""Applies what changed in the record while a view was not followed, before anybody is answered from it.

So it is applied as fast as it goes, in the way of a scan: the next articles are read while those before are analysed, by
processes that help where there are many, and committed seldom.
"""

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from functools import partial

from search.adapters.mongo_heard import Heard, HeardQueue, at_hand, ids_of, position_behind
from search.adapters.mongo_record import MongoRecord, readable
from search.adapters.position_file import Position, PositionFile
from search.adapters.view_intake import ViewIntake
from search.ports import View
from shared.clock import Clock
from shared.mongo import Timestamp

AT_ONCE = 250
"""Articles of one part: while it is written the next one is analysed, and the last one's writing is waited for."""

MANY = 400
"""So many articles in what was heard at once mean that far more wait, as the stream tells no more than 500 at once."""


class CatchingUp:
    """One catching up.

    Args:
        record: what to read.
        view: what to bring level with it.
        file: where the position is kept.
        clock: tells when to commit.
        tell: called with the articles that have become visible, and the last step of the stream that is shown.
    """

    def __init__(
        self,
        record: MongoRecord,
        view: View,
        file: PositionFile,
        clock: Clock,
        tell: Callable[[set[str], Heard], None],
    ) -> None:
        self._record = record
        self._view = view
        self._tell = tell
        self._intake = ViewIntake(view, file, clock)

    async def run(self, position: Position, queue: HeardQueue, until: Timestamp) -> tuple[Position, bool]:
        """Apply what is heard up to a time of the record's.

        Returns:
            The position behind it, and whether the view is to be followed on: not where the stream has ended.

        Raises:
            MongoUnavailableError: MongoDB does not answer now.
            ViewNotWrittenError: the view cannot be written now; go on from the saved position.
            ViewDamagedError: the view cannot be trusted any more.
        """
        async with AsyncExitStack() as helpers:
            try:
                return await self._run(position, queue, until, helpers)
            finally:
                await self._intake.drop()

    async def _run(
        self, position: Position, queue: HeardQueue, until: Timestamp, helpers: AsyncExitStack
    ) -> tuple[Position, bool]:
        taken, helped, level, ended = set[str](), False, False, False
        while not (level or ended):
            batch, ended = await at_hand(queue)
            if not batch:
                continue
            ids, last = sorted(ids_of(batch)), batch[-1]
            if len(ids) >= MANY and not helped:
                await helpers.enter_async_context(self._view.loading(None))
                helped = True
            for first in range(0, len(ids), AT_ONCE):
                await self._take(ids[first : first + AT_ONCE])
            taken.update(ids)
            position = position_behind(position, last)
            level = last.at is None or last.at >= until
            if level or ended:
                await self._intake.finish(position)
                self._tell(taken, last)
            elif self._intake.due:
                self._intake.keep(position, partial(self._tell, taken, last))
                taken = set()
        return position, not ended

    async def _take(self, ids: Sequence[str]) -> None:
        """Read articles and begin to take them in.

        One reading after the other: of an article that changes twice, what is read last must be taken in last.
        """
        documents = await self._record.by_ids(ids)
        gone = set(ids).difference(document["_id"] for document in documents)
        await self._intake.take(readable(documents), sorted(gone), replace=True)
