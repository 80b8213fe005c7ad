"""What each bank answers at a moment: its newest table, the table of a date, or its own way to say that there is none."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from rates.domain.calendars import NationalCalendar, working_day_after, working_day_before
from silkwire.newsroom.banks import documents
from silkwire.newsroom.banks.calendar import (
    Calendar,
    east,
    every_day_session,
    sessions_between,
    weekdays_between,
    working_day_session,
)
from silkwire.newsroom.banks.tables import Row, table

_DAY = timedelta(days=1)
ARCHIVES_BEGIN_ON = date(1994, 1, 1)
"""No real archive that rates asks goes back further, so whatever backfill is tried finds what it asks for."""

_CALENDARS = {
    "NBK": Calendar(NationalCalendar("KZ"), east(5), time(16, 0)),
    "NBKR": Calendar(NationalCalendar("KG"), east(6), time(16, 20)),
    "NBT": Calendar(NationalCalendar("TJ"), east(5), None),
    "CBU": Calendar(NationalCalendar("UZ"), east(5), time(16, 0)),
}
NBKR_IDS = {"15": "USD", "20": "EUR", "40": "KZT", "44": "RUB"}
"""How the National Bank of the Kyrgyz Republic numbers currencies on its page of the past."""


@dataclass(frozen=True, slots=True)
class Banks:
    """The four banks of a newsroom that was first started at `anchor`: they know that session and decades before it.

    Later sessions are added as time goes on.
    """

    anchor: datetime

    def nbk_latest(self, now: datetime) -> bytes:
        """Return NBK's newest table, labelled with the next working day."""
        session_on = self._newest("NBK", now)
        label_on = working_day_after(session_on, _CALENDARS["NBK"].days)
        return documents.nbk_latest(
            label_on, self._rows("NBK", session_on), moved=label_on == session_on + _DAY
        )

    def nbk_by_date(self, day: date, now: datetime) -> bytes:
        """Return NBK's table in force on a day, weekends included; words where there is none."""
        session_on = every_day_session(day, _CALENDARS["NBK"].days)
        rows = self._rows("NBK", session_on) if self._knows("NBK", session_on, now) else ()
        return documents.nbk_by_date(day, rows, moved=day == session_on + _DAY)

    def nbkr_daily(self, now: datetime) -> tuple[bytes, datetime]:
        """Return NBKR's file and when it was written: every day anew, weekends included, dated tomorrow."""
        calendar = _CALENDARS["NBKR"]
        local = calendar.local(now)
        stamped_on = (
            local.date() if local.time() >= (calendar.publishes_at or time()) else local.date() - _DAY
        )
        session_on = self._newest("NBKR", now)
        if calendar.days.works_on(stamped_on) and session_on < stamped_on:
            stamped_on -= _DAY
        written_at = datetime.combine(stamped_on, calendar.publishes_at or time(), calendar.zone)
        return documents.nbkr_daily(stamped_on + _DAY, self._rows("NBKR", session_on)), written_at

    def nbkr_history(self, valuta_id: str, first: date, last: date, now: datetime) -> bytes:
        """Return NBKR's page of a currency's past, newest first; an empty table where it has none."""
        code = NBKR_IDS.get(valuta_id)
        session_on, found = self._last_before("NBKR", last, now), list[tuple[date, Decimal]]()
        while code is not None and self._knows("NBKR", session_on, now):
            label_on = session_on + _DAY
            if label_on < first:
                break
            if label_on <= last:
                value = next(row.value for row in self._rows("NBKR", session_on) if row.currency.iso == code)
                found.append((label_on, value))
            session_on = working_day_before(session_on, _CALENDARS["NBKR"].days)
        return documents.nbkr_history(found)

    def nbt_by_date(self, day: date | None, now: datetime) -> bytes:
        """Return NBT's table in force on a day; the current one for a day that it does not know."""
        days = _CALENDARS["NBT"].days
        session_on = working_day_session(day, days) if day is not None else None
        if day is not None and session_on is not None and self._knows("NBT", session_on, now):
            return documents.nbt_by_date(day, self._rows("NBT", session_on))
        newest_on = self._newest("NBT", now)
        return documents.nbt_by_date(working_day_after(newest_on, days), self._rows("NBT", newest_on))

    def nbt_range(self, iso: str, first: date, last: date, now: datetime) -> bytes:
        """Return NBT's tables of one currency labelled with the working days between two dates, oldest first."""
        days = _CALENDARS["NBT"].days
        session_on, found = self._last_before("NBT", last, now), list[tuple[date, Row]]()
        while self._knows("NBT", session_on, now):
            label_on = working_day_after(session_on, days)
            if label_on < first:
                break
            if label_on <= last:
                found += [(label_on, row) for row in self._rows("NBT", session_on) if row.currency.iso == iso]
            session_on = working_day_before(session_on, days)
        return documents.nbt_range(found[::-1])

    def cbu_latest(self, now: datetime) -> bytes:
        """Return CBU's newest table, labelled with the next working day."""
        session_on = self._newest("CBU", now)
        return documents.cbu(
            working_day_after(session_on, _CALENDARS["CBU"].days), self._rows("CBU", session_on)
        )

    def cbu_by_date(self, day: date, now: datetime) -> bytes:
        """Return CBU's table labelled with a day; an empty array for days without a fixing."""
        days = _CALENDARS["CBU"].days
        session_on = working_day_session(day, days)
        known = days.works_on(day) and self._knows("CBU", session_on, now)
        return documents.cbu(day, self._rows("CBU", session_on) if known else ())

    def sessions(self, now: datetime) -> Mapping[str, date]:
        """Return every bank's newest session."""
        return {bank: self._newest(bank, now) for bank in _CALENDARS}

    def _newest(self, bank: str, now: datetime) -> date:
        return _CALENDARS[bank].newest(self.anchor, max(now, self.anchor))

    def _first(self, bank: str) -> date:
        return self._newest(bank, self.anchor)

    def _last_before(self, bank: str, label_on: date, now: datetime) -> date:
        """Return the newest session that may be labelled with a day or an earlier one."""
        newest_on = self._newest(bank, now)
        if label_on > newest_on:
            return newest_on
        return working_day_before(max(label_on, ARCHIVES_BEGIN_ON), _CALENDARS[bank].days)

    def _knows(self, bank: str, session_on: date, now: datetime) -> bool:
        return ARCHIVES_BEGIN_ON <= session_on <= self._newest(bank, now)

    def _rows(self, bank: str, session_on: date) -> tuple[Row, ...]:
        before_on = working_day_before(session_on, _CALENDARS[bank].days)
        return table(bank, self._place(bank, session_on), self._place(bank, before_on))

    def _place(self, bank: str, session_on: date) -> int:
        """Return which of its bank's tables a session has; before the two promised ones by weekdays.

        Banks rest on different days. Counted by their own sessions, two of them would soon print the same numbers on
        days far from each other, and contradict each other on each single one.
        """
        days, first_on = _CALENDARS[bank].days, self._first(bank)
        if session_on >= first_on:
            return sessions_between(first_on, session_on, days)
        return -1 - weekdays_between(session_on, working_day_before(first_on, days))
