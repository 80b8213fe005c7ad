"""Processes help to build a view, and nothing depends on them."""

import asyncio
import os
import signal
from collections.abc import Sequence

import pytest

from search.adapters import document_workers
from search.adapters.document_workers import open_workers
from search.adapters.piped_process import PipedProcess, begin
from search.adapters.tantivy_schema import fields_of
from search.domain.article import Article
from tests.suites.article_builders import an_article

ARTICLES = [an_article(f"n{number}", text="Поезда идут. The trains run.") for number in range(5)]
EXPECTED = [fields_of(article) for article in ARTICLES]


async def test_several_pieces_at_once_each_get_their_own_answer() -> None:
    """A process has the next piece before it has answered the one before."""
    pieces = [[article] for article in ARTICLES]
    async with open_workers(1) as workers:
        made = await asyncio.gather(*map(workers.fields, pieces))
    assert made == [[fields] for fields in EXPECTED]


async def test_whoever_gives_up_waiting_leaves_no_answer_for_another() -> None:
    async with open_workers(1) as workers:
        given_up = asyncio.create_task(workers.fields(ARTICLES))
        await asyncio.sleep(0)
        waiting = asyncio.create_task(workers.fields(ARTICLES[:1]))
        await asyncio.sleep(0)
        given_up.cancel()
        assert await waiting == EXPECTED[:1]
        assert await workers.fields(ARTICLES[1:3]) == EXPECTED[1:3]


@pytest.mark.parametrize("count", [0, 1])
async def test_they_make_the_same_documents_as_the_service_itself(count: int) -> None:
    async with open_workers(count) as workers:
        for _ in range(3):
            assert await workers.fields(ARTICLES) == EXPECTED


async def test_one_that_dies_costs_nothing_but_its_help() -> None:
    """The kernel ends the largest process of a machine that is short of memory."""
    async with open_workers(1) as workers:
        assert await workers.fields(ARTICLES) == EXPECTED
        workers.processes[0].kill()
        for _ in range(2):
            assert await workers.fields(ARTICLES) == EXPECTED


async def test_one_that_answers_no_more_costs_nothing_but_its_help(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped, not dead: nobody says so, and the view must not wait for it for ever."""
    async with open_workers(1) as workers:
        pid = await workers.processes[0].do(os.getpid)
        os.kill(pid, signal.SIGSTOP)
        monkeypatch.setattr(document_workers, "LOST_AFTER_S", 0.2)
        made = await asyncio.gather(*(workers.fields(ARTICLES) for _ in range(4)))
    assert made == [EXPECTED] * 4


async def test_one_that_cannot_be_started_costs_nothing_but_its_help(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that is short of memory or of processes starts none; a replica that starts there must not end for it."""
    started = list[PipedProcess]()

    async def begin_one(_niceness: int) -> PipedProcess:
        if started:
            raise BlockingIOError("Resource temporarily unavailable")
        started.append(await begin())
        return started[0]

    monkeypatch.setattr(document_workers, "begin", begin_one)
    async with open_workers(3) as workers:
        assert workers.processes == started
        assert await workers.fields(ARTICLES) == EXPECTED


async def test_they_stand_back_behind_whoever_answers() -> None:
    async with open_workers(1, niceness=7) as workers:
        (process,) = workers.processes
        assert await process.do(os.getpriority, os.PRIO_PROCESS, 0) == os.getpriority(os.PRIO_PROCESS, 0) + 7


async def test_without_one_the_service_analyses_one_part_after_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Several threads that compute would be no faster, and take Python away from whoever answers."""
    at_once, most = 0, 0
    make = document_workers._fields

    def counting(articles: Sequence[Article]) -> list[dict[str, object]]:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        made = make(articles)
        at_once -= 1
        return made

    monkeypatch.setattr(document_workers, "_fields", counting)
    many = ARTICLES * 20
    async with open_workers(0) as workers:
        made = await asyncio.gather(*(workers.fields(many) for _ in range(8)))
    assert made == [EXPECTED * 20] * 8
    assert most == 1
