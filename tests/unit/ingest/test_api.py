"""GET /v1/sources and the settings."""

import httpx2
import pytest
from prometheus_client import CollectorRegistry

from ingest.api.sources import sources_router
from ingest.domain.fetching.outcomes import Reason
from ingest.domain.rhythm.learning import Arrivals
from ingest.domain.rhythm.schedule import Pace, Rhythm
from ingest.domain.sources.health import ADVICE
from ingest.ports import Finish
from ingest.settings import Settings
from shared.contracts.http.sources import SourcesAnswer
from shared.settings import SettingsError, load
from shared.testing.clock import FixedClock
from shared.web import create_api
from tests.suites.ingest_fakes import MemoryItemStore, MemorySourceStore
from tests.suites.ingest_stores import NOW, claimed, source


@pytest.fixture
def sources() -> MemorySourceStore:
    return MemorySourceStore(FixedClock(NOW))


async def answer_of(sources: MemorySourceStore) -> httpx2.Response:
    api = create_api("t", "t", registry=CollectorRegistry())
    api.include_router(sources_router(sources, MemoryItemStore(), Pace(600, 60), FixedClock(NOW)))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=api), base_url="http://t") as client:
        return await client.get("/v1/sources")


async def test_every_source_tells_how_it_does(sources: MemorySourceStore) -> None:
    await sources.seed([source("a"), source("b", interval_s=300.0)])
    await sources.finish(await claimed(sources), Finish(600, failure=Reason.HTML))
    await sources.finish(await claimed(sources), Finish(300))
    answer = await answer_of(sources)
    failing, healthy = SourcesAnswer.model_validate_json(answer.content).sources
    assert (failing.id, failing.last_failure, failing.interval_s, failing.last_success_at) == (
        "a",
        "html",
        600,
        None,
    )
    assert (healthy.id, healthy.last_failure, healthy.interval_s) == ("b", None, 300)
    assert healthy.last_success_at == NOW
    assert (failing.state, failing.failures, healthy.state, healthy.advice) == ("failing", 1, "active", None)
    assert failing.advice is not None
    assert "look for the feed" in failing.advice


async def test_what_people_ask_of_a_source_is_told(sources: MemorySourceStore) -> None:
    """How much it brings, and when it brought something last."""
    await sources.seed([source("a"), source("b", paused=True)])
    rhythm = Rhythm(arrivals=Arrivals(10, NOW), retired_at=NOW)
    await sources.finish(await claimed(sources), Finish(600, rhythm=rhythm, brought=True))
    answer = await answer_of(sources)
    retired, paused = SourcesAnswer.model_validate_json(answer.content).sources
    assert (retired.state, retired.last_new_at, retired.articles_per_day) == ("retired", NOW, 6.9)
    assert (paused.state, paused.last_new_at, paused.articles_per_day) == ("paused", None, None)


def test_every_kind_of_failure_has_advice() -> None:
    """Whoever sees a failing source wants to know what to do."""
    assert set(ADVICE) == set(Reason)


async def test_without_the_database_the_answer_is_a_problem(sources: MemorySourceStore) -> None:
    sources.down = True
    answer = await answer_of(sources)
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert answer.headers["retry-after"] == "5"


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("INGEST_PORT", "INGEST_MONGODB_DATABASE"):
        monkeypatch.delenv(key, raising=False)
    monkeypatch.setenv("INGEST_SOURCES", "/sources/mine.opml")
    monkeypatch.setenv("INGEST_ALLOW_PRIVATE_ADDRESSES", "true")
    monkeypatch.setenv("INGEST_MIN_INTERVAL_S", "5")
    settings = load(Settings)
    assert (settings.sources, settings.allow_private_addresses, settings.min_interval_s) == (
        "/sources/mine.opml",
        True,
        5,
    )
    assert (settings.port, settings.mongodb_database) == (8001, "silkwire_ingest")


@pytest.mark.parametrize(
    ("key", "value"),
    [("INGEST_CONCURRENCY", "0"), ("INGEST_MIN_INTERVAL_S", "-1"), ("INGEST_DEFAULT_INTERVAL_S", "often"),
     ("INGEST_USER_AGENT", "a\nb"), ("INGEST_MONGODB_DATABASE", "a b")],
)  # fmt: skip
def test_a_wrong_setting_is_refused_by_its_key(monkeypatch: pytest.MonkeyPatch, key: str, value: str) -> None:
    monkeypatch.setenv(key, value)
    with pytest.raises(SettingsError, match=key):
        load(Settings)
