"""Four banks for sixty days: what each printed and when, and what went wrong, drawn from one seed.

Nothing here comes from the service: days off are written out by hand, numbers are drawn, documents are put together
from the shapes that the banks use. The same seed gives the same days.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

FIRST_DAY = date(2026, 3, 2)
DAYS = 60
HOURS = DAYS * 24
START = datetime(2026, 3, 2, tzinfo=UTC)
BANKS = ("NBKR", "NBK", "NBT", "CBU")
ZONE_HOURS = {"NBKR": 6, "NBK": 5, "NBT": 5, "CBU": 5}
DAYS_OFF = {
    "NBKR": {date(2026, 3, 20)},
    "NBK": {date(2026, 3, 9), date(2026, 3, 23), date(2026, 3, 24), date(2026, 3, 25)},
    "NBT": {date(2026, 3, 20), date(2026, 3, 23), date(2026, 3, 24)},
    "CBU": {date(2026, 3, 9), date(2026, 3, 20), date(2026, 3, 23)},
}
"""Weekdays without a session: Women's Day, Eid, Nowruz and the days off that follow them."""

_LEVELS = {"NBKR": ("87.4500", 4), "NBK": ("478.77", 2), "NBT": ("9.3450", 4), "CBU": ("12194.21", 2)}
_DAY = timedelta(days=1)
_FROZEN_SESSIONS = 4
_APART = 3
_KINDS = ("outage", "devaluation", "inverted", "hundredfold", "correction", "delay", "resting")


@dataclass(frozen=True, slots=True)
class Print:
    """One state of a bank's table: from when it stands there, of which session, and its numbers by currency."""

    at: datetime
    session_on: date
    numbers: Mapping[str, str]


@dataclass(slots=True)
class BankDays:
    """One bank's sixty days."""

    id: str
    prints: list[Print] = field(default_factory=list)
    outages: list[tuple[datetime, datetime]] = field(default_factory=list)
    wrong: set[str] = field(default_factory=set)
    worked_saturday: date | None = None

    def works_on(self, day: date) -> bool:
        """Whether the bank held a session, as it knows itself."""
        return day == self.worked_saturday or (day.weekday() < 5 and day not in DAYS_OFF[self.id])

    def next_working(self, day: date) -> date:
        """The bank's next session."""
        day += _DAY
        while not self.works_on(day):
            day += _DAY
        return day

    def local(self, now: datetime) -> datetime:
        """The bank's wall clock, without a zone."""
        return (now + timedelta(hours=ZONE_HOURS[self.id])).replace(tzinfo=None)

    def utc(self, day: date, hour: float) -> datetime:
        """An hour of a day at the bank."""
        return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(
            hours=hour - ZONE_HOURS[self.id]
        )

    def up(self, now: datetime) -> bool:
        """Whether the bank's server answers."""
        return not any(first <= now < last for first, last in self.outages)

    def shown(self, now: datetime) -> Print:
        """The table that stands there."""
        return max((one for one in self.prints if one.at <= now), key=lambda one: one.at)

    def of_session(self, session_on: date, now: datetime) -> Print | None:
        """What the archive has of a session."""
        found = [one for one in self.prints if one.session_on == session_on and one.at <= now]
        return max(found, key=lambda one: one.at, default=None)

    def session_before(self, session_on: date) -> date:
        """The bank's session before one."""
        return max(one.session_on for one in self.prints if one.session_on < session_on)


def make_bank(bank_id: str, seed: int) -> BankDays:
    """Draw one bank's days: each misfortune once, on sessions well apart; one bank in four is frozen for a while."""
    chance = random.Random(f"{seed} {bank_id}")  # noqa: S311  days, not secrets
    bank = BankDays(bank_id)
    frozen = BANKS[seed % len(BANKS)] == bank_id
    if not frozen:
        saturdays = [FIRST_DAY + timedelta(days=5 + 7 * week) for week in range(1, 8)]
        bank.worked_saturday = chance.choice([day for day in saturdays if _is_quiet(bank_id, day)])
    sessions = [
        day for day in (FIRST_DAY + timedelta(days=count) for count in range(-9, DAYS)) if bank.works_on(day)
    ]
    _write(bank, sessions, _misfortunes(bank, sessions, chance, frozen=frozen), chance)
    return bank


def _is_quiet(bank_id: str, saturday: date) -> bool:
    """Whether the weekdays around a Saturday are all worked."""
    return not any(saturday + timedelta(days=near) in DAYS_OFF[bank_id] for near in range(-5, 6))


def _misfortunes(
    bank: BankDays, sessions: list[date], chance: random.Random, *, frozen: bool
) -> dict[date, str]:
    """Draw which session each misfortune falls on: three sessions apart, and away from the Saturday that was worked."""
    kinds = [*_KINDS, "frozen"] if frozen else list(_KINDS)
    saturday = bank.worked_saturday
    free = [day for day in sessions[8:-5] if saturday is None or abs((day - saturday).days) > _APART]
    apart = (_APART - 1) * (len(kinds) - 1)
    chosen = sorted(chance.sample(range(len(free) - apart), len(kinds)))
    days = [free[one + (_APART - 1) * place] for place, one in enumerate(chosen)]
    return dict(zip(days, chance.sample(kinds, len(kinds)), strict=True))


def _write(
    bank: BankDays, sessions: list[date], misfortunes: Mapping[date, str], chance: random.Random
) -> None:
    text, places = _LEVELS[bank.id]
    level = {"USD": Decimal(text), "EUR": Decimal(text) * Decimal("1.15"), "RUB": Decimal(text) / 80}
    resting = frozen = 0
    for session_on in sessions:
        kind = misfortunes.get(session_on, "")
        resting, frozen = resting - 1, frozen - 1
        if kind == "devaluation":
            level = {code: number / Decimal("0.52") for code, number in level.items()}
        if kind in {"resting", "frozen"}:
            resting, frozen = (9, frozen) if kind == "resting" else (resting, _FROZEN_SESSIONS)
        if session_on == bank.worked_saturday:
            resting = 0
        if frozen <= 0:
            for code in level:
                if code != "USD" or resting <= 0:
                    level[code] *= 1 + Decimal(chance.choice((-1, 1)) * chance.randint(15, 60)) / 10000
        numbers = {code: f"{number:.{places if code != 'RUB' else 4}f}" for code, number in level.items()}
        _publish(bank, session_on, numbers, kind, chance)


def _publish(
    bank: BankDays, session_on: date, numbers: dict[str, str], kind: str, chance: random.Random
) -> None:
    """Print a session's table, with what goes wrong on that day."""
    at = bank.utc(session_on, 16 + chance.randint(0, 2))
    if bank.id == "NBT":
        at = bank.utc(bank.next_working(session_on), 0)
    elif kind == "delay":
        at += timedelta(hours=4)
    if kind == "outage":
        bank.outages.append((at - timedelta(hours=5), at + timedelta(hours=chance.randint(30, 80))))
    right = Print(at, session_on, numbers)
    if kind in {"inverted", "hundredfold", "correction"}:
        wrong = Print(at, session_on, {code: _spoil(number, kind) for code, number in numbers.items()})
        right = Print(at + timedelta(hours=chance.randint(2, 4)), session_on, numbers)
        if kind == "correction":
            wrong = Print(at, session_on, numbers | {"USD": _spoil(numbers["USD"], kind)})
        else:
            bank.wrong.add(wrong.numbers["USD"])
        bank.prints.append(wrong)
        if kind != "correction" and chance.random() < 0.5:
            return
    bank.prints.append(right)


def _spoil(number: str, kind: str) -> str:
    right = Decimal(number)
    if kind == "inverted":
        return f"{1 / right:.8f}"
    return f"{right * (100 if kind == 'hundredfold' else Decimal('1.012')):.4f}"


@dataclass(slots=True)
class World:
    """All four banks of a seed, answering by path as of an instant; None where nobody answers."""

    seed: int
    now: datetime = START
    banks: dict[str, BankDays] = field(init=False)

    def __post_init__(self) -> None:
        """Draw the banks' days."""
        self.banks = {bank_id: make_bank(bank_id, self.seed) for bank_id in BANKS}

    def answer(self, path: str) -> bytes | None:
        """What a bank says at a path with its query."""
        for bank_id, pattern, answer in _PATHS:
            if found := re.fullmatch(pattern, path):
                bank = self.banks[bank_id]
                return answer(bank, self.now, *found.groups()) if bank.up(self.now) else None
        return None


def _nbk_latest(bank: BankDays, now: datetime) -> bytes:
    shown = bank.shown(now)
    label = f"{bank.next_working(shown.session_on):%d.%m.%Y}"
    rows = "".join(
        f"<item><title>{code}</title><pubDate>{label}</pubDate><description>{number}</description><quant>1</quant></item>"
        for code, number in shown.numbers.items()
    )
    return f'<rss version="2.0"><channel><title>rates</title>{rows}</channel></rss>'.encode()


def _in_force(bank: BankDays, day: date, now: datetime) -> Print | None:
    sessions = {one.session_on for one in bank.prints if one.session_on < day and one.at <= now}
    if bank.id == "NBT":
        sessions = {session_on for session_on in sessions if bank.next_working(session_on) <= day}
    return bank.of_session(max(sessions), now) if sessions else None


def _nbk_dated(bank: BankDays, now: datetime, day: str, month: str, year: str) -> bytes:
    shown = _in_force(bank, date(int(year), int(month), int(day)), now)
    if shown is None:
        return "<rates><info>на указанную дату информации нет</info></rates>".encode()
    rows = "".join(
        f"<item><title>{code}</title><description>{number}</description><quant>1</quant></item>"
        for code, number in shown.numbers.items()
    )
    return f"<rates><date>{day}.{month}.{year}</date>{rows}</rates>".encode()


def _nbkr_daily(bank: BankDays, now: datetime) -> bytes:
    """The file is stamped with tomorrow's date as soon as today's table is in it, or at 16:20 on a day off."""
    local, shown = bank.local(now), bank.shown(now)
    stamped = shown.session_on == local.date()
    if not bank.works_on(local.date()):
        stamped = local.hour * 60 + local.minute >= 16 * 60 + 20
    label_on = local.date() + _DAY if stamped else local.date()
    rows = "".join(
        f'<Currency ISOCode="{code}"><Nominal>1</Nominal><Value>{number.replace(".", ",")}</Value></Currency>'
        for code, number in shown.numbers.items()
    )
    return f'<CurrencyRates Name="Daily Exchange Rates" Date="{label_on:%d.%m.%Y}">{rows}</CurrencyRates>'.encode()


def _nbkr_history(bank: BankDays, now: datetime, *ends: str) -> bytes:
    first, last = (date(int(year), int(month), int(day)) for day, month, year in (ends[:3], ends[3:]))
    cells = ""
    for session_on in sorted({one.session_on for one in bank.prints if one.at <= now}, reverse=True):
        shown = bank.of_session(session_on, now)
        if shown is not None and first <= session_on + _DAY <= last:
            number = shown.numbers["USD"].replace(".", ",")
            cells += f"<!--date-->{session_on + _DAY:%d.%m.%Y}<!--date--><!--value-->{number}<!--value-->"
    return f"<html><body>{cells}</body></html>".encode()


def _nbt_dated(bank: BankDays, now: datetime, day: str) -> bytes:
    shown = _in_force(bank, date.fromisoformat(day), now)
    numbers = shown.numbers if shown else bank.shown(now).numbers
    rows = "".join(
        f'<Valute ID="1"><CharCode>{code}</CharCode><Nominal>1</Nominal><Value>{number}</Value></Valute>'
        for code, number in numbers.items()
    )
    return f'<ValCurs Date="{day}" name="Foreign Currency Market">{rows}</ValCurs>'.encode()


def _cbu(label_on: date, shown: Print) -> bytes:
    return json.dumps(
        [
            {"Ccy": code, "Nominal": "1", "Rate": number, "Date": f"{label_on:%d.%m.%Y}"}
            for code, number in shown.numbers.items()
        ]
    ).encode()


def _cbu_latest(bank: BankDays, now: datetime) -> bytes:
    shown = bank.shown(now)
    return _cbu(bank.next_working(shown.session_on), shown)


def _cbu_dated(bank: BankDays, now: datetime, day: str) -> bytes:
    label_on = date.fromisoformat(day)
    found = [one for one in bank.prints if bank.next_working(one.session_on) == label_on and one.at <= now]
    return _cbu(label_on, max(found, key=lambda one: one.at)) if found else b"[]"


_DATE = r"(\d\d)\.(\d\d)\.(\d{4})"
_ENDS = r"{0}_day=(\d+)&{0}_month=(\d+)&{0}_year=(\d+)"
_PATHS = (
    ("NBK", r"/rss/rates_all\.xml", _nbk_latest),
    ("NBK", rf"/rss/get_rates\.cfm\?fdate={_DATE}", _nbk_dated),
    ("NBKR", r"/XML/daily\.xml", _nbkr_daily),
    (
        "NBKR",
        rf"/index1\.jsp\?item=1562&lang=ENG&valuta_id=15&{_ENDS.format('beg')}&{_ENDS.format('end')}",
        _nbkr_history,
    ),
    ("NBT", r"/en/kurs/export_xml\.php\?date=([\d-]+)&export=xmlout", _nbt_dated),
    ("CBU", r"/en/arkhiv-kursov-valyut/json/", _cbu_latest),
    ("CBU", r"/en/arkhiv-kursov-valyut/json/all/([\d-]+)/", _cbu_dated),
)
