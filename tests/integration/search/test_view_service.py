"""A replica of search as its operators and its readers see it: how far it is behind, built anew, without MongoDB."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from search.domain import view_state
from shared.bus.memory import MemoryBus
from shared.testing.eventually import eventually
from silkwire.backing import mongod
from tests.integration.search.test_service import searching
from tests.suites.article_builders import collected, sealed

TOKEN = "a-token-of-the-administration"


@pytest.fixture
async def bus(tmp_path: Path) -> AsyncIterator[MemoryBus]:
    """The bus of the one-process form."""
    bus = MemoryBus(tmp_path / "dead", CollectorRegistry())
    yield bus
    await bus.close()


async def test_readiness_tells_how_far_the_view_is_and_an_operator_builds_it_anew(
    mongodb_uri: str, database_name: str, bus: MemoryBus, tmp_path: Path
) -> None:
    given: dict[str, Any] = {
        "mongodb_uri": mongodb_uri,
        "mongodb_database": database_name,
        "data_dir": tmp_path / "views",
        "admin_token": TOKEN,
    }
    async with searching(bus, **given) as search:
        await search.ready()
        await bus.publish(sealed(collected("a")))
        await search.finds("a")
        told = (await search.ops.get("/readyz")).json()["view"]
        assert (told["phase"], told["trouble"]) == ("level", "")
        assert told["behind_s"] < 5
        metrics = (await search.ops.get("/metrics")).text
        assert "search_view_behind_seconds" in metrics
        before = (await search.api.get("/v1/view")).json()
        assert (before["articles"], before["phase"]) == (1, "level")
        assert (await search.api.post("/v1/view/rebuild")).status_code == 401
        asked = await search.api.post("/v1/view/rebuild", headers={"Authorization": f"Bearer {TOKEN}"})
        assert asked.status_code == 202

        async def built_anew() -> bool:
            known = (await search.api.get("/v1/view")).json()
            assert await search.ids() == ["a"], "somebody answers all the time"
            return bool(known["rebuilds"] == before["rebuilds"] + 1 and known["phase"] == "level")

        await eventually(built_anew, within_s=15)


async def test_without_mongodb_readers_still_get_articles_and_are_told_how_old_they_may_be(
    bus: MemoryBus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is away for an hour: nothing new comes, but nothing is lost for readers either."""
    server = await asyncio.to_thread(mongod.start, tmp_path / "mongod")
    try:
        async with searching(bus, mongodb_uri=server.uri, data_dir=tmp_path / "views") as search:
            await search.ready()
            await bus.publish(sealed(collected("a", title="Rail")))
            await search.finds("a", q="rail")
            assert (await search.api.get("/v1/search")).json()["stale"] is False
            monkeypatch.setattr(view_state, "STALE_AFTER_S", 1.0)
            await asyncio.to_thread(server.stop)

            async def told() -> bool:
                answer = (await search.api.get("/v1/search", params={"q": "rail"})).json()
                assert [article["id"] for article in answer["articles"]] == ["a"]
                return bool(answer["stale"] and answer["as_of"])

            await eventually(told, within_s=15, what="the answer saying how old it may be")
            assert (await search.ops.get("/readyz")).status_code == 200
    finally:
        await asyncio.to_thread(server.stop)
