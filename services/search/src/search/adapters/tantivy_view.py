"""The view that answers: a Tantivy index in a folder of our own, and above it in memory what it has not committed yet.

What is applied can be found as soon as it is analysed (view_changes.py), and is safe with the next commit, which is invisible
until `reload()`. A writer that met an error, such as a full disk, is of no more use: it is let go, and the next change begins with
a new one at the last commit.
"""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager
from datetime import datetime
from io import BufferedReader
from pathlib import Path
from typing import TypeVar

import structlog
from tantivy import Index, IndexWriter

from search.adapters import asking
from search.adapters.document_workers import DocumentWorkers, open_workers
from search.adapters.folder_look import FolderLook
from search.adapters.free_memory import give_back
from search.adapters.memtable import Row
from search.adapters.shown_revisions import ShownRevisions
from search.adapters.tantivy_errors import cause_of, is_tantivys
from search.adapters.tantivy_folder import META, damage_of, held_files
from search.adapters.tantivy_schema import Compiler, build_schema, by_language, made_of, writer_of
from search.adapters.tantivy_threads import BACKLOG_NICENESS, TantivyThreads
from search.adapters.tiers import Tiers
from search.adapters.view_changes import Made, made_ready
from search.domain.article import Article, Change
from search.domain.results import Ask, Found
from search.ports import IndexUnavailableError, ViewDamagedError, ViewNotWrittenError
from shared.durable import remove_file
from shared.query import Query

_log = structlog.get_logger()

Value = TypeVar("Value")

READERS = 4
"""Searches that may run at once; further ones wait."""

TRUST_S = 60.0
"""A look reads the whole folder, and a hostile query must not have it done again and again."""

WORTH_HELP = 20_000
"""So many articles are worth the second that it takes to start processes."""


class TantivyView:
    """An index on this machine that only its own process writes.

    Args:
        folder: where the index lives; made when missing, made anew when it cannot be trusted.
        heap_bytes: memory of the writer before it writes a segment.
        processes: how many help to analyse while much is loaded.
        trust_s: so long after a look that found nothing wrong, a failing search is taken for the query's own fault.
    """

    def __init__(
        self, folder: Path, heap_bytes: int, *, processes: int = 0, trust_s: float = TRUST_S
    ) -> None:
        self._folder = folder
        self._heap_bytes = heap_bytes
        self._processes = processes
        self._workers = DocumentWorkers(())
        self._trust_s = trust_s
        self._schema = build_schema()
        self._counting = ThreadPoolExecutor(READERS, thread_name_prefix="search-count")
        self._tiers = Tiers(Compiler(self._schema), self._counting)
        self._analysing = ThreadPoolExecutor(1, thread_name_prefix="search-analyse")
        self._writing = ThreadPoolExecutor(1, thread_name_prefix="search-write")
        self._reading = ThreadPoolExecutor(READERS, thread_name_prefix="search-read")
        self._index: Index
        self._writer: IndexWriter | None = None
        self._given: dict[str, Row | None] = {}
        self._failed = self._careful = False
        self._threads = TantivyThreads()
        self._lost = ""
        self._look = FolderLook(folder)
        self._turn = asyncio.Lock()
        self._shown = ShownRevisions()
        self._trusted_at = 0.0
        self.suspected = False
        """True from a search that failed until the folder was looked at: others must answer meanwhile."""

    async def open(self, *, wait: bool = True) -> bool:
        """Open the index; False when it had to be made, and so is empty.

        Every file is read and compared with its checksum, so that a damaged index never answers. A million articles'
        take seconds: without `wait` that goes on beside what is loaded, and until a `check` has seen its end, nothing is
        answered or committed.
        """
        held = ExitStack()
        try:
            files = await self._in(self._writing, lambda: self._open(held))
            if files is None:
                return False
            self._look.begin(files, held)
            if wait:
                await self.check()
        except ViewDamagedError as error:
            held.close()
            _log.warning("view_discarded", reason=str(error), outcome="rebuild")
            await self.clear()
            return False
        return True

    @property
    def unsaved(self) -> int:
        """How many articles are shown that a crash would undo, since they are not committed yet; a long one is several."""
        return self._tiers.state.weight

    async def apply(self, changes: Sequence[Change], gone: Sequence[str] = ()) -> None:
        """Make changes visible: when this returns, a search sees them. They are safe with the next `commit`.

        Raises:
            ViewNotWrittenError: what was applied since the last `commit` cannot be written, and must be applied again
                after `resume`. Until a commit succeeds again, each call commits.
        """
        self._tell_lost()
        made = await self._in(self._analysing, lambda: self._hold(changes, gone))
        # Not waited for: a commit that goes on keeps nothing from being found.
        asyncio.get_running_loop().run_in_executor(self._writing, self._give, made)
        if self._careful:
            await self.commit()

    async def resume(self) -> None:
        """Go on after a ViewNotWrittenError: everything since the last `commit` is about to be brought again."""
        # What an `apply` that was given up analyses still is shown in the end: it must not be above what is loaded next.
        await self._in(self._analysing, lambda: None)
        await self._in(self._writing, self._forgive)

    @asynccontextmanager
    async def loading(self, count: int | None, *, answering: bool = False) -> AsyncIterator[None]:
        """See `View.loading`."""
        helped = count is None or count >= WORTH_HELP
        self._threads.in_backlog = answering
        try:
            async with open_workers(
                self._processes if helped else 0, BACKLOG_NICENESS if answering else 0
            ) as self._workers:
                yield
        finally:
            self._workers = DocumentWorkers(())
            self._threads.in_backlog = False
            await self._in(self._writing, give_back)

    async def load(self, changes: Sequence[Change], gone: Sequence[str] = (), *, replace: bool) -> None:
        """See `View.load`."""
        articles = by_language(change for change in changes if isinstance(change, Article))
        outdated = [*gone, *(change.id for change in changes if replace or not isinstance(change, Article))]
        making = asyncio.create_task(self._workers.fields(articles))
        try:
            # Whoever came first is let in first.
            async with self._turn:
                fields = await making
                if not self._look.going_on or not await self._in(
                    self._writing, self._look.note_before_writing
                ):
                    await self.check()
                await self._in(self._writing, lambda: self._written(lambda: self._load(outdated, fields)))
        finally:
            making.cancel()
            await asyncio.gather(making, return_exceptions=True)

    async def commit(self) -> None:
        """See `View.commit`."""
        if self._look.pending:
            await self.check()
        await self._in(self._writing, lambda: self._written(self._commit))

    async def clear(self) -> None:
        """See `View.clear`."""
        # What an `apply` that was given up analyses still is shown in the end: it must not be above what is built anew.
        await self._in(self._analysing, lambda: None)
        await self._in(self._writing, lambda: self._written(self._make_anew))

    async def check(self) -> None:
        """Look at what is on disk, if a search has failed since the last look.

        Raises:
            ViewDamagedError: it cannot be trusted any more.
        """
        if self._look.pending and await self._look.end():
            self._trust()
            await self._in(self._writing, self._look.note_soundness)
        elif self.suspected:
            await self._in(self._writing, self._examine)

    async def search(self, ask: Ask) -> Found:
        """Return what was asked for; past the end there are no articles, but the total stands.

        Raises:
            IndexUnavailableError: the index cannot be read.
        """
        return await self._in(
            self._reading, lambda: self._read(lambda: asking.answer(self._tiers.state, ask))
        )

    async def order(self, query: Query, fresh_at: datetime | None) -> list[str]:
        """Return the ids of the articles that answer a query, by relevance: `DEEPEST` at most."""
        return await self._in(
            self._reading, lambda: self._read(lambda: asking.order(self._tiers.state, query, fresh_at))
        )

    async def among(self, query: Query, ids: Sequence[str]) -> Found:
        """Return those of some articles that answer a query, in the order of `ids`; the total is the query's."""
        return await self._in(
            self._reading, lambda: self._read(lambda: asking.among(self._tiers.state, query, ids))
        )

    async def revisions_of(self, ids: Collection[str]) -> dict[str, int]:
        """Return which revisions of some articles can be found here; those that cannot are left out.

        Raises:
            IndexUnavailableError: the index cannot be read.
        """
        if self.suspected:
            raise IndexUnavailableError
        held = self._tiers.state.memtable.held
        shown = {one: None if (row := held[one]) is None else row.article.rev for one in ids if one in held}
        shown |= self._shown.among([one for one in ids if one not in shown])
        if others := [article_id for article_id in ids if article_id not in shown]:
            shown |= await self._in(
                self._reading, lambda: self._read(lambda: asking.revisions(self._tiers.state, others))
            )
        return {article_id: rev for article_id, rev in shown.items() if rev is not None}

    async def count(self) -> int:
        """Return how many articles can be found here."""
        return await self._in(self._reading, self._tiers.size)

    async def close(self) -> None:
        """Let go of the folder, once what is being written is; what was not committed is lost."""
        unlooked = await self._look.close()
        await self._in(self._writing, lambda: self._close(unlooked=unlooked))
        for pool in (self._analysing, self._writing, self._reading, self._counting):
            pool.shutdown()

    async def _in(self, pool: ThreadPoolExecutor, work: Callable[[], Value]) -> Value:
        return await asyncio.get_running_loop().run_in_executor(pool, work)

    def _tell_lost(self) -> None:
        if self._lost:
            raise ViewNotWrittenError(self._lost)

    # In the analyser's thread

    def _hold(self, changes: Sequence[Change], gone: Sequence[str]) -> Made:
        """Show changes; return what they look like in both tiers."""
        made = made_ready(changes, gone)
        try:
            self._read(lambda: self._tiers.hold(made.rows))
        except IndexUnavailableError as error:
            raise ViewNotWrittenError("what is there cannot be read") from error
        self._shown.note(made.revisions)
        return made

    # In the writer's thread

    def _open(self, held: ExitStack) -> Collection[BufferedReader] | None:
        """Open the index, and its files, which are to be looked at; None when it had to be made."""
        if not self._folder.is_dir() or not any(self._folder.iterdir()):
            self._make_anew()
            return None
        files = held_files(self._folder, held)
        try:
            self._begin()
        except BaseException as error:
            if not is_tantivys(error):
                raise
            raise ViewDamagedError(str(error)[:300]) from error
        self.suspected = True
        return files.values()

    def _make_anew(self) -> None:
        self._writer = None
        self._look.forget()
        self._given, self._lost = {}, ""
        self._shown.forget()
        if self._folder.exists():
            # First of all: what is left of a folder by a kill, without its notes, must not be trusted.
            remove_file(self._folder / META)
            shutil.rmtree(self._folder)
        self._begin()

    def _begin(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        index = Index(self._schema, path=str(self._folder))
        index.config_reader(reload_policy="manual")
        index.reload()
        # Only now: a search that meets an index in the middle of this fails ("already mutably borrowed").
        self._index = index
        self._tiers.begin(index.searcher())
        self._trust()

    def _trust(self) -> None:
        self._trusted_at = time.monotonic()
        self.suspected = False

    def _written(self, work: Callable[[], Value]) -> Value:
        """Do what may fail for want of room; after a failure the next change gets a new writer, at the last commit."""
        try:
            return work()
        except BaseException as error:
            if not is_tantivys(error):
                raise
            cause = cause_of(error, self._folder.parent)
        # Raised apart from what it comes from, which holds on to the old writer, and so to the folder's lock.
        self._writer, self._given = None, {}
        self._failed = self._careful = True
        self._shown.forget()
        self._lost = cause
        raise ViewNotWrittenError(cause)

    def _load(self, outdated: Sequence[str], fields: Sequence[dict[str, object]]) -> None:
        writer = self._writer or self._new_writer()
        self._shown.forget()
        for article_id in outdated:
            writer.delete_documents_by_term("id", article_id)
        for made in fields:
            writer.add_document(made_of(made, self._schema))
        self._threads.given()
        # What memory has of them, of an `apply` that was given up too, is older, and would hide them once they are committed.
        held = self._tiers.state.memtable.held
        self._given |= {article_id: held[article_id] for article_id in outdated if article_id in held}

    def _new_writer(self) -> IndexWriter:
        writer = self._writer = writer_of(self._index, self._heap_bytes)
        self._threads.begun()
        if self._failed:
            # What the failed one left would fill the disk for ever.
            writer.garbage_collect_files()
            self._failed = False
        return writer

    def _give(self, made: Made) -> None:
        """Give Tantivy what is shown already; a failure is told by every call until `resume`."""
        if self._lost:
            return
        try:
            self._written(lambda: self._write(made))
        except Exception as error:  # noqa: BLE001  whoever calls next is told
            self._lost = str(error) or repr(error)

    def _forgive(self) -> None:
        self._lost = ""

    def _write(self, made: Made) -> None:
        writer = self._writer or self._new_writer()
        for article_id, row in made.rows.items():
            writer.delete_documents_by_term("id", article_id)
            if row is not None:
                writer.add_document(made_of(made.fields[article_id], self._schema))
        self._given |= made.rows

    def _commit(self) -> None:
        self._tell_lost()
        self._look.note_before_committing()
        if self._writer is not None:
            self._writer.commit()
            self._index.reload()
            self._tiers.commit(self._index.searcher(), self._given)
            self._given = {}
            self._careful = False
            self._threads.committed()

    def _examine(self) -> None:
        damage = damage_of(self._folder)
        if damage is not None:
            raise ViewDamagedError(damage)
        self._trust()

    def _close(self, *, unlooked: bool) -> None:
        if self._writer is not None and not unlooked:
            self._writer.wait_merging_threads()
        # To finish what was loaded before files were looked at would begin merges, of files that may be damaged.
        self._writer = None

    # In a reader's thread

    def _read(self, work: Callable[[], Value]) -> Value:
        """Read; what fails may be a damaged file: then the folder is looked at soon, and nothing answered until then."""
        if self.suspected:
            raise IndexUnavailableError
        try:
            return work()
        except BaseException as error:
            if not is_tantivys(error):
                raise
            self.suspected = time.monotonic() - self._trusted_at > self._trust_s
            # Neither the message nor the trace: they may hold the query, and what readers ask is not logged.
            outcome = "suspected" if self.suspected else "error"
            _log.error("view_unreadable", reason=type(error).__name__, outcome=outcome)
            raise IndexUnavailableError from error
