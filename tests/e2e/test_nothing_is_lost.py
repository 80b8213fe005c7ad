"""2,000 articles while processes are killed: every one arrives, none twice, counted against the newsroom itself."""

import asyncio
import os
import re
import signal
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio

from shared.testing.eventually import eventually
from silkwire import newsroom
from silkwire.backing.process import free_port
from tests.backing import Backing
from tests.suites.local_system import FORMS, LocalSystem, running, servers

pytestmark = [pytest.mark.timeout(400), pytest.mark.rabbitmq, pytest.mark.mongodb]

PUBLISHED = 2000
BATCH = 250
ARRIVE_S = 150.0


class CountedNewsroom:
    """A newsroom of this test, which can be told to publish and knows what it published."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx2.AsyncClient(base_url=url, trust_env=False, timeout=30)

    async def publish(self, count: int) -> None:
        """Publish so many more numbered articles."""
        (await self.http.post("/_control/publish", json={"count": count})).raise_for_status()

    async def titles(self) -> Counter[str]:
        """The titles of the numbered articles."""
        articles = (await self.http.get("/_control/articles")).json()
        return Counter(
            article["title"] for article in articles if article["title"].startswith("Numbered notice")
        )


@pytest_asyncio.fixture
async def room(tmp_path: Path) -> AsyncIterator[CountedNewsroom]:
    port, stop = free_port(), asyncio.Event()
    folder = tmp_path / "newsroom"
    folder.mkdir()
    serving = asyncio.create_task(
        newsroom.serve_newsroom("127.0.0.1", port, stop, folder, arrivals_every_s=0, control=True)
    )
    counted = CountedNewsroom(f"http://127.0.0.1:{port}")
    yield counted
    await counted.http.aclose()
    stop.set()
    await serving


def opml_of(room: CountedNewsroom, folder: Path) -> Path:
    """The newsroom's sources, polled as fast as can be."""
    path = folder / "sources.opml"
    path.write_text(re.sub(r' interval="[^"]*"', "", newsroom.opml(room.url)), encoding="utf-8")
    return path


def quick(room: CountedNewsroom) -> dict[str, str]:
    """Settings that make polls and take-overs quick, so that kills fall into the middle of work."""
    return {
        "INGEST_ALLOW_PRIVATE_ADDRESSES": "true",
        "INGEST_DEFAULT_INTERVAL_S": "1",
        "INGEST_MIN_INTERVAL_S": "1",
        "INGEST_LEASE_S": "5",
        **{f"RATES_{bank}_URL": room.url for bank in ("NBK", "NBKR", "NBT", "CBU")},
    }


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
    """How many numbered articles a search counts; 0 while it cannot be asked."""
    try:
        answer = await system.feed(q='"of a numbered run"', page_size="1", excerpt_words="0")
    except httpx2.HTTPError:
        return 0
    return int(answer["results"]["total"])


async def reach(system: LocalSystem, count: int) -> None:
    """Wait until a search counts at least so many."""

    async def reached() -> bool:
        return await total(system) >= count

    await eventually(reached, within_s=ARRIVE_S, every_s=0.2, what=f"{count} articles")


async def all_arrived(system: LocalSystem, room: CountedNewsroom) -> None:
    """Wait until every article is found, then compare one by one: none lost, none doubled."""
    await reach(system, PUBLISHED)
    served, got = await room.titles(), await found(system)
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
