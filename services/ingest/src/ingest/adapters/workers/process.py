"""One worker process as the service sees it: started, asked, ended."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import Sequence

from ingest.adapters.workers.messages import ANSWER, ASK, MAX_ANSWER_BYTES, READY
from shared.child import Child, start_child

START_S = 30.0
"""Longest time in which a worker must have started; it loads some libraries, on a machine that may be busy."""

_PASSED_ON = ("PATH", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TZDIR")
_PIECE_BYTES = 64 * 1024
_READ_AHEAD_BYTES = 64 * 1024


class WorkerEndedError(Exception):
    """A worker ended before it had answered.

    Attributes:
        code: its exit code, negative for a signal.
    """

    def __init__(self, code: int) -> None:
        super().__init__(f"signal {-code}" if code < 0 else f"exit code {code}")
        self.code = code


class WorkerProcess:
    """A running worker; made by `start`."""

    def __init__(self, child: Child) -> None:
        self._child, self._process = child, child.process
        self.documents = 0

    @classmethod
    async def start(cls, arguments: Sequence[str]) -> "WorkerProcess":
        """Start a worker and wait until it is ready.

        Args:
            arguments: as `main.py` takes them.

        Raises:
            WorkerEndedError: it could not start.
            TimeoutError: it was not ready in time.
        """
        child = await start_child(
            *(sys.executable, "-P", "-m", "ingest.adapters.workers.main", *arguments),
            read_ahead_bytes=_READ_AHEAD_BYTES,
            stderr=DEVNULL,
            # No secret of ours is in it, and a Ctrl-C meant for the service does not reach it.
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            start_new_session=True,
        )
        worker = cls(child)
        try:
            async with asyncio.timeout(START_S):
                await worker._read(len(READY))
        except BaseException:
            await worker.end()
            raise
        return worker

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs, as far as is known."""
        return self._process.returncode is None

    async def ask(self, task: bytes, document: bytes) -> bytes:
        """Give a task and its document; return the reply, without its length.

        Raises:
            WorkerEndedError: the worker ended.
        """
        self.documents += 1
        try:
            whole = memoryview(document)
            await self._child.write(ASK.pack(len(task), len(document)) + task)
            # In pieces: a large document handed over at once would be copied first.
            for start in range(0, len(whole), _PIECE_BYTES):
                await self._child.write(whole[start : start + _PIECE_BYTES])
        except (BrokenPipeError, ConnectionResetError):
            raise WorkerEndedError(await self._process.wait()) from None
        (length,) = ANSWER.unpack(await self._read(ANSWER.size))
        if length > MAX_ANSWER_BYTES:
            raise WorkerEndedError(0)
        return await self._read(length)

    async def _read(self, length: int) -> bytes:
        try:
            return await self._child.answers.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionResetError):
            raise WorkerEndedError(await self._process.wait()) from None

    def kill(self) -> None:
        """End it at once, whatever it does."""
        if self.alive:
            self._process.kill()

    async def end(self) -> None:
        """End it at once, and wait until nothing is left of it."""
        await self._child.end()
