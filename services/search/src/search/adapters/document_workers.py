"""Processes that analyse articles for the index while a view is built: Python analyses on one core only, whatever there is.

A process reads articles from its standard input and writes fields to its output, so it ends by itself when the service is
gone, however that died. One that dies costs nothing but its help: its articles are analysed here.
"""

import asyncio
import pickle
import struct
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import structlog

from search.adapters.tantivy_schema import fields_of
from search.domain.article import Article

_log = structlog.get_logger()

_LENGTH = struct.Struct("<Q")
_END_WITHIN_S = 5.0


class DocumentWorkers:
    """Some processes; made by `open_workers`."""

    def __init__(self, processes: Sequence[Process]) -> None:
        self._idle: asyncio.Queue[Process | None] = asyncio.Queue()
        self.processes = processes
        for process in processes:
            self._idle.put_nowait(process)

    async def fields(self, articles: Sequence[Article]) -> list[dict[str, object]]:
        """Return the fields of the articles' documents, in their order."""
        process = await self._idle.get() if self.processes else None
        if process is None:
            self._idle.put_nowait(None)
            return await asyncio.to_thread(_fields, articles)
        try:
            made = await _asked(process, articles)
        except (OSError, EOFError, asyncio.IncompleteReadError) as error:
            _log.warning("document_worker_lost", reason=repr(error)[:200], outcome="done without")
            self._idle.put_nowait(None)
            return await asyncio.to_thread(_fields, articles)
        self._idle.put_nowait(process)
        return made


@asynccontextmanager
async def open_workers(count: int) -> AsyncIterator[DocumentWorkers]:
    """Start so many processes and end them with the block; none at all is fine too."""
    processes = [
        await asyncio.create_subprocess_exec(sys.executable, "-m", __name__, stdin=PIPE, stdout=PIPE)
        for _ in range(count)
    ]
    try:
        yield DocumentWorkers(processes)
    finally:
        for process in processes:
            await _ended(process)


async def _asked(process: Process, articles: Sequence[Article]) -> list[dict[str, object]]:
    assert process.stdin is not None  # noqa: S101  both are pipes, see open_workers
    assert process.stdout is not None  # noqa: S101
    body = pickle.dumps(list(articles))
    process.stdin.write(_LENGTH.pack(len(body)) + body)
    await process.stdin.drain()
    (length,) = _LENGTH.unpack(await process.stdout.readexactly(_LENGTH.size))
    made: list[dict[str, object]] = pickle.loads(await process.stdout.readexactly(length))  # noqa: S301  our own words
    return made


async def _ended(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(_END_WITHIN_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _fields(articles: Sequence[Article]) -> list[dict[str, object]]:
    return [fields_of(article) for article in articles]


def _work(tasks: Any, answers: Any) -> None:
    """Answer one list of articles after the other, until the service closes the pipe."""
    while len(head := tasks.read(_LENGTH.size)) == _LENGTH.size:
        articles = pickle.loads(tasks.read(_LENGTH.unpack(head)[0]))  # noqa: S301  the service's own words
        body = pickle.dumps(_fields(articles))
        answers.write(_LENGTH.pack(len(body)) + body)
        answers.flush()


if __name__ == "__main__":
    _work(sys.stdin.buffer, sys.stdout.buffer)
