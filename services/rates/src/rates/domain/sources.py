"""All further sources: authorities for money outside the ticker's four, and witnesses, whose numbers are never shown."""

from datetime import UTC, date, time, timedelta, timezone
from decimal import Decimal
from functools import partial

from rates.domain import cbr, cbt, ecb, market
from rates.domain.banks import BANKS, DOLLAR, MONEYS, Ask, Bank
from rates.domain.calendars import NationalCalendar, Weekdays
from rates.domain.fixings import Band
from rates.domain.sessions import Labelling

_CIS = frozenset({"KGS", "KZT", "TJS", "UZS", "TMT"})
"""Of these the Bank of Russia sets rates from its own dollar and the national banks' official numbers."""

_ITSELF = Band(Decimal(1), Decimal(1))
"""What a dollar costs in dollars."""


def _cbr_latest(_today_on: date) -> tuple[Ask, ...]:
    return (Ask("/scripts/XML_daily.asp", cbr.parse),)


def _cbr_on(day: date) -> Ask:
    # Asked for a Sunday it gives Saturday's table; whether under Saturday's date is not settled.
    return Ask(f"/scripts/XML_daily.asp?date_req={day:%d/%m/%Y}", cbr.parse, asked_on=day, exact=False)


def _ecb_latest(_today_on: date) -> tuple[Ask, ...]:
    return (Ask("/stats/eurofxref/eurofxref-daily.xml", ecb.parse),)


def _ecb_on(day: date) -> Ask:
    path = "/stats/eurofxref/eurofxref-hist-90d.xml"
    return Ask(path, partial(ecb.parse_history, until_on=day), asked_on=day, exact=False)


def _cbt_latest(today_on: date) -> tuple[Ask, ...]:
    # Tomorrow's file is there from the afternoon on; on Sundays there is none, so Saturday's is the last way.
    days = (today_on + timedelta(days=ahead) for ahead in (1, 0, -1))
    return tuple(_cbt_file(day) for day in days)


def _cbt_file(day: date) -> Ask:
    return Ask(f"/kurs/{day:%Y}/{day:%d%m%Y}.xml", cbt.parse)


def _cbt_on(day: date) -> Ask:
    return Ask(f"/kurs/{day:%Y}/{day:%d%m%Y}.xml", cbt.parse, asked_on=day)


def _market_latest(_today_on: date) -> tuple[Ask, ...]:
    return (Ask("/v6/latest/USD", market.parse),)


def _market_on(day: date) -> Ask:
    # It keeps no past: whatever it answers is labelled later than the day asked for, and discarded.
    return Ask("/v6/latest/USD", market.parse, asked_on=day)


CBR = Bank(
    id="CBR",
    name="Bank of Russia",
    page="https://www.cbr.ru/",
    address="https://www.cbr.ru",
    money="RUB",
    series="daily",
    labelling=Labelling.EVERY_DAY,
    calendar=NationalCalendar("RU"),
    zone=timezone(timedelta(hours=3)),
    publishes_at=time(15, 30),
    band=Band(Decimal(20), Decimal(300)),
    latest=_cbr_latest,
    archived=_cbr_on,
    echoes=_CIS,
)
ECB = Bank(
    id="ECB",
    name="European Central Bank",
    page="https://www.ecb.europa.eu/",
    address="https://www.ecb.europa.eu",
    money="EUR",
    series="daily",
    labelling=Labelling.SAME_DAY,
    calendar=NationalCalendar("ECB"),
    zone=timezone(timedelta(hours=1)),
    publishes_at=time(16, 0),
    band=Band(Decimal("0.5"), Decimal("1.5")),
    latest=_ecb_latest,
    archived=_ecb_on,
    per_unit=True,
)
CBT = Bank(
    id="CBT",
    name="Central Bank of Turkmenistan",
    page="https://cbt.tm/",
    address="https://cbt.tm",
    money=DOLLAR,
    series="daily",
    labelling=Labelling.EVERY_DAY,
    calendar=NationalCalendar("TM"),
    zone=timezone(timedelta(hours=5)),
    publishes_at=time(15, 20),
    band=_ITSELF,
    latest=_cbt_latest,
    archived=_cbt_on,
    per_unit=True,
    per_unit_but=cbt.INVERTED,
    echoes=MONEYS - {"TMT"},
)
MARKET = Bank(
    id="MARKET",
    name="open.er-api.com",
    page="https://www.exchangerate-api.com",
    address="https://open.er-api.com",
    money=DOLLAR,
    series="latest",
    labelling=Labelling.EVERY_DAY,
    calendar=Weekdays(),
    zone=UTC,
    publishes_at=time(0, 0),
    band=_ITSELF,
    latest=_market_latest,
    archived=_market_on,
    per_unit=True,
)

SOURCES = (*BANKS, CBR, ECB, CBT, MARKET)
"""All sources: the ticker's authorities first."""
