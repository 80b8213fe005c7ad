"""Recorded answers of the banks, replayed through a local server, must give the values known for them.

Of most banks one day is recorded. Where a change needs the day after, its bytes are the recorded ones with that day's
date and its known dollar rate put in.
"""

import re
from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from rates.adapters.httpx2_bank import Httpx2BankFetcher
from rates.domain import cbu, nbk, nbkr, nbt
from rates.domain.banks import Bank
from rates.domain.display import five_decimals, scaled_line
from rates.domain.plans import PLANS
from rates.domain.tables import NoData, Reading, Row, Table
from rates.metrics import Metrics
from rates.pipeline.ask import Asker
from rates.pipeline.poll import Poller
from rates.ports import Outcome
from tests.suites.rates_bank_server import BankServer, bank_server
from tests.suites.rates_builders import CBU, NBK, NBKR, NBT
from tests.suites.rates_rig import Rig


@pytest.fixture
async def server() -> AsyncIterator[BankServer]:
    async with bank_server() as started:
        yield started


class Replay(Rig):
    """The pipeline on memory stores, which asks a real server through the real client."""

    def __init__(self, today: date, server: BankServer, *, beside: Rig | None = None) -> None:
        super().__init__(today, beside=beside)
        addresses = dict.fromkeys(("NBK", "NBKR", "NBT", "CBU"), server.address)
        self.fetcher = Httpx2BankFetcher(addresses, user_agent="Silkwire/test", timeout_s=5, max_bytes=10**6)
        metrics = Metrics(CollectorRegistry())
        asker = Asker(self.fetcher, clock=self.clock, metrics=metrics)
        self.poller = Poller(
            asker, self.recorder, self.publisher, plans=PLANS, clock=self.clock, metrics=metrics
        )

    async def poll(self, bank: Bank) -> Outcome:
        """Poll over the network."""
        try:
            return (await self.poller.poll(bank)).outcome
        finally:
            await self.fetcher.close()


def day_after(payload: bytes, *changes: tuple[str, str]) -> bytes:
    """The recorded bytes with another day's date and dollar put in."""
    for old, new in changes:
        assert old.encode() in payload
        payload = payload.replace(old.encode(), new.encode())
    return payload


def table(reading: Reading) -> Table:
    assert isinstance(reading, Table)
    return reading


async def test_the_tenge_of_2_april_2026(recorded: Path, server: BankServer) -> None:
    first = (recorded / "nbk" / "get_rates.2026-04-01.xml").read_bytes()
    second = day_after(first, ("01.04.2026", "02.04.2026"), (">478.77<", ">475.09<"))
    server.put(NBK.archived(date(2026, 4, 1)).path, first)
    server.put(NBK.archived(date(2026, 4, 2)).path, second)
    replay = Replay(date(2026, 4, 2), server)
    assert await replay.poll(NBK) is Outcome.FIXED
    assert replay.shown(NBK) == "KZT/USD = 0.00210 0.77%"


async def test_the_som_of_1_to_3_april_2026(recorded: Path, server: BankServer) -> None:
    """From values rounded to five decimals both changes would be 0%."""
    first = (recorded / "cbu" / "all.2026-04-01.json").read_bytes()
    second = day_after(first, ("01.04.2026", "02.04.2026"), ('"12194.21"', '"12142.10"'))
    third = day_after(second, ("02.04.2026", "03.04.2026"), ('"12142.10"', '"12149.39"'))
    server.put(CBU.archived(date(2026, 4, 1)).path, first)
    server.put(CBU.latest(date(2026, 4, 1))[0].path, second)
    replay = Replay(date(2026, 4, 1), server)
    await replay.poll(CBU)
    assert replay.shown(CBU) == "UZS/USD = 0.00008 0.43%"
    fixing = replay.boards.boards["UZS/USD"].line.fixing
    assert f"{fixing.value:f}".startswith("0.0000823580764447")
    scaled = scaled_line(CBU.pair, fixing.value)
    assert scaled is not None
    assert scaled.text == "1000 UZS/USD = 0.08236"

    server.put(CBU.latest(date(2026, 4, 2))[0].path, third)
    later = Replay(date(2026, 4, 2), server, beside=replay)
    await later.poll(CBU)
    assert later.shown(CBU) == "UZS/USD = 0.00008 -0.06%"


async def test_the_kyrgyz_som_of_a_sunday_in_may_2026(recorded: Path, server: BankServer) -> None:
    """The file is dated Sunday and is Friday's session; the same table dated Monday says nothing new."""
    sunday = (recorded / "nbkr" / "daily.2026-05-24.xml").read_bytes()
    path = NBKR.latest(date(2026, 5, 23))[0].path
    server.put(path, sunday)
    replay = Replay(date(2026, 5, 23), server)
    await replay.poll(NBKR)
    fixing = replay.boards.boards["KGS/USD"].line.fixing
    assert (fixing.session_on, fixing.label_on) == (date(2026, 5, 22), date(2026, 5, 24))
    assert five_decimals(fixing.value) == "0.01144"

    server.put(path, day_after(sunday, ("24.05.2026", "25.05.2026")))
    assert await Replay(date(2026, 5, 24), server, beside=replay).poll(NBKR) is Outcome.UNCHANGED
    assert len(replay.events()) == 1


async def test_the_somoni_of_18_may_2026(recorded: Path, server: BankServer) -> None:
    payload = (recorded / "nbt" / "export_xml.2026-05-18.xml").read_bytes()
    before = day_after(payload, ("2026-05-18", "2026-05-15"), (">9.3450<", ">9.3288<"))
    server.put(NBT.latest(date(2026, 5, 18))[0].path, payload)
    server.put(NBT.archived(date(2026, 5, 15)).path, before)
    replay = Replay(date(2026, 5, 18), server)
    await replay.poll(NBT)
    assert replay.shown(NBT) == "TJS/USD = 0.10701 -0.17%"
    assert replay.boards.boards["TJS/USD"].line.fixing.session_on == date(2026, 5, 15)


def test_nbk_prints_39_currencies_with_their_nominals(recorded: Path) -> None:
    found = table(nbk.parse((recorded / "nbk" / "get_rates.2026-04-01.xml").read_bytes()))
    assert (found.label_on, len(found.rows), found.dropped) == (date(2026, 4, 1), 39, ())
    assert found.row("USD") == Row("USD", 1, Decimal("478.77"), 2)
    nominals = {row.code: row.nominal for row in found.rows}
    assert {code: nominals[code] for code in ("UZS", "KRW", "AMD", "HUF", "IRR", "KGS", "TJS", "RUB")} == {
        "UZS": 100,
        "KRW": 100,
        "AMD": 10,
        "HUF": 10,
        "IRR": 1000,
        "KGS": 1,
        "TJS": 1,
        "RUB": 1,
    }


def test_nbkr_prints_four_or_five_currencies(recorded: Path) -> None:
    new = table(nbkr.parse((recorded / "nbkr" / "daily.2026-05-24.xml").read_bytes()))
    assert [row.code for row in new.rows] == ["USD", "EUR", "CNY", "KZT", "RUB"]
    assert new.row("USD") == Row("USD", 1, Decimal("87.4500"), 4)
    old = table(nbkr.parse((recorded / "nbkr" / "daily.2022-07-18.xml").read_bytes()))
    assert [row.code for row in old.rows] == ["USD", "EUR", "KZT", "RUB"]
    assert (old.label_on, old.row("USD")) == (date(2022, 7, 18), Row("USD", 1, Decimal("80.9694"), 4))


def test_nbkrs_page_of_the_past_is_read_up_to_a_day(recorded: Path) -> None:
    page = (recorded / "nbkr" / "history.2005-06.trimmed.html").read_bytes()
    expected = {
        date(2005, 6, 25): "40.9614",
        date(2005, 6, 24): "41.0685",
        date(2005, 6, 17): "41.0511",
        date(2005, 6, 4): "40.9879",
    }
    for until_on, value in expected.items():
        found = table(nbkr.parse_history(page, code="USD", until_on=until_on))
        assert found.row("USD") == Row("USD", 1, Decimal(value), 4)
    assert isinstance(nbkr.parse_history(page, code="USD", until_on=date(2005, 6, 3)), NoData)


def test_nbt_prints_36_currencies_known_by_their_letters(recorded: Path) -> None:
    found = table(nbt.parse((recorded / "nbt" / "export_xml.2026-05-18.xml").read_bytes()))
    assert (found.label_on, len(found.rows), found.dropped) == (date(2026, 5, 18), 36, ())
    assert found.row("USD") == Row("USD", 1, Decimal("9.3450"), 4)
    assert found.row("RUB") == Row("RUB", 1, Decimal("0.1277"), 4)
    assert found.row("UZS") == Row("UZS", 100, Decimal("0.0780"), 4)
    nominals = {row.code: row.nominal for row in found.rows}
    assert [nominals[code] for code in ("KGS", "KZT", "TMT")] == [10, 10, 1]


@pytest.mark.parametrize(
    ("name", "label_on", "usd", "nominal_of_rial"),
    [
        ("historical.2020-07-14.json", date(2020, 7, 14), "10194.96", 1),
        ("all.2022-06-28.json", date(2022, 6, 28), "10823.52", None),
        ("today.2022-08-05.json", date(2022, 8, 5), "10919.89", 10),
        ("all.2026-04-01.json", date(2026, 4, 1), "12194.21", 10),
    ],
)
def test_cbu_is_read_over_the_years_by_letters_with_the_nominals_of_the_day(
    recorded: Path, name: str, label_on: date, usd: str, nominal_of_rial: int | None
) -> None:
    """The rial was quoted per 1 in 2020 and per 10 since: whoever hard-codes it is wrong tenfold."""
    payload = (recorded / "cbu" / name).read_bytes()
    found = table(cbu.parse(payload))
    assert (found.label_on, found.dropped) == (label_on, ())
    assert found.row("USD") == Row("USD", 1, Decimal(usd), 2)
    assert len(found.rows) == len(re.findall(rb'"Ccy"', payload))
    rial = found.row("IRR")
    assert (rial.nominal if rial else None) == nominal_of_rial


@pytest.mark.parametrize("bank", [NBK, NBKR, NBT, CBU], ids=lambda bank: bank.id)
@pytest.mark.parametrize(
    "name",
    [
        "cbr/RussianCentralBank__historical_error.xml",
        "cbt/20052026.xml",
        "ecb/eurofxref.2015-01-07.xml",
        "other/OpenExchangeRates__error.json",
    ],
)
async def test_another_banks_answer_is_refused_and_changes_nothing(
    recorded: Path, server: BankServer, bank: Bank, name: str
) -> None:
    today = date(2026, 4, 2)
    for ask in bank.latest(today):
        server.put(ask.path, (recorded / name).read_bytes())
    replay = Replay(today, server)
    assert await replay.poll(bank) is Outcome.REFUSED
    assert replay.boards.boards == {}
