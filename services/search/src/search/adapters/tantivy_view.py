"""The view that answers: a Tantivy index in a folder of our own, changed by one thread, read by several.

A commit is invisible until `reload()`; without it, Tantivy looks for news every half second only.
"""

import asyncio
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import structlog
from tantivy import DocAddress, Index, IndexWriter, Searcher
from tantivy import Query as TantivyQuery

from search.adapters.tantivy_schema import Compiler, build_schema, from_document, to_document
from search.domain.article import HIGHEST_KEY, Article, Change
from search.domain.results import DEEPEST, Ask, Found, Newest, Ranked

_log = structlog.get_logger()

Value = TypeVar("Value")
Hit = tuple[Any, DocAddress]

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
        ranked = ask.sort == "relevance"
        query = self._compiler.compile(ask.query, ranked=ranked)
        question = _Question(self._index.searcher(), self._compiler, query)
        return question.ranked(ask) if ranked else question.newest(ask)


class _Question:
    """One query asked of one unchanging state of the index."""

    def __init__(self, searcher: Searcher, compiler: Compiler, query: TantivyQuery) -> None:
        self._searcher = searcher
        self._compiler = compiler
        self._query = query

    def ranked(self, ask: Ask) -> Found:
        """Answer by relevance; articles of one page that score alike stand newest first."""
        start = ask.behind.count if isinstance(ask.behind, Ranked) else ask.start
        total, hits = self._hits(self._query, start, ask.limit, None)
        scored = [(score, self._article(address)) for score, address in hits]
        scored.sort(key=lambda pair: (-pair[0], -pair[1].key, pair[1].id))
        end = start + len(scored)
        more = scored and end < min(total, DEEPEST)
        return Found(total, tuple(article for _, article in scored), Ranked(end) if more else None)

    def newest(self, ask: Ask) -> Found:
        """Answer newest first; articles of equal keys, which are rare, stand in the order of their ids."""
        if isinstance(ask.behind, Newest):
            query = self._compiler.with_keys(self._query, 0, ask.behind.key)
            twins = self._twins(self._query, ask.behind.key)
            start = sum(article.id <= ask.behind.id for article in twins)
            total = self._count(self._query)
        else:
            query, start, total = self._query, ask.start, None
        found, articles = self._window(query, start, ask.limit)
        last = articles[-1] if articles and start + len(articles) < found else None
        return Found(
            found if total is None else total, tuple(articles), Newest(last.key, last.id) if last else None
        )

    def _window(self, query: TantivyQuery, start: int, limit: int) -> tuple[int, list[Article]]:
        """Return the total and the articles from `start` on, right even where equal keys lie across an edge.

        One hit more is taken on either side: when its key equals its neighbour's, all of that key are fetched.
        """
        first = max(start - 1, 0)
        total, hits = self._hits(query, first, start - first + limit + 1, "key")
        placed = dict(enumerate(self._in_order(hits), start=first))
        keys = [key for key, _ in hits]
        edges = set(keys[:1]) if start and keys[:1] == keys[1:2] else set()
        if len(keys) == start - first + limit + 1 and keys[-1:] == keys[-2:-1]:
            edges.add(keys[-1])
        for key in edges:
            above = self._count(self._compiler.with_keys(query, key + 1, HIGHEST_KEY))
            placed |= dict(enumerate(self._twins(query, key), start=above))
        wanted = range(start, start + limit)
        return total, [placed[place] for place in wanted if place in placed]

    def _in_order(self, hits: Sequence[Hit]) -> list[Article]:
        articles = [self._article(address) for _, address in hits]
        return sorted(articles, key=lambda article: (-article.key, article.id))

    def _twins(self, query: TantivyQuery, key: int) -> list[Article]:
        same = self._compiler.with_keys(query, key, key)
        count = self._count(same)
        return self._in_order(self._hits(same, 0, count, "key")[1]) if count else []

    def _count(self, query: TantivyQuery) -> int:
        return self._hits(query, 0, 1, "key")[0]

    def _hits(
        self, query: TantivyQuery, start: int, limit: int, order: str | None
    ) -> tuple[int, Sequence[Hit]]:
        result = self._searcher.search(query, limit=limit, offset=start, order_by_field=order)
        return result.count, result.hits  # type: ignore[attr-defined]  # it has a count that its stub leaves out

    def _article(self, address: DocAddress) -> Article:
        return from_document(self._searcher.doc(address))
