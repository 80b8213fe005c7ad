"""What other services get from rates over HTTP."""

from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal

import httpx2
import pytest
from prometheus_client import CollectorRegistry

from rates.api.routes import make_router
from rates.domain.banks import BANKS
from rates.domain.board import Board
from rates.ports import Outcome, PollReport
from shared.contracts.http.rates import RatesAnswer, TickerEntry
from shared.testing.clock import FixedClock
from shared.web import create_api
from tests.suites.rates_builders import CBU, NBK, NBKR, NBT, SEEN_AT, line, observation
from tests.suites.rates_fakes import MemoryBoardStore, MemoryPollClaims

MON, TUE = date(2026, 3, 30), date(2026, 3, 31)
NUMBERS = {
    NBK: ("478.77", "475.09"),
    NBKR: ("87.4500", "87.4500"),
    NBT: ("9.3450", "9.3288"),
    CBU: ("12194.21", "12142.10"),
}


@pytest.fixture
def boards() -> MemoryBoardStore:
    return MemoryBoardStore()


@pytest.fixture
def claims() -> MemoryPollClaims:
    return MemoryPollClaims(FixedClock(SEEN_AT))


@pytest.fixture
async def client(boards: MemoryBoardStore, claims: MemoryPollClaims) -> AsyncIterator[httpx2.AsyncClient]:
    api = create_api("rates", "rates", registry=CollectorRegistry())
    api.include_router(make_router(boards, claims, BANKS))
    transport = httpx2.ASGITransport(app=api)
    async with httpx2.AsyncClient(transport=transport, base_url="http://rates") as asking:
        yield asking


def fill(boards: MemoryBoardStore) -> None:
    for bank, (first, second) in NUMBERS.items():
        said = line(bank, observation(bank, MON, first), observation(bank, TUE, second))
        boards.boards[str(bank.pair)] = Board(bank.pair, 2, said, SEEN_AT)


async def test_a_change_of_nothing_is_nothing_in_each_direction(
    client: httpx2.AsyncClient, boards: MemoryBoardStore
) -> None:
    fill(boards)
    for pair in ("KGS/USD", "USD/KGS"):
        entry = TickerEntry.model_validate_json((await client.get(f"/v1/rates/{pair}")).content)
        assert (entry.change_pct, entry.exact_change_pct) == ("0", "0")


async def test_the_ticker_stands_in_its_order(client: httpx2.AsyncClient, boards: MemoryBoardStore) -> None:
    fill(boards)
    answer = RatesAnswer.model_validate_json((await client.get("/v1/rates")).content)
    assert [entry.text for entry in answer.rates] == [
        "KGS/USD = 0.01144 0%",
        "KZT/USD = 0.00210 0.77%",
        "TJS/USD = 0.10719 0.17%",
        "UZS/USD = 0.00008 0.43%",
    ]
    assert answer.as_of == SEEN_AT


async def test_nothing_known_is_an_empty_list(client: httpx2.AsyncClient) -> None:
    answer = RatesAnswer.model_validate_json((await client.get("/v1/rates")).content)
    assert (answer.rates, answer.as_of) == ([], None)


async def test_one_pair_is_told_in_full(client: httpx2.AsyncClient, boards: MemoryBoardStore) -> None:
    fill(boards)
    response = await client.get("/v1/rates/UZS/USD")
    assert response.json() == {
        "pair": "UZS/USD",
        "value": "0.00008",
        "change_pct": "0.43",
        "text": "UZS/USD = 0.00008 0.43%",
        "exact_value": "0.00008235807644476655603231730920",
        "exact_change_pct": "0.4291679363536785234844054982",
        "scaled": {"per": 1000, "text": "1000 UZS/USD = 0.08236"},
        "as_of": "2026-03-31T00:00:00Z",
        "source": {
            "id": "CBU",
            "name": "Central Bank of the Republic of Uzbekistan",
            "url": "https://cbu.uz/",
        },
        "status": "ok",
        "note": None,
        "method": "inverse",
        "uncertainty_pct": "0.000042",
        "legs": [],
    }


async def test_an_unknown_change_is_null_and_has_no_percent(
    client: httpx2.AsyncClient, boards: MemoryBoardStore
) -> None:
    boards.boards["TJS/USD"] = Board(NBT.pair, 1, line(NBT, observation(NBT, MON, "9.3450")), SEEN_AT)
    entry = TickerEntry.model_validate_json((await client.get("/v1/rates/TJS/USD")).content)
    assert (entry.change_pct, entry.text, entry.scaled) == (None, "TJS/USD = 0.10701", None)


async def test_a_move_too_small_to_print_is_still_told_exactly(
    client: httpx2.AsyncClient, boards: MemoryBoardStore
) -> None:
    """Somebody who compares two days' exact values must not read that nothing moved."""
    moved = line(CBU, observation(CBU, MON, "12142.10"), observation(CBU, TUE, "12142.11"))
    boards.boards["UZS/USD"] = Board(CBU.pair, 2, moved, SEEN_AT)
    entry = TickerEntry.model_validate_json((await client.get("/v1/rates/UZS/USD")).content)
    assert (entry.change_pct, entry.text) == ("0", "UZS/USD = 0.00008 0%")
    assert (entry.exact_change_pct or "").startswith("-0.0000823580086")


async def test_a_held_pair_says_why(client: httpx2.AsyncClient, boards: MemoryBoardStore) -> None:
    held = line(NBK, observation(NBK, MON, "478.77"), observation(NBK, TUE, "4.75"))
    boards.boards["KZT/USD"] = Board(NBK.pair, 2, held, SEEN_AT)
    entry = TickerEntry.model_validate_json((await client.get("/v1/rates/KZT/USD")).content)
    assert entry.status == "held"
    assert "4.75 KZT per 1 USD" in (entry.note or "")
    assert Decimal(entry.exact_value) == held.fixing.value


async def test_any_two_of_the_money_known_have_a_rate_with_both_banks_and_dates(
    client: httpx2.AsyncClient, boards: MemoryBoardStore
) -> None:
    """Who is paid in som and spends tenge wants that rate, and to know of which days it is."""
    fill(boards)
    entry = TickerEntry.model_validate_json((await client.get("/v1/rates/KGS/KZT")).content)
    assert (entry.text, entry.method, entry.uncertainty_pct) == (
        "KGS/KZT = 5.43270 -0.77%",
        "cross",
        "0.0012",
    )
    assert [(leg.pair, leg.source.id, leg.as_of.date()) for leg in entry.legs] == [
        ("KGS/USD", "NBKR", TUE),
        ("KZT/USD", "NBK", TUE),
    ]


async def test_the_dollar_has_a_rate_in_every_money(
    client: httpx2.AsyncClient, boards: MemoryBoardStore
) -> None:
    fill(boards)
    entry = TickerEntry.model_validate_json((await client.get("/v1/rates/USD/KGS")).content)
    assert (entry.text, entry.exact_value, entry.method) == ("USD/KGS = 87.45000 0%", "87.45", "published")
    assert (entry.source.id, entry.uncertainty_pct) == ("NBKR", "0.000058")


async def test_legs_of_two_days_are_told_and_have_no_percent(
    client: httpx2.AsyncClient, boards: MemoryBoardStore
) -> None:
    fill(boards)
    newer = line(CBU, observation(CBU, TUE, "12194.21"), observation(CBU, date(2026, 4, 1), "12142.10"))
    boards.boards["UZS/USD"] = Board(CBU.pair, 2, newer, SEEN_AT)
    entry = TickerEntry.model_validate_json((await client.get("/v1/rates/KGS/UZS")).content)
    assert (entry.change_pct, entry.exact_change_pct, entry.as_of.date()) == (None, None, TUE)
    assert entry.note == "KGS/USD is of 2026-03-31 and UZS/USD is of 2026-04-01"


@pytest.mark.parametrize(
    ("pair", "why"),
    [
        ("XAU/USD", "nothing is known of XAU. Known are USD, KGS, KZT, TJS, UZS."),
        ("KGS/XAU", "nothing is known of XAU. Known are USD, KGS, KZT, TJS, UZS."),
        ("XAG/XAU", "nothing is known of XAG and XAU."),
        ("KGS/KGS", "KGS/KGS is one and the same money. Ask for two different ones."),
        ("USD/USD", "USD/USD is one and the same money."),
    ],
)
async def test_a_pair_that_cannot_be_is_a_problem_that_says_why(
    client: httpx2.AsyncClient, boards: MemoryBoardStore, pair: str, why: str
) -> None:
    fill(boards)
    response = await client.get(f"/v1/rates/{pair}")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    assert why in response.json()["detail"]


async def test_what_is_no_code_is_a_wrong_parameter(client: httpx2.AsyncClient) -> None:
    response = await client.get("/v1/rates/kgs/USD")
    assert response.status_code == 422
    assert response.json()["errors"][0]["name"] == "base"


@pytest.mark.parametrize("path", ["/v1/rates", "/v1/rates/KGS/USD", "/v1/banks"])
async def test_a_store_that_is_away_is_503_and_says_when_to_come_back(
    client: httpx2.AsyncClient, boards: MemoryBoardStore, claims: MemoryPollClaims, path: str
) -> None:
    boards.down = claims.down = True
    response = await client.get(path)
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")


async def test_the_banks_tell_how_their_polls_went(
    client: httpx2.AsyncClient, claims: MemoryPollClaims
) -> None:
    claim = await claims.claim("NBK", (await claims.state("NBK")).epoch, 60)
    assert claim is not None
    await claims.finish(claim, PollReport(Outcome.REFUSED, "html", "a page for people"))
    banks = {entry["bank"]["id"]: entry for entry in (await client.get("/v1/banks")).json()["banks"]}
    assert list(banks) == ["NBKR", "NBK", "NBT", "CBU"]
    assert (banks["NBK"]["outcome"], banks["NBK"]["reason"], banks["NBK"]["failures"]) == (
        "refused",
        "html",
        1,
    )
    assert (banks["CBU"]["polled_at"], banks["CBU"]["outcome"]) == (None, None)
