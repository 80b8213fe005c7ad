"""A replica of search whose disk is full goes on answering, says what is wrong, and catches up once there is room."""

import resource
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx2
import pytest
from prometheus_client import CollectorRegistry

from shared.bus import open_bus
from shared.testing.eventually import eventually
from silkwire.backing.ports import free_port
from tests.faults.processes import Service
from tests.suites.article_builders import collected, sealed

ROOM_BYTES = 48 * 1024
"""The longest file that may be written while the disk is full, which the log of the process stays well below."""


@pytest.fixture
async def search(
    mongodb_uri: str, database_name: str, amqp_url: str, tmp_path: Path
) -> AsyncIterator[Service]:
    """Search as a process of its own, whose room can be taken away."""
    port = free_port(100)
    environment = {
        "MONGODB_URI": mongodb_uri,
        "SEARCH_MONGODB_DATABASE": database_name,
        "AMQP_URL": amqp_url,
        "SEARCH_HOST": "127.0.0.1",
        "SEARCH_PORT": str(port),
        "SEARCH_DATA_DIR": str(tmp_path / "views"),
        "SEARCH_WRITER_HEAP_MB": "16",
    }
    service = Service("search", "search", port, environment, tmp_path)
    await service.start()
    yield service
    await service.close()


async def test_a_full_disk_is_named_and_survived(search: Service, amqp_url: str) -> None:
    """Nobody watches a replica's disk; it must neither die of it nor answer wrongly, and mend itself."""
    bus = open_bus(amqp_url, service="ingest", registry=CollectorRegistry())
    api = httpx2.AsyncClient(base_url=f"http://127.0.0.1:{search.port}", timeout=10, trust_env=False)
    ops = httpx2.AsyncClient(base_url=f"http://127.0.0.1:{search.port + 100}", timeout=10, trust_env=False)

    def found(expected: int) -> Callable[[], Awaitable[bool]]:
        async def so() -> bool:
            response = await api.get("/v1/search", params={"q": "rail", "page_size": 1})
            return bool(response.json()["results"]["total"] == expected)

        return so

    async def trouble() -> bool:
        return bool((await ops.get("/readyz")).json()["view"]["trouble"])

    async def no_trouble() -> bool:
        return not await trouble()

    try:
        await search.ready()
        await bus.publish(sealed(collected("first", title="Rail")))
        await eventually(found(1), within_s=15, what="the first article")
        resource.prlimit(search.pid, resource.RLIMIT_FSIZE, (ROOM_BYTES, resource.RLIM_INFINITY))
        for number in range(20):
            text = " ".join(f"word{number}x{place}" for place in range(2000))
            await bus.publish(sealed(collected(f"n{number}", title="Rail", text=text)))
        await eventually(trouble, within_s=20, what="the full disk being told of")
        told = (await ops.get("/readyz")).json()
        assert told["status"] == "degraded"
        assert "the view cannot be written" in told["reasons"]
        assert "File too large" in told["view"]["trouble"]
        assert (await api.get("/v1/search", params={"q": "rail"})).json()["results"]["total"] >= 1
        assert "view_not_written" in search.log.read_text()
        resource.prlimit(search.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        await eventually(found(21), within_s=20, what="all articles once there is room")
        await eventually(no_trouble, within_s=15, what="the end of the trouble")
        assert search.starts == 1
        assert search.alive
    finally:
        await api.aclose()
        await ops.aclose()
        await bus.close()
