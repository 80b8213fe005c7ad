"""Processes that analyse articles for the index while a view is built: Python analyses on one core only, whatever there is.

One that dies, or cannot be started, costs nothing but its help: its articles are analysed here, one part after the other.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import structlog

from search.adapters.piped_process import PipedProcess, ProcessLostError, begin
from search.adapters.tantivy_schema import fields_of
from search.domain.article import Article

_log = structlog.get_logger()

_GIVEN_AT_ONCE = 2
"""Pieces of work that a process has, so that it need not wait for the next one while the service reads its answer."""

LOST_AFTER_S = 120.0
"""A process that takes longer for its pieces, of a fifth of a second each, will not answer any more."""


class DocumentWorkers:
    """Some processes; made by `open_workers`."""

    def __init__(self, processes: Sequence[PipedProcess]) -> None:
        self._idle: asyncio.Queue[PipedProcess | None] = asyncio.Queue()
        self._here = asyncio.Lock()
        self.processes = processes
        for process in [*processes] * _GIVEN_AT_ONCE:
            self._idle.put_nowait(process)

    async def fields(self, articles: Sequence[Article]) -> list[dict[str, object]]:
        """Return the fields of the articles' documents, in their order."""
        process = await self._idle.get() if self.processes else None
        if process is None:
            self._idle.put_nowait(None)
            return await self._made_here(articles)
        try:
            async with asyncio.timeout(LOST_AFTER_S):
                made = await process.do(_fields, list(articles))
        except (ProcessLostError, TimeoutError) as error:
            _log.warning("document_worker_lost", reason=repr(error), outcome="done without")
            self._idle.put_nowait(None)
            return await self._made_here(articles)
        except BaseException:
            # The place stays, or whoever comes later waits for it for ever.
            self._idle.put_nowait(None)
            raise
        self._idle.put_nowait(process)
        return made

    async def _made_here(self, articles: Sequence[Article]) -> list[dict[str, object]]:
        # Several threads would be no faster, and take Python away from whoever answers.
        async with self._here:
            return await asyncio.to_thread(_fields, articles)


@asynccontextmanager
async def open_workers(count: int, niceness: int = 0) -> AsyncIterator[DocumentWorkers]:
    """Start so many processes, or as many as can be, and end them with the block; none at all is fine too.

    Args:
        count: how many.
        niceness: by how much they stand back behind others; 19 at most.
    """
    processes = list[PipedProcess]()
    try:
        try:
            for _ in range(count):
                processes.append(await begin(niceness))
        except OSError as error:
            _log.warning("document_worker_not_started", reason=repr(error), outcome="done without")
        yield DocumentWorkers(processes)
    finally:
        # First all of them: whoever is told to stop now may not come to the second.
        for process in processes:
            process.kill()
        for process in processes:
            await process.end()


def _fields(articles: Sequence[Article]) -> list[dict[str, object]]:
    return [fields_of(article) for article in articles]
