"""A process of our own that works for the service: Python computes one thing at a time in each.

It reads work from its standard input and writes what came of it to its output, so it ends by itself when the service is
gone, however that died.
"""

import asyncio
import os
import pickle
import signal
import struct
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any, BinaryIO, TypeVar

from search.adapters.free_memory import collect_seldom
from shared.child import Child, start_child

Value = TypeVar("Value")

_LENGTH = struct.Struct("<Q")
_FAILED = b""
_READ_AHEAD_BYTES = 1 << 20


class ProcessLostError(Exception):
    """The process died, or answers no more."""


class PipedProcess:
    """A process that does one piece of work after the other, further ones waiting in its pipe; made by `begin`.

    Whoever gives up waiting for an answer ends the process: the next would take that answer for its own.
    """

    def __init__(self, child: Child) -> None:
        self._writing, self._reading = asyncio.Lock(), asyncio.Lock()
        self._given_up = False
        self._child = child

    async def do(self, work: Callable[..., Value], *arguments: Any) -> Value:
        """Return what a function of a module returns; one that fails there is called again here, in a thread.

        Raises:
            ProcessLostError: the process died.
        """
        answer = await self._answer(work, arguments)
        if answer == _FAILED:
            return await asyncio.to_thread(work, *arguments)
        try:
            made: Value = pickle.loads(answer)  # noqa: S301  our own words
        except Exception as error:
            self._give_up()
            raise ProcessLostError(f"its answer cannot be read: {error!r}"[:200]) from error
        return made

    async def practise(self, work: Callable[..., Any], *arguments: Any) -> None:
        """Have it do what nobody waits for, so that it has brought in all that this kind of work takes.

        Raises:
            ProcessLostError: the process died.
        """
        await self._answer(work, arguments)

    async def _answer(self, work: Callable[..., Any], arguments: tuple[Any, ...]) -> bytes:
        body = pickle.dumps((work, arguments))
        try:
            async with self._writing:
                self._in_step()
                await self._child.write(_LENGTH.pack(len(body)) + body)
            # Nothing comes between the two, so answers are read in the order in which work was given.
            async with self._reading:
                self._in_step()
                (length,) = _LENGTH.unpack(await self._child.answers.readexactly(_LENGTH.size))
                return await self._child.answers.readexactly(length)
        except (OSError, EOFError) as error:
            raise ProcessLostError(repr(error)[:200]) from error
        except asyncio.CancelledError:
            self._give_up()
            raise

    def _give_up(self) -> None:
        self._given_up = True
        self.kill()

    def _in_step(self) -> None:
        # Answers of a process that was killed may still lie in the pipe.
        if self._given_up:
            raise ProcessLostError("it was given up")

    def kill(self) -> None:
        """End it at once."""
        with suppress(ProcessLookupError):
            self._child.process.kill()

    async def end(self) -> None:
        """End it at once, and wait until it has ended."""
        await self._child.end()


async def begin(niceness: int = 0) -> PipedProcess:
    """Start a process.

    Args:
        niceness: by how much it stands back behind others; 19 at most.
    """
    command = (sys.executable, "-m", __name__, str(niceness))
    return PipedProcess(await start_child(*command, read_ahead_bytes=_READ_AHEAD_BYTES))


def _work(tasks: BinaryIO, answers: BinaryIO) -> None:
    """Do one piece of work after the other, until the service closes the pipe.

    Two threads read and write beside it: megabytes go through a pipe no faster than the service finds time for them.
    """
    coming = SimpleQueue[bytes | None]()
    Thread(target=_read, args=(tasks, coming), daemon=True).start()
    with ThreadPoolExecutor(1) as writing:
        while (body := coming.get()) is not None:
            try:
                work, arguments = pickle.loads(body)  # noqa: S301  the service's own words
                answer = pickle.dumps(work(*arguments))
            except Exception:  # noqa: BLE001  the service does it again, and says what is wrong
                answer = _FAILED
            writing.submit(_write, answers, answer)


def _read(tasks: BinaryIO, coming: "SimpleQueue[bytes | None]") -> None:
    try:
        while len(head := tasks.read(_LENGTH.size)) == _LENGTH.size:
            coming.put(tasks.read(_LENGTH.unpack(head)[0]))
    finally:
        coming.put(None)


def _write(answers: BinaryIO, answer: bytes) -> None:
    try:
        answers.write(_LENGTH.pack(len(answer)))
        answers.write(answer)
        answers.flush()
    except BaseException:  # noqa: BLE001  whatever it is: the next answer would be taken for this one
        os._exit(1)


def _pipes() -> tuple[BinaryIO, BinaryIO]:
    """Take the pipes from whatever prints or reads by itself.

    Files of our own are buffered: where Python is told not to buffer, as in containers, its own would write a part of an
    answer when a signal comes in between, and leave it to the caller to see that.
    """
    tasks, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return tasks, answers


if __name__ == "__main__":
    # A keyboard interrupts the service, which stops in its order and closes the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(int(sys.argv[1]))
    collect_seldom()
    _work(*_pipes())
