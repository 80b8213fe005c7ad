"""Health: an orchestrator restarts only what a restart can heal."""

import httpx2
from prometheus_client import CollectorRegistry

from shared.telemetry.health import Health


async def up() -> bool:
    return True


async def broken() -> bool:
    raise ConnectionError


async def ask(health: Health, path: str) -> httpx2.Response:
    transport = httpx2.ASGITransport(app=health.ops_app())
    async with httpx2.AsyncClient(transport=transport, base_url="http://ops") as client:
        return await client.get(path)


async def test_a_lost_dependency_is_named_and_the_service_stays_ready() -> None:
    health = Health(CollectorRegistry())
    health.dependency("mongodb", up)
    health.dependency("rabbitmq", broken)
    answer = await ask(health, "/readyz")
    assert answer.status_code == 200
    assert answer.json()["dependencies"] == {"mongodb": "up", "rabbitmq": "down"}
    assert answer.json()["status"] == "degraded"


async def test_a_service_that_cannot_do_its_own_job_is_unready_and_says_why() -> None:
    health = Health(CollectorRegistry())
    health.own_job("first_view", lambda: False)
    answer = await ask(health, "/readyz")
    assert answer.status_code == 503
    assert answer.json()["reasons"] == ["first_view"]


async def test_a_limit_that_is_reached_is_named_and_the_service_stays_ready() -> None:
    """A restart makes no room in a full outbox."""
    health = Health(CollectorRegistry())
    health.limit("outbox_full", lambda: False)
    answer = await ask(health, "/readyz")
    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["reasons"]) == ("degraded", ["outbox_full"])


async def test_details_stand_in_the_answer_as_they_are_now() -> None:
    """How far a view is behind, for one: a number that no list of reasons tells."""
    health, behind = Health(CollectorRegistry()), [3]
    health.detail("view", lambda: {"behind_s": behind[0]})
    behind[0] = 4
    assert (await ask(health, "/readyz")).json()["view"] == {"behind_s": 4}


async def test_a_stopping_service_takes_no_new_work_but_lives() -> None:
    health = Health(CollectorRegistry())
    health.stopping()
    assert (await ask(health, "/readyz")).status_code == 503
    assert (await ask(health, "/livez")).status_code == 200


async def test_a_scrape_tells_of_dependencies_as_they_are_now() -> None:
    registry = CollectorRegistry()
    health = Health(registry)
    health.dependency("mongodb", up)
    health.dependency("rabbitmq", broken)
    text = (await ask(health, "/metrics")).text
    assert 'dependency_up{dependency="mongodb"} 1.0' in text
    assert 'dependency_up{dependency="rabbitmq"} 0.0' in text
