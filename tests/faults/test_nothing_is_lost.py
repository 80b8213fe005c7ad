"""2,000 articles while processes are killed: every one arrives, none twice, counted against the newsroom itself."""

import os
import signal
from collections import Counter
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import pytest

from shared.testing.eventually import eventually
from tests.backing import Backing
from tests.suites.counted_newsroom import CountedNewsroom, opml_of, quick
from tests.suites.local_system import FORMS, LocalSystem, running, servers

pytestmark = [pytest.mark.timeout(400), pytest.mark.rabbitmq, pytest.mark.mongodb]

Value = TypeVar("Value")

PUBLISHED = 2000
BATCH = 250
ARRIVE_S = 150.0
ANSWER_S = 120.0


async def found(system: LocalSystem) -> Counter[str]:
    """The titles of all numbered articles that a search finds, by cursor from the newest to the oldest."""
    titles: Counter[str] = Counter()
    cursor: str | None = None
    while True:
        parameters = {"q": 'title:numbered "of a numbered run"', "page_size": "100", "excerpt_words": "0"}
        answer = await system.feed(**parameters, **({"cursor": cursor} if cursor else {}))
        titles.update(article["title"] for article in answer["articles"])
        cursor = answer["results"]["next_cursor"]
        if cursor is None:
            return titles


async def total(system: LocalSystem) -> int:
    """How many numbered articles a search counts, as soon as it can be asked: phrases are 503 while a view is opened."""

    async def results() -> dict[str, Any]:
        answer = await answered(system.feed(q='"of a numbered run"', page_size="1", excerpt_words="0"))
        return dict(answer["results"])

    return int((await eventually(results, within_s=ANSWER_S, every_s=0.2))["total"])


async def answered(asking: Awaitable[Value]) -> Value:
    """What comes of asking; no answer is a probe's failure, which may be tried again."""
    try:
        return await asking
    except httpx2.HTTPError as error:
        raise AssertionError(repr(error)) from error


async def reach(system: LocalSystem, count: int) -> None:
    """Wait until a search counts at least so many."""

    async def reached() -> bool:
        return await total(system) >= count

    await eventually(reached, within_s=ARRIVE_S, every_s=0.2, what=f"{count} articles")


async def all_arrived(system: LocalSystem, room: CountedNewsroom) -> None:
    """Wait until every article is found, then compare one by one: none lost, none doubled."""
    await reach(system, PUBLISHED)
    served = await room.titles()
    # An answer that takes too long is an error, and says nothing of what was lost.
    got = await eventually(lambda: answered(found(system)), within_s=ANSWER_S, what="all pages of an answer")
    assert len(served) == PUBLISHED
    assert served - got == Counter(), "lost"
    assert got - served == Counter(), "doubled"


async def test_killing_search_and_then_ingest_loses_and_doubles_nothing(
    tmp_path: Path, room: CountedNewsroom, backing: Backing
) -> None:
    options = ["--sources", str(opml_of(room, tmp_path)), *servers(backing, "auto")]
    async with running(tmp_path / "data", options, environment=quick(room)) as system:
        await system.up()
        for number in range(PUBLISHED // BATCH):
            await room.publish(BATCH)
            await reach(system, number * BATCH + 1)
            if number in {2, 5}:
                victim = "search" if number == 2 else "ingest"
                os.kill(system.pid_of(victim), signal.SIGKILL)
        await all_arrived(system, room)


async def test_killing_the_one_process_system_loses_and_doubles_nothing(
    tmp_path: Path, room: CountedNewsroom, backing: Backing
) -> None:
    options = ["--sources", str(opml_of(room, tmp_path)), *servers(backing, "memory")]
    for run, batches in enumerate((3, 3, 2)):
        async with running(tmp_path / "data", options, environment=quick(room)) as system:
            await system.up()
            for _ in range(batches):
                before = await total(system)
                await room.publish(BATCH)
                await reach(system, before + 1)
            if run < 2:
                await system.stop(signal.SIGKILL)
            else:
                await all_arrived(system, room)


@pytest.mark.parametrize("broker", FORMS.values(), ids=FORMS.keys())
async def test_a_start_after_a_kill_of_everything_ends_what_was_left_and_goes_on(
    tmp_path: Path, backing: Backing, broker: str
) -> None:
    options = ["--no-sample", *servers(backing, broker)]
    async with running(tmp_path / "data", options) as first:
        await first.up()
        await first.stop(signal.SIGKILL)
        async with running(tmp_path / "data", options, port=first.port) as second:
            await second.up()
            left = "ended what a killed run had left behind: gateway, ingest, rates, search"
            assert (left in second.output) == (broker == "auto")
            assert await second.stop(signal.SIGTERM) == 0
