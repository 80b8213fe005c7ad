"""What somebody gets who converts an amount over HTTP."""

from dataclasses import replace
from datetime import date, timedelta

import httpx2
import pytest

from rates.domain.board import Board
from rates.domain.fixings import Status
from tests.suites.rates_builders import CBU, SEEN_AT, line, observation
from tests.suites.rates_fakes import MemoryBoardStore, MemoryObservationStore
from tests.suites.rates_history import get

MON, TUE, WED, THU = (date(2026, 3, 30) + timedelta(days=day) for day in range(4))


async def test_an_amount_is_converted_by_the_newest_fixing_and_names_it(client: httpx2.AsyncClient) -> None:
    assert await get(client, "/v1/convert?amount=1000000&from=UZS&to=USD") == {
        "amount": "1000000",
        "from": "UZS",
        "to": "USD",
        "on": None,
        "result": "82.31",
        "exact_result": "82.30865911786517677019175448",
        "exact_rate": "0.00008230865911786517677019175448",
        "method": "inverse",
        "uncertainty_pct": "0.000042",
        "fixings": [
            {
                "pair": "UZS/USD",
                "exact_value": "0.00008230865911786517677019175448",
                "printed": "12149.39 UZS per 1 USD",
                "method": "inverse",
                "status": "ok",
                "session_on": "2026-04-01",
                "in_force_from": "2026-04-02",
                "revision": 1,
                "source": {
                    "id": "CBU",
                    "name": "Central Bank of the Republic of Uzbekistan",
                    "url": "https://cbu.uz/",
                },
            }
        ],
    }


@pytest.mark.parametrize(
    ("amount", "base", "quote", "result"),
    [
        ("1", "UZS", "USD", "0.0000823"),
        ("100", "UZS", "USD", "0.00823"),
        ("5000", "UZS", "USD", "0.412"),
        ("43.725", "KGS", "USD", "0.50"),
        ("87.45", "KGS", "USD", "1.00"),
        ("1000000", "UZS", "USD", "82.31"),
        ("0", "UZS", "USD", "0.00"),
        ("0.00000001", "UZS", "USD", "0.000000000000823"),
    ],
)
async def test_a_small_amount_is_not_rounded_away(
    client: httpx2.AsyncClient, amount: str, base: str, quote: str, result: str
) -> None:
    """Hundredths of less than one hold fewer than three digits: `0.00` for one som says nothing."""
    found = await get(client, f"/v1/convert?amount={amount}&from={base}&to={quote}")
    assert found["result"] == result


async def test_an_amount_is_converted_by_a_number_as_doubtful_as_the_ticker_calls_it(
    client: httpx2.AsyncClient, store: MemoryObservationStore, boards: MemoryBoardStore
) -> None:
    """A stale number was called `ok` where an amount was converted by it."""
    known = line(CBU, *[item for item in store.kept if item.key == CBU.key])
    for status in (Status.STALE, Status.HELD):
        boards.boards["UZS/USD"] = Board(known.fixing.pair, 2, replace(known, status=status), SEEN_AT)
        found = await get(client, "/v1/convert?amount=1&from=USD&to=UZS")
        assert [fixing["status"] for fixing in found["fixings"]] == [status.value]


async def test_without_a_day_no_number_older_than_two_weeks_converts(
    client: httpx2.AsyncClient, store: MemoryObservationStore
) -> None:
    store.kept = [observation(CBU, MON - timedelta(days=14), "12194.21")]
    problem = await get(client, "/v1/convert?amount=1&from=USD&to=UZS", status=404)
    assert problem["type"] == "urn:silkwire:problem:no-fixing"


async def test_at_a_date_the_fixing_in_force_that_day_counts_not_the_one_made_on_it(
    client: httpx2.AsyncClient,
) -> None:
    """CBU's table of Tuesday's session is dated Wednesday: on Tuesday Monday's still holds."""
    found = await get(client, "/v1/convert?amount=1&from=USD&to=UZS&on=2026-03-31")
    assert (found["exact_result"], found["fixings"][0]["session_on"]) == ("12194.21", "2026-03-30")


async def test_through_the_dollar_both_fixings_are_named(client: httpx2.AsyncClient) -> None:
    """Each bank's fixing in force counts, so their sessions may differ, and the reader is told."""
    found = await get(client, "/v1/convert?amount=100&from=KGS&to=UZS&on=2026-04-02")
    assert (found["method"], found["result"]) == ("cross", "13892.96")
    used = [(fixing["source"]["id"], fixing["session_on"]) for fixing in found["fixings"]]
    assert used == [("NBKR", "2026-03-31"), ("CBU", "2026-04-01")]


async def test_a_day_with_nothing_in_force_is_told(client: httpx2.AsyncClient) -> None:
    for day in ("2026-03-30", "1990-01-01"):
        problem = await get(client, f"/v1/convert?amount=1&from=USD&to=UZS&on={day}", status=404)
        assert problem["type"] == "urn:silkwire:problem:no-fixing"
