"""What readers get while another service is down, slow, broken or not itself."""

import asyncio

import httpx2
import pytest
import structlog
from prometheus_client import CollectorRegistry

from gateway.adapters.httpx2_upstream import Upstream
from gateway.app import run
from gateway.domain.breaker import BreakerRules
from gateway.metrics import Metrics
from gateway.ports import Away
from gateway.settings import Settings
from shared.contracts.http.articles import SearchAnswer
from shared.contracts.http.problem import PROBLEM_MEDIA_TYPE
from shared.service import Context
from shared.testing.eventually import eventually
from shared.web import PortTakenError
from tests.integration.gateway.running import System, system
from tests.integration.gateway.standins import HOST, TICKER, Mood, listens


async def stale(made: System) -> bool:
    return bool((await made.get("/api/v1/feed")).json().get("stale"))


async def fresh(made: System) -> bool:
    answer = await made.get("/api/v1/feed")
    return answer.status_code == 200 and not answer.json()["stale"]


@pytest.mark.parametrize("mood", ["broken", "html", "slow", "starting"])
async def test_a_search_that_does_not_answer_well_is_away(mood: Mood) -> None:
    async with system(upstream_timeout_s=0.5 if mood == "slow" else 10) as made:
        made.search.mood = mood
        answer = await made.get("/api/v1/feed")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == PROBLEM_MEDIA_TYPE
    assert answer.json()["type"] == "urn:silkwire:problem:search-away"
    assert int(answer.headers["retry-after"]) == (7 if mood == "starting" else 1)


async def test_without_search_the_page_still_shows_the_ticker(own: System) -> None:
    await own.search.stop()
    page = await own.get("/?q=taliban")
    assert page.status_code == 503
    assert "retry-after" in page.headers
    assert "The news cannot be reached" in page.text
    assert 'value="taliban"' in page.text
    assert "0.01190" in page.text
    assert (await own.get("/rates")).status_code == 200


async def test_without_rates_the_last_ticker_is_shown_and_said_to_be_stale(own: System) -> None:
    await own.rates.stop()
    await eventually(lambda: stale(own), what="the feed being stale")
    feed = (await own.get("/api/v1/feed")).json()
    assert [entry["text"] for entry in feed["ticker"]] == TICKER
    rates = (await own.get("/api/v1/rates")).json()
    assert rates["stale"]
    assert len(rates["rates"]) == 6
    assert "last known" in (await own.get("/")).text
    await own.rates.start()
    await eventually(lambda: fresh(own), what="the feed being fresh again")


async def test_before_rates_ever_answered_the_feed_has_no_ticker_and_rates_are_away() -> None:
    async with system(away=("rates",)) as made:
        feed = (await made.get("/api/v1/feed")).json()
        assert (feed["ticker"], feed["stale"]) == ([], True)
        assert (await made.get("/api/v1/rates")).status_code == 503
        assert "No exchange rates are known yet" in (await made.get("/")).text
        await made.rates.start()
        await eventually(lambda: fresh(made), what="the ticker appearing")


async def test_without_ingest_only_the_sources_are_away(own: System) -> None:
    await own.ingest.stop()
    assert (await own.get("/api/v1/sources")).status_code == 503
    page = await own.get("/sources")
    assert page.status_code == 503
    assert "The sources cannot be reached" in page.text
    assert (await own.get("/api/v1/feed")).status_code == 200


async def test_after_failures_search_is_left_alone_for_a_moment_and_then_found_again() -> None:
    """A slow search must not make every reader wait for the deadline."""
    async with system(breaker_failures=1, breaker_open_s=3, upstream_timeout_s=1) as made:
        made.search.mood = "slow"
        await asyncio.gather(*(made.get("/api/v1/feed") for _ in range(10)))
        asked = len(made.search.asked)
        answers = await asyncio.gather(*(made.get("/api/v1/feed") for _ in range(20)))
        assert {answer.status_code for answer in answers} == {503}
        assert len(made.search.asked) <= asked + 1
        made.search.mood = "well"
        await eventually(lambda: fresh(made), what="search being asked again")


async def test_a_few_slow_questions_leave_search_to_all_other_readers() -> None:
    async with system(breaker_open_s=60, upstream_timeout_s=0.5) as made:
        made.search.mood = "slow"
        slow = await asyncio.gather(*(made.get("/api/v1/feed") for _ in range(5)))
        assert {answer.status_code for answer in slow} == {503}
        made.search.mood = "well"
        await eventually(lambda: fresh(made), what="search being asked", within_s=10)


async def test_the_longest_question_allowed_reaches_search_and_a_longer_one_is_refused(own: System) -> None:
    """The worst that escaping makes of the bounds must still be an address."""
    most = {"q": "\U0001f54c" * 1000, "topic": ["\U0001f54c" * 60 for _ in range(50)]}
    answer = await own.get("/api/v1/search", params=most)
    assert answer.status_code == 200, answer.text
    longer = await own.get("/api/v1/search", params={"topic": ["x" * 61 for _ in range(50)]})
    assert (longer.status_code, longer.json()["errors"][0]["name"]) == (422, "topic")
    assert "3000 characters" in longer.json()["errors"][0]["message"]


async def test_an_address_that_cannot_be_asked_is_a_failure_like_any_other() -> None:
    async with httpx2.AsyncClient() as client:
        upstream = Upstream(
            "search",
            "http://127.0.0.1:9",
            client=client,
            metrics=Metrics(CollectorRegistry()),
            timeout_s=5,
            rules=BreakerRules(),
        )
        reply = await upstream.get("/v1/search", SearchAnswer, query=[("q", "x" * 70_000)])
    assert isinstance(reply, Away)
    assert reply.reason == "unreachable"


async def test_a_search_that_restarts_is_met_by_the_next_request(own: System) -> None:
    """Connections kept from before its restart are not its failure."""
    assert (await own.get("/api/v1/feed")).status_code == 200
    await own.search.stop()
    await own.search.start()
    assert (await own.get("/api/v1/feed")).status_code == 200


async def test_readiness_needs_search_or_a_kept_answer(own: System) -> None:
    ready = await own.client.get(f"{own.ops_url}/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
    await own.search.stop()
    degraded = await own.client.get(f"{own.ops_url}/readyz")
    assert (degraded.status_code, degraded.json()["dependencies"]["search"]) == (200, "down")


async def test_with_neither_search_nor_a_kept_answer_it_is_not_ready() -> None:
    async with system(away=("search", "rates")) as made:
        unready = await made.client.get(f"{made.ops_url}/readyz")
        assert unready.status_code == 503
        assert (await made.client.get(f"{made.ops_url}/livez")).status_code == 200
        await made.search.start()
        assert (await made.client.get(f"{made.ops_url}/readyz")).status_code == 200


async def test_metrics_tell_how_the_others_answer_and_of_whom_no_more(own: System) -> None:
    await own.get("/api/v1/feed?q=secretword")
    await own.get("/articles/article0001")
    own.search.mood = "broken"
    await own.get("/api/v1/feed")
    told = (await own.client.get(f"{own.ops_url}/metrics")).text
    assert 'gateway_upstream_requests_total{outcome="answered",service="search"} 2.0' in told
    assert 'gateway_upstream_requests_total{outcome="error",service="search"}' in told
    assert "gateway_ticker_pairs 4.0" in told
    assert 'route="/articles/{article_id}"' in told
    assert "secretword" not in told


async def test_what_readers_ask_is_never_logged(own: System) -> None:
    """Readers' queries and addresses are neither logged nor stored."""
    with structlog.testing.capture_logs() as logs:
        await own.get("/?q=secretword")
        await own.search.stop()
        await own.get("/?q=secretword")
        await own.get("/api/v1/feed?q=secretword&page=0")
    assert [line["event"] for line in logs if line.get("upstream") == "search"] == ["upstream_lost"]
    assert "secretword" not in repr(logs)
    assert HOST not in repr(logs)


async def test_a_stop_lets_requests_in_hand_finish() -> None:
    async with system(upstream_timeout_s=0.5) as made:
        made.search.mood = "slow"
        before = len(made.search.asked)
        asking = asyncio.create_task(made.get("/api/v1/feed"))

        async def asked() -> bool:
            return len(made.search.asked) > before

        await eventually(asked, what="search being asked")
        made.context.stop.set()
        assert (await asking).status_code == 503

        async def gone() -> bool:
            return not await listens(made.port)

        await eventually(gone, what="the gateway closing its port")


async def test_a_taken_port_is_said_plainly(own: System) -> None:
    with pytest.raises(PortTakenError) as caught:
        await run(Settings(host=HOST, port=own.port), Context())
    assert caught.value.port == own.port


async def test_a_crash_inside_is_a_problem_in_the_api_and_a_page_elsewhere(
    own: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("the inside")

    monkeypatch.setattr("gateway.api.feed.merge", broken)
    monkeypatch.setattr("gateway.api.pages.pager", broken)
    with structlog.testing.capture_logs():
        answer = await own.get("/api/v1/feed")
        page = await own.get("/")
    assert (answer.status_code, answer.headers["content-type"]) == (500, PROBLEM_MEDIA_TYPE)
    assert page.status_code == 500
    assert "Something broke on our side" in page.text
    assert "the inside" not in answer.text + page.text


async def test_two_gateways_answer_alike(own: System) -> None:
    async with httpx2.AsyncClient() as other:
        first = await own.get("/api/v1/rates")
        second = await other.get(f"{own.url}/api/v1/rates")
        assert first.headers["etag"] == second.headers["etag"]
