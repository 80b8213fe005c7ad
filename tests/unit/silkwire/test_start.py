"""Starting several things side by side."""

import asyncio

import pytest

from silkwire.errors import StartError
from silkwire.parts import finish
from silkwire.start import together


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
