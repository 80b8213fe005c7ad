"""What becomes of a publisher's edit: one revision, in search and on the page, and then silence."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from shared.testing.eventually import eventually
from tests.backing import Backing
from tests.suites.counted_newsroom import CountedNewsroom, counted_newsroom, opml_of, quick
from tests.suites.local_system import LocalSystem, running, servers

SOURCES = 16
pytestmark = [pytest.mark.timeout(300), pytest.mark.rabbitmq, pytest.mark.mongodb]


class Ingest:
    """Ingest's numbers, as Prometheus would read them."""

    def __init__(self, data: Path) -> None:
        targets = json.loads((data / "prometheus.json").read_text(encoding="utf-8"))
        [self._address] = [one["targets"][0] for one in targets if one["labels"]["service"] == "ingest"]

    async def total(self, name: str, **labels: str) -> float:
        """A counter's value now."""
        async with httpx2.AsyncClient(trust_env=False, timeout=10) as http:
            page = (await http.get(f"http://{self._address}/metrics")).text
        return sum(
            sample.value
            for family in text_string_to_metric_families(page)
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    async def silent(self) -> bool:
        """Whether two rounds of polls bring nothing new."""
        published, polls = await self.total("bus_published_total"), await self.total("ingest_updates_total")

        async def polled() -> bool:
            return await self.total("ingest_updates_total") >= polls + 2 * SOURCES

        await eventually(polled, within_s=30, what="every source is polled twice")
        return await self.total("bus_published_total") == published


@asynccontextmanager
async def started(folder: Path, room: CountedNewsroom, backing: Backing) -> AsyncIterator[LocalSystem]:
    """The system on that newsroom's sources."""
    options = ["--sources", str(opml_of(room, folder)), *servers(backing, "auto")]
    async with running(folder / "data", options, environment=quick(room)) as system:
        await system.up()
        yield system


async def entry(system: LocalSystem, title: str) -> dict[str, object]:
    """The one article that a search for its title finds."""
    found = (await system.feed(q=f'title:"{title}"'))["articles"]
    assert len(found) == 1, found
    one: dict[str, object] = found[0]
    return one


async def test_an_edited_title_is_one_revision_and_then_nothing_is_said_any_more(
    tmp_path: Path, backing: Backing
) -> None:
    (folder := tmp_path / "newsroom").mkdir()
    async with counted_newsroom(folder) as room, started(tmp_path, room, backing) as system:
        await room.publish(1)
        [told] = [one for one in await room.articles() if one["title"].startswith("Numbered notice")]
        before = await eventually(lambda: entry(system, told["title"]), within_s=60)
        assert before["rev"] == 1

        await room.edit(told["source"], told["id"], "Corrected notice of the seventh hour")
        after = await eventually(lambda: entry(system, "corrected notice of the seventh hour"), within_s=60)
        assert (after["id"], after["rev"]) == (before["id"], 2)
        page = (await system.http.get(f"/articles/{after['id']}")).text
        assert "Corrected notice of the seventh hour" in page
        assert (await system.feed(q=f'title:"{told["title"]}"'))["articles"] == []

        ingest = Ingest(tmp_path / "data")
        # What else the newsroom has may still be on its way.
        await eventually(ingest.silent, within_s=60, what="all that there is was published")
        published = await ingest.total("bus_published_total", type="article.collected.v1")
        polls = await ingest.total("ingest_updates_total", outcome="not_modified")

        async def polled_again() -> bool:
            return await ingest.total("ingest_updates_total", outcome="not_modified") >= polls + 40

        await eventually(polled_again, within_s=60, what="every source answers 304, more than once")
        assert await ingest.total("bus_published_total", type="article.collected.v1") == published
        assert (await entry(system, "corrected notice of the seventh hour"))["rev"] == 2
