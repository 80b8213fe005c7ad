"""The ticker's authorities: what each is called, where its documents are, how it labels them and which numbers are believed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from functools import partial

from rates.domain import cbu, nbk, nbkr, nbt
from rates.domain.calendars import Calendar, NationalCalendar
from rates.domain.fixings import Band, Pair
from rates.domain.observations import SeriesKey
from rates.domain.rhythm import Rhythm
from rates.domain.sessions import Labelling, session_of
from rates.domain.tables import Reading

DOLLAR = "USD"
ECHO = "echo"
"""The one voice of all who repeat what national banks fix: their numbers agree because they are copies."""

MONEYS = frozenset({"KGS", "KZT", "TJS", "UZS", "TMT", "RUB", "EUR", "CNY"})
"""All money that we give a rate of."""

_HISTORY_REACH = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Ask:
    """One request to a bank.

    Attributes:
        path: path and query, below the bank's address.
        parse: reads the answer's bytes; raises DocumentRefusedError.
        asked_on: the date that was asked for; None where the bank is asked for its latest.
        exact: whether the answer must be labelled with that very date.
    """

    path: str
    parse: Callable[[bytes], Reading]
    asked_on: date | None = None
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Bank:
    """One source: its money, its clock, its documents.

    Attributes:
        money: its own; its table prices other money in it.
        band: what a dollar is believed to cost in its own money.
        latest: requests for the latest table as of today's date at the bank, tried in turn until one can be believed.
        archived: the request for the table that was labelled with a date.
        zone: a fixed offset. None of the four countries moves its clocks, and Kazakhstan's change of 1 March 2024
            makes a machine with old zone data an hour wrong.
        calendar: the days on which it holds sessions.
        publishes_at: local time from which the next table is to be expected.
        per_unit: True where the table says the other way round what one unit of its own money costs, like ECB's.
        per_unit_but: money for which `per_unit` is the other way.
        echoes: money whose numbers it takes from national banks; all echoes are one voice.
        on_label_day: whether that is on the working day after the session, and not on its own.
    """

    id: str
    name: str
    page: str
    address: str
    money: str
    series: str
    labelling: Labelling
    calendar: Calendar
    zone: timezone
    publishes_at: time
    band: Band
    latest: Callable[[date], tuple[Ask, ...]]
    archived: Callable[[date], Ask]
    per_unit: bool = False
    per_unit_but: frozenset[str] = frozenset()
    echoes: frozenset[str] = frozenset()

    def printed(self, code: str) -> Pair:
        """Return what a row of this currency prices: so many units of the pair's base cost so many of its quote."""
        per_unit = self.per_unit != (code in self.per_unit_but)
        return Pair(self.money, code) if per_unit else Pair(code, self.money)

    def legs(self, pair: Pair) -> tuple[Pair, ...]:
        """Return the printed pairs from which this source's table gives a pair: one, or two for a cross."""
        return tuple(self.printed(code) for code in (pair.base, pair.quote) if code != self.money)

    def origin(self, code: str) -> str:
        """Return whose voice its number of a currency is: its own, or that of the national banks."""
        return ECHO if code in self.echoes else self.id

    on_label_day: bool = False

    @property
    def key(self) -> SeriesKey:
        """Which series its tables belong to."""
        return SeriesKey(self.id, self.series)

    @property
    def pair(self) -> Pair:
        """The pair of its own money against the dollar."""
        return Pair(self.money, DOLLAR)

    @property
    def rhythm(self) -> Rhythm:
        """When its next table is to be expected."""
        return Rhythm(self.calendar, self.zone, self.publishes_at, on_next_day=self.on_label_day)

    def session_of(self, label_on: date) -> date:
        """Return the session of the table that it labels with this date, as far as its calendar knows."""
        return session_of(label_on, self.labelling, self.calendar)

    def today_on(self, now: datetime) -> date:
        """Return today's date at the bank."""
        return now.astimezone(self.zone).date()


def _nbk_on(day: date) -> Ask:
    return Ask(f"/rss/get_rates.cfm?fdate={day:%d.%m.%Y}", nbk.parse, asked_on=day)


def _nbk_latest(today_on: date) -> tuple[Ask, ...]:
    return (Ask("/rss/rates_all.xml", nbk.parse), _nbk_on(today_on))


def _nbkr_latest(_today_on: date) -> tuple[Ask, ...]:
    return (Ask("/XML/daily.xml", nbkr.parse),)


def _nbkr_on(day: date) -> Ask:
    first = day - _HISTORY_REACH
    path = (
        "/index1.jsp?item=1562&lang=ENG&valuta_id=15"
        f"&beg_day={first:%d}&beg_month={first:%m}&beg_year={first:%Y}"
        f"&end_day={day:%d}&end_month={day:%m}&end_year={day:%Y}"
    )
    return Ask(path, partial(nbkr.parse_history, code=DOLLAR, until_on=day), asked_on=day, exact=False)


def _nbt_on(day: date) -> Ask:
    return Ask(f"/en/kurs/export_xml.php?date={day:%Y-%m-%d}&export=xmlout", nbt.parse, asked_on=day)


def _nbt_latest(today_on: date) -> tuple[Ask, ...]:
    return (_nbt_on(today_on),)


def _cbu_latest(_today_on: date) -> tuple[Ask, ...]:
    return (Ask("/en/arkhiv-kursov-valyut/json/", cbu.parse),)


def _cbu_on(day: date) -> Ask:
    return Ask(f"/en/arkhiv-kursov-valyut/json/all/{day:%Y-%m-%d}/", cbu.parse, asked_on=day)


def _east(hours: int) -> timezone:
    return timezone(timedelta(hours=hours))


def _band(low: str, high: str) -> Band:
    return Band(Decimal(low), Decimal(high))


NBK = Bank(
    id="NBK",
    name="National Bank of Kazakhstan",
    page="https://nationalbank.kz/",
    address="https://nationalbank.kz",
    money="KZT",
    series="daily",
    labelling=Labelling.EVERY_DAY,
    calendar=NationalCalendar("KZ"),
    zone=_east(5),
    publishes_at=time(15, 30),
    band=_band("200", "1500"),
    latest=_nbk_latest,
    archived=_nbk_on,
)
NBKR = Bank(
    id="NBKR",
    name="National Bank of the Kyrgyz Republic",
    page="https://www.nbkr.kg/",
    address="https://www.nbkr.kg",
    money="KGS",
    series="daily",
    labelling=Labelling.EVERY_DAY,
    calendar=NationalCalendar("KG"),
    zone=_east(6),
    publishes_at=time(15, 30),
    band=_band("40", "200"),
    latest=_nbkr_latest,
    archived=_nbkr_on,
)
NBT = Bank(
    id="NBT",
    name="National Bank of Tajikistan",
    page="https://www.nbt.tj/",
    address="https://www.nbt.tj",
    money="TJS",
    series="daily",
    labelling=Labelling.WORKING_DAYS,
    calendar=NationalCalendar("TJ"),
    zone=_east(5),
    publishes_at=time(9, 0),
    band=_band("5", "20"),
    latest=_nbt_latest,
    archived=_nbt_on,
    echoes=MONEYS - {"TJS"},
    on_label_day=True,
)
CBU = Bank(
    id="CBU",
    name="Central Bank of the Republic of Uzbekistan",
    page="https://cbu.uz/",
    address="https://cbu.uz",
    money="UZS",
    series="daily",
    labelling=Labelling.WORKING_DAYS,
    calendar=NationalCalendar("UZ"),
    zone=_east(5),
    publishes_at=time(15, 30),
    band=_band("5000", "30000"),
    latest=_cbu_latest,
    archived=_cbu_on,
)

BANKS = (NBKR, NBK, NBT, CBU)
"""The ticker's authorities, in the order of their money; domain/sources.py has all others."""
