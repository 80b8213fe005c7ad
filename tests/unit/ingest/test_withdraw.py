"""The owner of this system takes an article down: over the API, with the token, for good."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from prometheus_client import CollectorRegistry

from ingest.api.articles import articles_router
from ingest.domain.articles.decide import decide
from ingest.metrics import Metrics
from ingest.pipeline.events import collected, item_of
from ingest.pipeline.withdraw import Withdrawals
from shared.contracts.articles import ArticleWithdrawn
from shared.contracts.envelope import open_envelope
from shared.testing.clock import FixedClock
from shared.web import AdminOnly, create_api
from tests.suites.ingest_fakes import MemoryItemStore
from tests.suites.ingest_stores import NOW, candidate, source

TOKEN = "a-token-of-the-test"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
WHY = {"reason": "a court's order"}


@pytest.fixture
async def items() -> MemoryItemStore:
    store, decision = MemoryItemStore(), decide(None, candidate(), NOW)
    await store.insert(
        item_of(candidate(), decision, ("alias",)), collected(candidate(), decision, source("a"), NOW)
    )
    return store


def client(items: MemoryItemStore, token: str = TOKEN) -> httpx2.AsyncClient:
    withdraw = Withdrawals(items, FixedClock(NOW), Metrics(CollectorRegistry()), lambda: None)
    api = create_api("t", "t", registry=CollectorRegistry())
    api.include_router(articles_router(withdraw, AdminOnly(token, "INGEST_ADMIN_TOKEN")))
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=api), base_url="http://t")


@pytest.fixture
async def api(items: MemoryItemStore) -> AsyncIterator[httpx2.AsyncClient]:
    async with client(items) as opened:
        yield opened


async def test_an_article_is_withdrawn_and_said_to_be(
    api: httpx2.AsyncClient, items: MemoryItemStore
) -> None:
    answer = await api.post("/v1/articles/article1/withdraw", json=WHY, headers=BEARER)
    assert answer.json() == {
        "id": "article1", "rev": 2, "url": "https://a.kg/1", "withdrawn": True, "already": False,
    }  # fmt: skip
    (event,) = [open_envelope(one) for one in items.pending["article1"]]
    assert isinstance(event, ArticleWithdrawn)
    assert (event.rev, event.reason, event.withdrawn_at) == (2, "owner: a court's order", NOW)


async def test_a_withdrawal_can_be_repeated_and_is_said_once(
    api: httpx2.AsyncClient, items: MemoryItemStore
) -> None:
    for already in (False, True):
        answer = await api.post("/v1/articles/article1/withdraw", json=WHY, headers=BEARER)
        assert (answer.json()["already"], answer.json()["rev"]) == (already, 2)
    assert len(items.pending["article1"]) == 1


async def test_an_article_is_found_by_an_id_that_it_once_had(api: httpx2.AsyncClient) -> None:
    answer = await api.post("/v1/articles/alias/withdraw", json=WHY, headers=BEARER)
    assert answer.json()["id"] == "article1"


async def test_a_dry_run_changes_nothing(api: httpx2.AsyncClient, items: MemoryItemStore) -> None:
    answer = await api.post("/v1/articles/article1/withdraw", json={**WHY, "dry_run": True}, headers=BEARER)
    assert (answer.json()["withdrawn"], answer.json()["url"]) == (False, "https://a.kg/1")
    assert items.items["article1"].rev == 1


async def test_an_unknown_article_is_told(api: httpx2.AsyncClient) -> None:
    answer = await api.post("/v1/articles/nobody/withdraw", json=WHY, headers=BEARER)
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:silkwire:problem:unknown-article")


async def test_a_reason_must_be_given(api: httpx2.AsyncClient) -> None:
    answer = await api.post("/v1/articles/article1/withdraw", json={"reason": ""}, headers=BEARER)
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}]
)
async def test_without_the_token_nothing_is_withdrawn(
    api: httpx2.AsyncClient, items: MemoryItemStore, headers: dict[str, str]
) -> None:
    answer = await api.post("/v1/articles/article1/withdraw", json=WHY, headers=headers)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert items.items["article1"].rev == 1


async def test_while_no_token_is_set_nobody_can(items: MemoryItemStore) -> None:
    async with client(items, "") as api:
        answer = await api.post(
            "/v1/articles/article1/withdraw", json=WHY, headers={"Authorization": "Bearer "}
        )
    assert (answer.status_code, "INGEST_ADMIN_TOKEN" in answer.json()["detail"]) == (403, True)


async def test_while_the_database_is_away_the_answer_says_try_again(
    api: httpx2.AsyncClient, items: MemoryItemStore
) -> None:
    items.down = True
    answer = await api.post("/v1/articles/article1/withdraw", json=WHY, headers=BEARER)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
