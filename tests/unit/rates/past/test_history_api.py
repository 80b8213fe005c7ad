"""What a reader of the past gets over HTTP."""

import asyncio
import csv
import io
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import httpx2
import pandas as pd
import pytest
from prometheus_client import CollectorRegistry

from rates.api import history_book
from rates.api.history import make_history_router
from rates.api.history_book import HistoryBook
from rates.api.lines import Packed
from rates.domain.board import Board
from rates.domain.plans import PLANS
from shared.contracts.http.rate_history import HistoryAnswer, PeriodsAnswer
from shared.testing.clock import FixedClock
from shared.testing.eventually import eventually
from shared.web import create_api
from tests.suites.rates_builders import CBU, SEEN_AT, line, observation
from tests.suites.rates_fakes import MemoryBoardStore, MemoryObservationStore
from tests.suites.rates_history import MemoryHistory, get

MON, TUE, WED, THU = (date(2026, 3, 30) + timedelta(days=day) for day in range(4))


async def test_a_history_is_told_by_sessions_oldest_first(client: httpx2.AsyncClient) -> None:
    found = HistoryAnswer.model_validate(await get(client, "/v1/rates/UZS/USD/history"))
    assert (found.pair, found.method, [source.id for source in found.sources]) == (
        "UZS/USD",
        "inverse",
        ["CBU"],
    )
    assert [(row.session_on, row.exact_value, row.change_pct, row.revision) for row in found.rows] == [
        (MON, "0.00008200613241858226158152106615", None, 1),
        (TUE, "0.00008235807644476655603231730920", "0.43", 1),
        (WED, "0.00008230865911786517677019175448", "-0.06", 1),
    ]


async def test_both_ends_of_a_range_are_in_it(client: httpx2.AsyncClient) -> None:
    found = await get(client, "/v1/rates/UZS/USD/history?after=2026-03-31&before=2026-03-31")
    [row] = found["rows"]
    assert (row["session_on"], row["change_pct"]) == ("2026-03-31", "0.43")
    assert (await get(client, "/v1/rates/UZS/USD/history?after=2026-04-02"))["rows"] == []


async def test_without_a_beginning_a_year_is_answered(
    client: httpx2.AsyncClient, store: MemoryObservationStore
) -> None:
    store.kept += [observation(CBU, WED - timedelta(days=days), "12000.00") for days in (365, 366, 400)]
    days = [row["session_on"] for row in (await get(client, "/v1/rates/UZS/USD/history"))["rows"]]
    assert days == ["2025-04-01", "2026-03-30", "2026-03-31", "2026-04-01"]


async def test_a_range_that_ends_in_the_future_ends_with_the_newest_session(
    client: httpx2.AsyncClient, store: MemoryObservationStore
) -> None:
    """The year by default is the one before the newest session, and so is the longest range counted."""
    store.kept.append(observation(CBU, WED - timedelta(days=366), "12000.00"))
    for query, days in (
        ("before=2030-01-01", 3),
        ("before=9999-12-31", 3),
        ("after=2020-01-01&before=9999-12-31", 4),
    ):
        found = await get(client, f"/v1/rates/UZS/USD/history?{query}")
        assert len(found["rows"]) == days
    assert (await get(client, "/v1/rates/EUR/USD/history?before=2030-01-01"))["rows"] == []


@pytest.mark.parametrize("days", [1, 255, 256, 257, 700])
def test_packed_lines_come_back_as_they_were(days: int) -> None:
    lines = [f"line {number}" for number in range(days)]
    packed = Packed(lines)
    for begin, end in ((0, days), (0, 0), (days, days), (days - 1, days), (days // 3, days // 2), (0, 1)):
        assert list(packed.between(begin, end)) == lines[begin:end]


async def test_a_pair_of_two_banks_money_is_crossed_and_names_both(client: httpx2.AsyncClient) -> None:
    found = await get(client, "/v1/rates/KGS/KZT/history")
    assert (found["method"], [bank["id"] for bank in found["sources"]]) == ("cross", ["NBKR", "NBK"])
    [row] = found["rows"]
    assert (row["exact_value"], row["source"]) == ("5.4327044025157232704402516", "NBKR NBK")


async def test_by_weeks_the_last_fixing_stands_for_the_week(client: httpx2.AsyncClient) -> None:
    found = PeriodsAnswer.model_validate(
        await get(client, "/v1/rates/USD/UZS/history?group=week&after=2026-04-01")
    )
    [week] = found.rows
    assert (found.method, found.group) == ("published", "week")
    assert (week.first_on, week.session_on, week.fixings) == (MON, WED, 3)
    assert (week.opening, week.high, week.low, week.exact_value) == (
        "12194.21",
        "12194.21",
        "12142.1",
        "12149.39",
    )


async def test_csv_has_a_header_iso_dates_and_plain_decimals(client: httpx2.AsyncClient) -> None:
    response = await client.get("/v1/rates/UZS/USD/history?format=csv")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert list(rows[0]) == ["session_on", "exact_value", "change_pct", "status", "revision", "source"]
    assert [date.fromisoformat(row["session_on"]) for row in rows] == [MON, TUE, WED]
    assert [row["change_pct"] for row in rows] == ["", "0.43", "-0.06"]
    assert "E" not in response.text
    assert Decimal(rows[1]["exact_value"]) == Decimal("0.00008235807644476655603231730920")
    months = (await client.get("/v1/rates/UZS/USD/history?format=csv&group=month")).text.splitlines()
    assert months[0] == ("first_on,session_on,exact_value,opening,high,low,change_pct,status,fixings,source")
    assert [line.split(",")[0] for line in months[1:]] == ["2026-03-01", "2026-04-01"]


async def test_pandas_reads_the_csv_as_docs_api_md_says(client: httpx2.AsyncClient) -> None:
    """Dates are dates, what is not known is missing, and no digit is lost to a float unless the reader wants floats."""
    text = (await client.get("/v1/rates/UZS/USD/history?format=csv")).text
    frame = pd.read_csv(io.StringIO(text), parse_dates=["session_on"], dtype={"exact_value": str})
    assert [moment.date() for moment in frame["session_on"]] == [MON, TUE, WED]
    assert [Decimal(value) for value in frame["exact_value"]][1] == Decimal(
        "0.00008235807644476655603231730920"
    )
    assert frame["change_pct"].isna().tolist() == [True, False, False]
    assert frame["source"].tolist() == ["CBU"] * 3
    months = (await client.get("/v1/rates/UZS/USD/history?format=csv&group=month")).text
    numbers = pd.read_csv(io.StringIO(months), index_col="first_on", parse_dates=True)
    assert numbers[["exact_value", "high", "low"]].dtypes.astype(str).tolist() == ["float64"] * 3
    assert numbers["fixings"].tolist() == [2, 1]


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("/v1/rates/UZS/USD/history?after=yesterday", "after"),
        ("/v1/rates/UZS/USD/history?after=2026-04-02&before=2026-04-01", "after"),
        ("/v1/rates/UZS/USD/history?after=2010-01-01", "after"),
        ("/v1/rates/UZS/USD/history?group=day", "group"),
        ("/v1/rates/UZS/USD/history?format=xls", "format"),
        ("/v1/convert?amount=1e5&from=UZS&to=USD", "amount"),
        ("/v1/convert?amount=-1&from=UZS&to=USD", "amount"),
        ("/v1/convert?amount=1&from=uzs&to=USD", "from"),
        ("/v1/convert?amount=1&from=UZS&to=USD&on=2026-04-04", "on"),
        ("/v1/convert?amount=1&from=UZS", "to"),
    ],
)
async def test_a_wrong_parameter_is_named(client: httpx2.AsyncClient, address: str, name: str) -> None:
    problem = await get(client, address, status=422)
    assert (problem["type"], problem["errors"][0]["name"]) == ("urn:silkwire:problem:invalid-parameter", name)


async def test_thirty_years_are_had_by_months(
    client: httpx2.AsyncClient, store: MemoryObservationStore
) -> None:
    store.kept.append(observation(CBU, date(1996, 4, 2), "36.50"))
    found = await get(client, "/v1/rates/UZS/USD/history?after=1990-01-01&group=month")
    assert [row["first_on"] for row in found["rows"]] == ["1996-04-01", "2026-03-01", "2026-04-01"]


@pytest.mark.parametrize(
    "address",
    [
        "/v1/rates/XAU/USD/history",
        "/v1/rates/USD/USD/history",
        "/v1/convert?amount=1&from=KGS&to=XAU",
        "/v1/convert?amount=1&from=KGS&to=KGS",
    ],
)
async def test_a_pair_that_is_none_is_named(client: httpx2.AsyncClient, address: str) -> None:
    problem = await get(client, address, status=404)
    assert problem["type"] == "urn:silkwire:problem:unknown-pair"


@pytest.mark.parametrize("address", ["/v1/rates/UZS/USD/history", "/v1/convert?amount=1&from=UZS&to=USD"])
async def test_a_store_that_is_away_is_503(
    client: httpx2.AsyncClient, history: MemoryHistory, address: str
) -> None:
    history.down = True
    response = await client.get(address)
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")


async def test_a_history_is_read_once_until_something_is_added(
    client: httpx2.AsyncClient, history: MemoryHistory, store: MemoryObservationStore
) -> None:
    """An older session that comes late is in the very next answer, with the change of the one after it mended."""
    await get(client, "/v1/rates/USD/UZS/history")
    read = history.read_whole
    for _ in range(3):
        await get(client, "/v1/rates/UZS/USD/history?group=week")
        await get(client, "/v1/convert?amount=1&from=USD&to=UZS")
    assert history.read_whole == read
    store.kept.append(observation(CBU, MON - timedelta(days=3), "12194.21"))
    rows = (await get(client, "/v1/rates/USD/UZS/history"))["rows"]
    assert (history.read_whole, len(rows), rows[1]["change_pct"]) == (2 * read, 4, "0")


async def test_all_pairs_asked_for_at_once_are_written_one_by_one_and_once(
    client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks for every pair must not take all threads, nor push out what others have just asked for."""
    money = ["USD", *(plan.pair.base for plan in PLANS)]
    addresses = [f"/v1/rates/{one}/{other}/history" for one in money for other in money if one != other]
    written, at_once, most = [], 0, 0
    write = history_book._written

    def counted(*args: Any) -> Any:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        try:
            written.append(args)
            return write(*args)
        finally:
            at_once -= 1

    monkeypatch.setattr(history_book, "_written", counted)
    for _ in range(2):
        found = await asyncio.gather(*(client.get(address) for address in addresses))
        assert {answer.status_code for answer in found} == {200}
    assert (len(written), most) == (len(addresses), 1)


async def test_a_history_that_is_not_ready_yet_says_so_and_not_that_the_store_is_away(
    history: MemoryHistory, boards: MemoryBoardStore
) -> None:
    api = create_api("rates", "rates", registry=CollectorRegistry())
    book = HistoryBook(history, boards, PLANS)
    api.include_router(make_history_router(book, FixedClock(SEEN_AT), answers_within_s=0))
    transport = httpx2.ASGITransport(app=api)
    async with httpx2.AsyncClient(transport=transport, base_url="http://rates") as asking:
        for address in ("/v1/rates/KGS/UZS/history", "/v1/convert?amount=1&from=KGS&to=KZT"):
            busy = await asking.get(address)
            assert (busy.status_code, busy.headers["retry-after"]) == (503, "1")
            assert busy.json()["type"] == "urn:silkwire:problem:history-busy"

            async def ready(address: str = address) -> bool:
                return (await asking.get(address)).status_code == 200

            await eventually(ready, what="what is made meanwhile")


async def test_a_number_that_is_doubted_no_more_is_in_the_very_next_answer(
    client: httpx2.AsyncClient, store: MemoryObservationStore, boards: MemoryBoardStore
) -> None:
    """A second look at the bank's page adds no observation, and all the same the ticker shows the number from then on."""
    jumped = observation(CBU, THU, "14000.00")
    store.kept.append(jumped)
    assert len((await get(client, "/v1/rates/UZS/USD/history"))["rows"]) == 3
    store.kept[-1] = replace(jumped, seen_again_at=SEEN_AT + timedelta(hours=1))
    released = line(CBU, *[item for item in store.kept if item.key == CBU.key])
    boards.boards["UZS/USD"] = Board(released.fixing.pair, 2, released, SEEN_AT)
    rows = (await get(client, "/v1/rates/UZS/USD/history"))["rows"]
    assert (rows[-1]["session_on"], rows[-1]["exact_value"]) == (f"{THU}", f"{released.fixing.value:f}")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/v1/rates/KGS/KGS/history", "KGS/KGS is one and the same money."),
        ("/v1/convert?amount=1&from=USD&to=USD", "USD/USD is one and the same money."),
        ("/v1/rates/XAU/USD/history", "nothing is known of XAU. Known are USD, CNY, EUR, KGS, KZT"),
        ("/v1/convert?amount=1&from=XAU&to=XAG", "nothing is known of XAU and XAG."),
    ],
)
async def test_a_pair_that_is_none_is_told_as_the_ticker_tells_it(
    client: httpx2.AsyncClient, address: str, said: str
) -> None:
    assert said in (await get(client, address, status=404))["detail"]
