"""A process of ours that is spoken to through pipes, alike on asyncio's event loop and on uvloop's, which services run on."""

import asyncio
from asyncio.subprocess import PIPE, Process, SubprocessStreamProtocol
from functools import partial
from typing import Any


class Child:
    """A process that runs; made by `start_child`.

    Attributes:
        process: the process itself.
        answers: what it writes to its standard output.
    """

    def __init__(self, process: Process, pipes: asyncio.SubprocessTransport) -> None:
        assert process.stdin is not None  # noqa: S101  both are pipes, see start_child
        assert process.stdout is not None  # noqa: S101
        self.process, self.answers = process, process.stdout
        self._tasks, self._pipes = process.stdin, pipes

    async def write(self, data: bytes | memoryview) -> None:
        """Write to its standard input, and wait while it has much to read.

        Raises:
            ConnectionError: it reads no more.
        """
        try:
            self._tasks.write(data)
            await self._tasks.drain()
        except RuntimeError as error:
            # What uvloop says of a pipe whose other end is gone.
            raise ConnectionResetError(str(error)) from error

    async def end(self) -> None:
        """End it at once, and wait until it has ended and none of its pipes is open."""
        # Closing kills it. Of a pipe with more in it than anybody reads asyncio never sees the end, and waits for that.
        self._pipes.close()
        await self.process.wait()


async def start_child(*command: str, read_ahead_bytes: int, **options: Any) -> Child:
    """Start a process.

    Args:
        command: program and arguments.
        read_ahead_bytes: of what it writes about twice so much is read before anybody asks for it.
        options: as `subprocess.Popen` takes them, without `stdin` and `stdout`.

    Raises:
        OSError: it cannot be started.
    """
    loop = asyncio.get_running_loop()
    streams = partial(SubprocessStreamProtocol, read_ahead_bytes, loop)
    pipes, protocol = await loop.subprocess_exec(
        streams, *command, stdin=PIPE, stdout=PIPE, **{"stderr": None, **options}
    )
    return Child(Process(pipes, protocol, loop), pipes)
