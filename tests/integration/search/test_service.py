"""The whole service: from an event on the bus to an answer over HTTP and to the announcement on the live stream."""

import asyncio
import statistics
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from prometheus_client import CollectorRegistry

from search.app import run
from search.settings import Settings
from shared.bus import Bus, open_bus
from shared.bus.memory import MemoryBus
from shared.contracts.articles import ArticleIndexed
from shared.contracts.envelope import open_envelope
from shared.service import Context
from shared.testing.eventually import eventually
from silkwire.backing.ports import free_port
from tests.suites.article_builders import collected, sealed, withdrawn


@dataclass
class Searching:
    """One running service and clients of its two ports."""

    api: httpx2.AsyncClient
    ops: httpx2.AsyncClient
    context: Context

    async def ids(self, **parameters: Any) -> list[str]:
        """The ids that a search finds; none while nobody answers."""
        try:
            response = await self.api.get("/v1/search", params=parameters)
        except httpx2.TransportError:
            return []
        assert response.status_code == 200, response.text
        return [article["id"] for article in response.json()["articles"]]

    async def finds(self, *expected: str, **parameters: Any) -> None:
        """Wait until a search finds exactly these, in this order."""

        async def same() -> bool:
            assert await self.ids(**parameters) == list(expected)
            return True

        await eventually(same, within_s=15, what=f"finding {expected}")

    async def ready(self) -> None:
        """Wait until the service says that it is ready."""

        async def says_so() -> bool:
            try:
                return (await self.ops.get("/readyz")).status_code == 200
            except httpx2.TransportError:
                return False

        await eventually(says_so, within_s=15, what="readiness")


@asynccontextmanager
async def searching(bus: Bus | None = None, **given: Any) -> AsyncIterator[Searching]:
    """A service that lives as long as the block."""
    port = free_port(100)
    settings = Settings(host="127.0.0.1", port=port, writer_heap_mb=16, **given)
    context = Context(registry=CollectorRegistry(), bus=bus)
    async with (
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=15) as api,
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port + 100}", timeout=15) as ops,
    ):
        running = asyncio.create_task(run(settings, context))
        try:
            yield Searching(api, ops, context)
        finally:
            context.stop.set()
            async with asyncio.timeout(20):
                await running


@pytest.fixture
def given(mongodb_uri: str, database_name: str, mongo_driver: str, tmp_path: Path) -> dict[str, Any]:
    """Settings of a service on this test's own database and folder."""
    return {
        "mongodb_uri": mongodb_uri,
        "mongodb_database": database_name,
        "mongo_driver": mongo_driver,
        "data_dir": tmp_path / "views",
    }


@pytest.fixture
async def bus(tmp_path: Path) -> AsyncIterator[MemoryBus]:
    """The bus of the one-process form, with deliveries in a shuffled order."""
    bus = MemoryBus(tmp_path / "dead", CollectorRegistry(), shuffle_seed=7)
    yield bus
    await bus.close()


def announced(bus: MemoryBus) -> list[tuple[str, int, str]]:
    """What search said on the live stream."""
    events = [open_envelope(envelope) for envelope in bus.live.events.values()]
    return [(event.id, event.rev, event.state) for event in events if isinstance(event, ArticleIndexed)]


@pytest.mark.parametrize("index", ["tantivy", "mongo"])
async def test_an_article_is_found_announced_edited_and_withdrawn(
    given: dict[str, Any], bus: MemoryBus, index: str
) -> None:
    async with searching(bus, index=index, **given) as search:
        await bus.publish(sealed(collected("a", title="Taliban visit")))
        await search.finds("a", q="taliban")
        await bus.publish(sealed(collected("a", rev=2, title="Delegation visit")))
        await search.finds(q="taliban")
        await search.finds("a", q="delegation")
        await bus.publish(sealed(withdrawn("a", rev=3)))
        await search.finds(q="delegation")
        assert (await search.api.get("/v1/articles/a")).status_code == 410
        await search.ready()

        async def all_said() -> bool:
            return announced(bus)[-1:] == [("a", 3, "withdrawn")]

        await eventually(all_said, within_s=15, what="the last announcement")
        assert sorted(announced(bus)) == announced(bus)


async def test_an_announced_article_can_be_found_at_once(given: dict[str, Any], bus: MemoryBus) -> None:
    """A live client follows the announcement: it must never be ahead of the search."""
    async with searching(bus, **given) as search:
        await search.ready()
        for number in range(10):
            await bus.publish(sealed(collected(f"n{number}", title=f"word{number}")))

        async def next_said() -> bool:
            for article_id, _, _ in announced(bus):
                assert await search.ids(q=f"word{article_id[1:]}") == [article_id]
            return len(announced(bus)) == 10

        await eventually(next_said, within_s=15, every_s=0.001, what="ten announcements")


async def test_freshness_is_within_a_second(given: dict[str, Any], bus: MemoryBus) -> None:
    async with searching(bus, **given) as search:
        await search.ready()
        loop = asyncio.get_running_loop()
        waits = []
        for number in range(5):
            await bus.publish(sealed(collected(f"n{number}", title=f"word{number}")))
            published = loop.time()
            await search.finds(f"n{number}", q=f"word{number}")
            waits.append(loop.time() - published)
        assert statistics.median(waits) < 1.0


async def test_a_restarted_service_continues_its_view_and_a_second_one_has_its_own(
    given: dict[str, Any], bus: MemoryBus, tmp_path: Path
) -> None:
    async with searching(bus, **given) as first:
        await bus.publish(sealed(collected("a")))
        await first.ready()
        await first.finds("a")
        async with searching(bus, **given) as second:
            await second.ready()
            await second.finds("a")
            assert sorted(path.name for path in (tmp_path / "views").iterdir()) == ["slot-0", "slot-1"]
    async with searching(bus, **given) as again:
        await again.ready()
        await again.finds("a")
        rebuilds = again.context.registry.get_sample_value("search_view_rebuilds_total")
        assert rebuilds == 0


async def test_over_rabbitmq_a_broken_event_goes_to_the_dead_letters_and_stops_nothing(
    given: dict[str, Any], amqp_url: str
) -> None:
    registry = CollectorRegistry()
    publisher = open_bus(amqp_url, service="ingest", registry=registry)
    async with searching(amqp_url=amqp_url, **given) as search:
        await search.ready()
        broken = replace(sealed(collected("broken")), data=b'{"id": 7}')
        events = [sealed(collected(f"n{number}", title="Rail")) for number in range(30)]
        for event in [*events[:15], broken, *events[15:], *events]:
            await publisher.publish(event)
        await eventually(lambda: _total(search, 30), within_s=20, what="thirty articles")
        metrics = (await search.ops.get("/metrics")).text
        assert "search_changes_total" in metrics
        assert 'dependency_up{dependency="broker"} 1.0' in metrics
    await publisher.close()


async def _total(search: Searching, expected: int) -> bool:
    response = await search.api.get("/v1/search", params={"q": "rail"})
    return bool(response.json()["results"]["total"] == expected)


async def test_without_a_database_the_service_starts_says_so_and_is_not_ready(
    bus: MemoryBus, silent_uri: str, tmp_path: Path
) -> None:
    async with searching(bus, mongodb_uri=silent_uri, data_dir=tmp_path / "views") as search:

        async def answers() -> bool:
            try:
                return (await search.ops.get("/livez")).status_code == 200
            except httpx2.TransportError:
                return False

        await eventually(answers, what="the operations port")
        unready = await search.ops.get("/readyz")
        assert unready.status_code == 503
        assert unready.json()["dependencies"]["mongodb"] == "down"
        refused = await search.api.get("/v1/search")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
