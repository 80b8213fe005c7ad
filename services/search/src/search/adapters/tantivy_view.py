"""The view that answers: a Tantivy index in a folder of our own, changed by one thread, read by several.

A commit is invisible until `reload()`; without it, Tantivy looks for news every half second only.
"""

import asyncio
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import structlog
from tantivy import Index, IndexWriter, Searcher
from tantivy import Query as TantivyQuery

from search.adapters.tantivy_collapse import CollapsedQuestion, story_sizes
from search.adapters.tantivy_question import Question
from search.adapters.tantivy_schema import Compiler, build_schema, to_document
from search.domain.article import Article, Change
from search.domain.results import Ask, Found
from shared.query import Query

_log = structlog.get_logger()

Value = TypeVar("Value")

READERS = 4
"""Searches that may run at once; further ones wait."""


class TantivyView:
    """An index on this machine that only its own process writes.

    Args:
        folder: where the index lives; made when missing, made anew when it cannot be read.
        heap_bytes: memory of the writer before it writes a segment.
    """

    def __init__(self, folder: Path, heap_bytes: int) -> None:
        self._folder = folder
        self._heap_bytes = heap_bytes
        self._schema = build_schema()
        self._compiler = Compiler(self._schema)
        self._writing = ThreadPoolExecutor(1, thread_name_prefix="search-write")
        self._reading = ThreadPoolExecutor(READERS, thread_name_prefix="search-read")
        self._index: Index
        self._writer: IndexWriter

    async def open(self) -> bool:
        """Open the index; False when it had to be made, and so is empty."""
        return await self._in(self._writing, self._open)

    async def apply(self, changes: Sequence[Change]) -> None:
        """Make changes visible: when this returns, a search sees them and a crash does not undo them."""
        await self._in(self._writing, lambda: self._apply(changes))

    async def forget(self, ids: Sequence[str]) -> None:
        """Remove articles that the record no longer knows."""
        await self._in(self._writing, lambda: self._forget(ids))

    async def clear(self) -> None:
        """Remove everything, before it is built anew."""
        await self._in(self._writing, self._clear)

    async def search(self, ask: Ask) -> Found:
        """Return what was asked for; past the end there are no articles, but the total stands."""
        return await self._in(self._reading, lambda: self._search(ask))

    async def order(self, query: Query, fresh_at: datetime | None) -> list[str]:
        """Return the ids of the articles that answer a query, by relevance: `DEEPEST` at most."""
        return await self._in(self._reading, lambda: self._order(query, fresh_at))

    async def among(self, query: Query, ids: Sequence[str]) -> Found:
        """Return those of some articles that answer a query, in the order of `ids`; the total is the query's."""
        return await self._in(self._reading, lambda: self._among(query, ids))

    async def revision_of(self, article_id: str) -> int | None:
        """Return which revision of an article can be found here, or None."""
        return await self._in(self._reading, lambda: self._revision_of(article_id))

    async def count(self) -> int:
        """Return how many articles can be found here."""
        return await self._in(self._reading, lambda: self._index.searcher().num_docs)

    async def close(self) -> None:
        """Finish what is being written and let go of the folder."""
        await self._in(self._writing, self._close)
        self._writing.shutdown()
        self._reading.shutdown()

    async def _in(self, pool: ThreadPoolExecutor, work: Callable[[], Value]) -> Value:
        return await asyncio.get_running_loop().run_in_executor(pool, work)

    # In the writer's thread

    def _open(self) -> bool:
        existed = self._folder.is_dir() and Index.exists(str(self._folder))
        try:
            self._begin()
        except (ValueError, OSError, RuntimeError) as error:
            if not existed:
                raise
            _log.warning("view_discarded", reason=str(error)[:300], outcome="rebuild")
            shutil.rmtree(self._folder)
            self._begin()
            return False
        return existed

    def _begin(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._index = Index(self._schema, path=str(self._folder))
        self._index.config_reader(reload_policy="manual")
        self._writer = self._index.writer(self._heap_bytes, num_threads=1)
        self._index.reload()

    def _apply(self, changes: Sequence[Change]) -> None:
        latest = {change.id: change for change in changes}
        for change in latest.values():
            self._writer.delete_documents_by_term("id", change.id)
            if isinstance(change, Article):
                self._writer.add_document(to_document(change, self._schema))
        self._commit()

    def _forget(self, ids: Sequence[str]) -> None:
        for article_id in ids:
            self._writer.delete_documents_by_term("id", article_id)
        self._commit()

    def _clear(self) -> None:
        self._writer.delete_all_documents()
        self._commit()

    def _commit(self) -> None:
        self._writer.commit()
        self._index.reload()

    def _close(self) -> None:
        self._writer.wait_merging_threads()

    # In a reader's thread

    def _revision_of(self, article_id: str) -> int | None:
        searcher = self._index.searcher()
        hits = searcher.search(self._compiler.by_id(article_id), limit=1, count=False).hits
        if not hits:
            return None
        value = searcher.fast_field_values("rev", [hits[0][1]])[0]
        return None if value is None else int(value)

    def _search(self, ask: Ask) -> Found:
        searcher, query = self._asked(ask.query, ranked=ask.sort == "relevance")
        question = Question(searcher, self._compiler, query)
        collapsed = CollapsedQuestion(searcher, self._compiler, query)
        found = collapsed.answer(ask) if ask.collapse else question.answer(ask)
        facets = question.facets(ask.facets) if ask.facets else {}
        return replace(found, stories=story_sizes(searcher, self._compiler, found.articles), facets=facets)

    def _order(self, query: Query, fresh_at: datetime | None) -> list[str]:
        searcher, compiled = self._asked(query, ranked=True)
        return Question(searcher, self._compiler, compiled).order(fresh_at)

    def _among(self, query: Query, ids: Sequence[str]) -> Found:
        searcher, compiled = self._asked(query, ranked=False)
        found = Question(searcher, self._compiler, compiled).among(ids)
        return replace(found, stories=story_sizes(searcher, self._compiler, found.articles))

    def _asked(self, query: Query, *, ranked: bool) -> tuple[Searcher, TantivyQuery]:
        return self._index.searcher(), self._compiler.compile(query, ranked=ranked)
