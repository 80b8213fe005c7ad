"""The ticker of every hour, worked out a second time: from what the banks printed, by fractions, from the rules alone.

It shares no code with the service. It is told the truth (rates_world.py): what each bank printed for which session and
when its server answered. The service has only bytes and a clock, and must come to the same line.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction

from tests.suites.rates_world import DAYS_OFF, BankDays

BASES = {"NBKR": "KGS", "NBK": "KZT", "NBT": "TJS", "CBU": "UZS"}
BANDS = {"NBKR": (40, 200), "NBK": (200, 1500), "NBT": (5, 20), "CBU": (5000, 30000)}
JUMP = Fraction(5, 100)
"""A number further than this from the bank's last one is not taken at its first word."""

MEANT_AFTER = timedelta(minutes=30)
"""A bank that shows the same number so much later means it."""

NO_WORD_ON = {"NBT": {date(2026, 3, 19)}}
"""Weekdays whose table may be missing without a word: Tajikistan's Eid of 20 March is only an estimate."""

_LATE_AT_HOUR = {"NBKR": 18.5, "NBK": 18.5, "NBT": 12, "CBU": 18.5}
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a reader is to see of a pair."""

    text: str
    status: str
    session_on: date
    number: Fraction
    percent: Fraction | None


@dataclass(slots=True)
class Known:
    """One state of a bank's table: its numbers, when they were first seen, and whether they were seen again later."""

    numbers: Mapping[str, str]
    first_at: datetime
    meant: bool = False

    @property
    def dollar(self) -> Fraction:
        """What a dollar costs."""
        return Fraction(self.numbers["USD"])


@dataclass(slots=True)
class Learned:
    """One bank as a poller comes to know it, hour by hour."""

    bank: BankDays
    sessions: dict[date, list[Known]] = field(default_factory=dict)

    def poll(self, now: datetime) -> None:
        """Look at the bank once, if it answers."""
        if not self.bank.up(now):
            return
        shown = self.bank.shown(now)
        before_on = self.bank.session_before(shown.session_on)
        before = self.bank.of_session(before_on, now)
        if shown.session_on not in self.sessions and before_on not in self.sessions and before is not None:
            self.sessions[before_on] = [Known(before.numbers, now)]
        states = self.sessions.setdefault(shown.session_on, [])
        if not states or states[-1].numbers != shown.numbers:
            states.append(Known(shown.numbers, now))
        elif now - states[-1].first_at >= MEANT_AFTER:
            states[-1].meant = True

    def line(self, now: datetime) -> Shown | None:
        """What the ticker is to show now."""
        good = self._believed()
        if not good:
            return None
        newest_on, (session_on, *earlier) = max(self.sessions), sorted(good, reverse=True)
        number = good[session_on].dollar
        percent = None
        if earlier and (session_on - earlier[0]).days <= 14:
            percent = (good[earlier[0]].dollar / number - 1) * 100
        status = "ok"
        if good.get(newest_on) is not self.sessions[newest_on][-1]:
            status = "held"
        elif self._is_frozen():
            status, percent = "stale", None
        else:
            status = self._age(session_on, now)
        text = f"{BASES[self.bank.id]}/USD = {rounded(1 / number, 5)}"
        if percent is not None:
            text += f" {trimmed(rounded(percent, 2))}%"
        return Shown(text, status, session_on, number, percent)

    def _believed(self) -> dict[date, Known]:
        """Which state of each session is taken for true: the last that can be, given the session before and after."""
        good: dict[date, Known] = {}
        before: Known | None = None
        for session_on in sorted(self.sessions):
            after = min((day for day in self.sessions if day > session_on), default=None)
            following = self.sessions[after][-1] if after else None
            kept = [one for one in self.sessions[session_on] if self._is_believed(one, before, following)]
            if kept:
                good[session_on] = before = kept[-1]
        return good

    def _is_believed(self, one: Known, before: Known | None, following: Known | None) -> bool:
        """In its band, and not far from the session before, unless the bank has said it twice."""
        low, high = BANDS[self.bank.id]
        if not low <= one.dollar <= high:
            return False
        if before is None or abs(before.dollar / one.dollar - 1) <= JUMP:
            return True
        goes_on = following is not None and abs(one.dollar / following.dollar - 1) <= JUMP
        return one.meant or goes_on

    def _is_frozen(self) -> bool:
        last = [self.sessions[day][-1].numbers for day in sorted(self.sessions)[-3:]]
        return len(last) == 3 and last[0] == last[1] == last[2]

    def _age(self, session_on: date, now: datetime) -> str:
        local = self.bank.local(now)
        due = [
            deadline
            for deadline in (self._deadline(session_on + count * _DAY) for count in range(1, 30))
            if deadline is not None
        ]
        missed = sum(deadline <= local for deadline in due)
        if missed == 0:
            return "ok"
        reached_on = local.date()
        while not self._expected(reached_on):
            reached_on -= _DAY
        rest_days = max(4, (due[0].date() - session_on).days)
        return "stale" if missed > 1 or (reached_on - session_on).days > rest_days else "late"

    def _expected(self, day: date) -> bool:
        return day.weekday() < 5 and day not in DAYS_OFF[self.bank.id]

    def _deadline(self, day: date) -> datetime | None:
        """By when, at the bank, a day's table is to be there; None for a day without one."""
        if not self._expected(day) or day in NO_WORD_ON.get(self.bank.id, ()):
            return None
        if self.bank.id == "NBT":
            day += _DAY
            while not self._expected(day):
                day += _DAY
        return datetime(day.year, day.month, day.day) + timedelta(hours=_LATE_AT_HOUR[self.bank.id])  # noqa: DTZ001


def rounded(number: Fraction, places: int) -> str:
    """Write a number with so many decimals, halves away from zero."""
    scaled = abs(number) * 10**places
    whole = scaled.numerator // scaled.denominator
    if scaled - whole >= Fraction(1, 2):
        whole += 1
    digits = f"{whole:0{places + 1}d}"
    sign = "-" if number < 0 and whole else ""
    return f"{sign}{digits[:-places]}.{digits[-places:]}"


def trimmed(decimal: str) -> str:
    """Leave out zeros that say nothing."""
    return decimal.rstrip("0").rstrip(".")
