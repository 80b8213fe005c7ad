"""The start: several things side by side, and what stands in its way."""

import asyncio
import io
import socket
from contextlib import closing
from pathlib import Path

import pytest

from silkwire.errors import StartError
from silkwire.folder import DataFolder
from silkwire.logs import LogWatch
from silkwire.options import Broker, Options
from silkwire.parts import finish
from silkwire.progress import Progress
from silkwire.start import Start, together
from silkwire.supervisor import Supervisor


async def test_the_results_come_in_the_order_of_the_work() -> None:
    async def give(value: int) -> int:
        await asyncio.sleep(0)
        return value

    assert await together(give(1), give(2)) == [1, 2]


async def test_one_failure_cancels_the_rest_and_is_raised_as_it_is() -> None:
    """The user reads one message with the way out, not a group of errors."""
    cancelled: list[bool] = []

    async def wait_for_ever() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    async def fail() -> None:
        await asyncio.sleep(0)
        raise StartError("no broker")

    with pytest.raises(StartError, match="no broker"):
        await together(wait_for_ever(), fail())
    assert cancelled == [True]


async def test_work_that_must_not_be_forgotten_comes_to_its_end_although_cancelled() -> None:
    """A server whose start was cut off must still be known, or nobody would stop it."""
    gate, done = asyncio.Event(), list[str]()

    async def start_server() -> None:
        await gate.wait()
        done.append("started")

    starting = asyncio.create_task(finish(start_server(), on_cancel=gate.set))
    await asyncio.sleep(0)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert done == ["started"]


async def test_a_refused_start_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    """A port that is taken makes no sample of a folder that was meant for real news."""
    with closing(DataFolder(tmp_path)) as folder, socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        start = Start(
            options=Options("127.0.0.1", other.getsockname()[1], tmp_path, None, True, "memory", "embedded"),
            broker=Broker("memory"),
            folder=folder,
            progress=Progress(io.StringIO()),
            supervisor=Supervisor(print),
            watch=LogWatch(print),
        )
        with pytest.raises(StartError, match="is taken by another program"):
            await start.everything()
        folder.need_kind("real")
