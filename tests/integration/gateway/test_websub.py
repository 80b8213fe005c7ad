"""What hubs ask and tell at the public address goes to ingest and back, as it is."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.gateway.running import System, system

TOKEN = "a-token_of-a-subscription"
PATH = f"/websub/{TOKEN}"
SIGNED = {"X-Hub-Signature": "sha256=00ff"}


@pytest.fixture(scope="module")
async def called() -> AsyncIterator[System]:
    async with system() as made:
        yield made


async def test_a_challenge_comes_back_as_plain_text(called: System) -> None:
    """Hubs, which compare it letter by letter; and readers, whose browser must not take it for a page."""
    asked = {"hub.mode": "subscribe", "hub.topic": "https://a.kg/rss?a=1&b=2", "hub.challenge": "<b>ü</b>"}
    answer = await called.get(PATH, params=asked)
    assert (answer.status_code, answer.text) == (200, "<b>ü</b>")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert dict(called.ingest.asked[-1].query_params) == asked


async def test_what_is_told_arrives_byte_by_byte_with_its_signature(called: System) -> None:
    """Else no signature would ever be right."""
    answer = await called.post(PATH, content=b"\xff<rss/>\r\n", headers=SIGNED)
    assert (answer.status_code, answer.content) == (202, b"")
    assert called.ingest.calls[-1] == (TOKEN, b"\xff<rss/>\r\n", "sha256=00ff")


async def test_what_is_not_signed_is_handed_on_without_a_signature(called: System) -> None:
    await called.post(PATH, content=b"x")
    assert called.ingest.calls[-1] == (TOKEN, b"x", None)


async def test_nobodys_callback_is_told_so_in_few_words(called: System) -> None:
    """Hubs, which look at the status; ingest's own problem says more than strangers need."""
    answer = await called.post("/websub/nobody", content=b"x")
    assert (answer.status_code, answer.content) == (410, b"")


async def test_while_ingest_is_away_hubs_are_to_tell_again_and_readers_go_on() -> None:
    async with system(away=("ingest",)) as alone:
        for _ in range(5):
            answer = await alone.post(PATH, content=b"x")
            assert (answer.status_code, int(answer.headers["retry-after"]) >= 1) == (503, True)
        assert (await alone.get("/rates")).status_code == 200


async def test_a_callback_is_not_part_of_the_described_api(called: System) -> None:
    told = (await called.get("/api/v1/openapi.json")).json()
    assert not [path for path in told["paths"] if "websub" in path]
