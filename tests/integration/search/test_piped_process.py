"""A process that works for the service gives each piece of work its own answer, whole, whatever interrupts it."""

import asyncio
import operator
import os
import pickle
import signal
from collections.abc import AsyncIterator

import pytest
import uvloop

from search.adapters.piped_process import _READ_AHEAD_BYTES, PipedProcess, ProcessLostError, begin
from shared.testing.eventually import eventually
from tests.suites.open_files import none_left_open

WORD, TIMES = b"0123456789", 2_000_000
"""Twenty megabytes, far more than a pipe holds."""


@pytest.fixture
async def process(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[PipedProcess]:
    """A process as in a container, where Python is told not to buffer what it prints."""
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    process = await begin()
    yield process
    await process.end()


async def read_ahead(process: PipedProcess) -> int:
    """How many bytes have come of an answer that nobody has taken yet."""
    return len(process._child.answers._buffer)  # type: ignore[attr-defined]


async def test_an_answer_is_whole_though_the_process_is_stopped_in_the_middle_of_it(
    process: PipedProcess,
) -> None:
    """Whatever looks into a process stops it for a moment: half an answer was sent, and the other half never came."""
    pid = await process.do(os.getpid)
    answers = asyncio.gather(*(process.do(operator.mul, WORD, TIMES) for _ in range(6)))
    while not answers.done():
        os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(0)
        os.kill(pid, signal.SIGCONT)
        await asyncio.wait({answers}, timeout=0.002)
    assert [len(answer) for answer in await answers] == [len(WORD) * TIMES] * 6


async def test_whatever_is_printed_is_no_part_of_an_answer(process: PipedProcess) -> None:
    await process.do(print, "a library that is talkative")
    assert await process.do(operator.add, 1, 2) == 3


async def test_no_answer_is_taken_for_another_once_one_was_given_up(process: PipedProcess) -> None:
    """It lies in the pipe already when whoever waited for it is told to stop."""
    await process.do(operator.add, 1, 2)
    given_up = asyncio.create_task(process.do(operator.mul, WORD, TIMES))
    waiting = asyncio.create_task(process.do(operator.add, 3, 4))
    await eventually(lambda: read_ahead(process), within_s=20, every_s=0.001, what="the answer")
    given_up.cancel()
    with pytest.raises(ProcessLostError):
        await waiting
    with pytest.raises(ProcessLostError):
        await process.do(operator.add, 5, 6)


async def test_a_process_that_ends_leaves_no_pipe_open_though_nobody_read_its_answer_to_the_end() -> None:
    """Asyncio reads no further than so much ahead, and closed a pipe only at its end."""
    with none_left_open():
        process = await begin()
        await process.do(operator.add, 1, 2)
        given_up = asyncio.create_task(process.do(operator.mul, WORD, TIMES))

        async def more_than_is_read_ahead() -> bool:
            return await read_ahead(process) > 2 * _READ_AHEAD_BYTES

        await eventually(more_than_is_read_ahead, within_s=20, every_s=0, what="the answer")
        given_up.cancel()
        await asyncio.wait({given_up})
        await process.end()
        await asyncio.sleep(0)


async def test_an_answer_that_cannot_be_read_loses_the_process_and_not_the_service(
    process: PipedProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(_answer: bytes) -> None:
        raise UnicodeDecodeError("utf-8", b"\xd1", 0, 1, "invalid continuation byte")

    monkeypatch.setattr(pickle, "loads", unreadable)
    with pytest.raises(ProcessLostError, match="cannot be read"):
        await process.do(operator.add, 1, 2)


async def test_work_that_fails_there_fails_here(process: PipedProcess) -> None:
    with pytest.raises(ZeroDivisionError):
        await process.do(operator.truediv, 1, 0)
    assert await process.do(operator.add, 1, 2) == 3


def test_one_that_has_died_is_lost_on_the_loop_that_services_run_on_too() -> None:
    """It says so in other words than asyncio's: the next work for a process that the kernel had ended ended the service."""

    async def lose_one() -> None:
        process = await begin()
        pid = await process.do(os.getpid)
        os.kill(pid, signal.SIGKILL)
        await process._child.process.wait()
        for _ in range(2):
            with pytest.raises(ProcessLostError):
                await process.do(operator.mul, WORD, TIMES)
        await process.end()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(lose_one())
