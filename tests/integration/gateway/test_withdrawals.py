"""Administrators take articles down through the public address."""

from collections.abc import AsyncIterator

import pytest

from shared.contracts.http.withdrawals import WithdrawalAnswer, WithdrawalRequest
from tests.integration.gateway.running import System, system

TOKEN, INTERNAL = "token-of-the-gateway", "token-of-the-ingest"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
PATH = "/api/v1/articles/article0001/withdraw"
WHY = {"reason": "a court's order"}


@pytest.fixture(scope="module")
async def administered() -> AsyncIterator[System]:
    async with system(admin_token=TOKEN, ingest_token=INTERNAL) as made:
        yield made


async def test_ingest_is_told_with_its_own_token(administered: System) -> None:
    answer = await administered.post(PATH, json=WHY, headers=BEARER)
    assert WithdrawalAnswer.model_validate_json(answer.content).rev == 2
    assert administered.ingest.asked[-1].headers["authorization"] == f"Bearer {INTERNAL}"
    told = WithdrawalRequest.model_validate_json(administered.ingest.told[-1])
    assert told == WithdrawalRequest(reason="a court's order")


async def test_an_unknown_article_is_told(administered: System) -> None:
    answer = await administered.post("/api/v1/articles/nobody/withdraw", json=WHY, headers=BEARER)
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:silkwire:problem:unknown-article")


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": f"Bearer {INTERNAL}"}], ids=["no token", "another"]
)
async def test_without_the_token_ingest_is_not_even_asked(
    administered: System, headers: dict[str, str]
) -> None:
    before = len(administered.ingest.told)
    answer = await administered.post(PATH, json=WHY, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (401, "urn:silkwire:problem:token-wrong")
    assert len(administered.ingest.told) == before


async def test_a_withdrawal_without_a_reason_is_refused(administered: System) -> None:
    answer = await administered.post(PATH, json={}, headers=BEARER)
    assert (answer.status_code, answer.json()["errors"][0]["name"]) == (422, "reason")


async def test_administration_is_off_while_no_token_is_set(well: System) -> None:
    answer = await well.post(PATH, json=WHY, headers=BEARER)
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:silkwire:problem:administration-off")


async def test_while_ingest_is_away_the_answer_says_try_again() -> None:
    async with system(away=("ingest",), admin_token=TOKEN) as alone:
        answer = await alone.post(PATH, json=WHY, headers=BEARER)
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:silkwire:problem:ingest-away")
    assert int(answer.headers["retry-after"]) >= 1
