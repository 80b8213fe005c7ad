"""A process of low priority works out long answers, and nothing depends on it."""

import asyncio
import os
import signal
import sys
import threading
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from search.adapters import helper_process
from search.adapters.bounded_index import Limits
from search.adapters.helper_process import NICENESS, HelperProcess, open_helper
from search.adapters.piped_process import PipedProcess
from search.api.answers import written_answer
from search.api.parameters import SearchParameters
from search.domain.results import Found
from search.metrics import Metrics
from search.ports import IndexBusyError
from shared.testing.eventually import eventually
from tests.suites.article_builders import NOON, an_article

LIMITS = Limits(seconds=60, waiting=2)

at_work, done = threading.Event(), threading.Event()


def slow() -> None:
    at_work.set()
    done.wait()


@pytest.fixture
async def helper() -> AsyncIterator[HelperProcess]:
    async with open_helper(LIMITS, Metrics(CollectorRegistry())) as helper:
        yield helper


async def helping(helper: HelperProcess) -> PipedProcess:
    """Return the process, once it has taken over from the service."""

    async def process() -> PipedProcess | None:
        assert await helper.do(sum, [1, 2]) == 3
        return helper._process

    found = await eventually(process, within_s=60, what="a process that helps")
    assert found is not None
    return found


async def test_an_answer_is_the_same_byte_for_byte(helper: HelperProcess) -> None:
    articles = tuple(
        an_article(f"n{number}", minutes=number, title="Поезда", text="Поезд в Ош. The trains run. " * 60)
        for number in range(30)
    )
    parameters = SearchParameters(q="поезд OR train", highlights=True, page_size=30, excerpt_words=50)
    ask = parameters.ask(parameters.query(), NOON)
    found = Found(30, articles, None, {"a": 2}, as_of=NOON)
    expected = written_answer(parameters, ask, found)
    assert await helper.do(written_answer, parameters, ask, found) == expected
    await helping(helper)
    assert await helper.do(written_answer, parameters, ask, found) == expected


async def test_it_stands_back_behind_the_service(helper: HelperProcess) -> None:
    await helping(helper)
    assert await helper.do(os.getpid) != os.getpid()
    assert await helper.do(os.nice, 0) == min(19, os.nice(0) + NICENESS)


async def test_one_that_dies_costs_nothing_but_its_help(
    helper: HelperProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel ends the largest process of a machine that is short of memory."""
    monkeypatch.setattr(helper_process, "_AGAIN_AFTER_S", 0)
    lost = await helping(helper)
    lost.kill()
    assert await helper.do(os.getpid) == os.getpid()
    assert await helping(helper) is not lost


async def test_one_that_answers_no_more_is_given_up(
    helper: HelperProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(helper_process, "_LOST_AFTER_S", 0.1)
    stuck = await helping(helper)
    stuck._child.process.send_signal(signal.SIGSTOP)
    assert await helper.do(os.getpid) == os.getpid()
    assert stuck._child.process.returncode is not None


async def test_what_fails_there_fails_here(helper: HelperProcess) -> None:
    """So that the error and its trace are logged where everything is."""
    process = await helping(helper)
    with pytest.raises(ZeroDivisionError):
        await helper.do(divmod, 1, 0)
    assert await helping(helper) is process


async def test_work_waits_for_its_turn_and_not_for_ever() -> None:
    registry = CollectorRegistry()
    at_work.clear()
    done.clear()
    async with open_helper(Limits(seconds=1.0, waiting=1), Metrics(registry)) as helper:
        first = asyncio.create_task(helper.do(slow))
        await asyncio.to_thread(at_work.wait)
        waiting = asyncio.create_task(helper.do(sum, [1]))
        await asyncio.sleep(0)
        with pytest.raises(IndexBusyError):
            await helper.do(sum, [2])
        for task in (first, waiting):
            with pytest.raises(IndexBusyError):
                await task
        done.set()
    refused = [
        registry.get_sample_value("search_refused_total", {"reason": r}) for r in ("too_many", "too_slow")
    ]
    assert refused == [1, 2]


async def test_it_ends_with_the_service_however_that_died() -> None:
    program = (
        "import asyncio, os, time\n"
        "from search.adapters.piped_process import begin\n"
        "async def main():\n"
        "    process = await begin()\n"
        "    print(await process.do(os.getpid), flush=True)\n"
        "    await asyncio.sleep(3600)\n"
        "asyncio.run(main())\n"
    )
    service = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=PIPE)
    assert service.stdout is not None
    helper = Path("/proc") / (await service.stdout.readline()).decode().strip() / "stat"
    service.kill()
    await service.wait()

    async def ended() -> bool:
        # Whoever takes in its orphans may leave it a zombie for a while.
        return not helper.exists() or helper.read_text().rpartition(")")[2].split()[0] == "Z"

    await eventually(ended, what="the end of the helper")
