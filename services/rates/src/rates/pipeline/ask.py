"""One request to a bank, from bytes to a table that can be believed; what fails is told as a value."""

from dataclasses import dataclass
from datetime import date, datetime

from rates.domain.banks import Ask, Bank
from rates.domain.checks import check_archived, check_latest
from rates.domain.tables import DocumentRefusedError, NoData, Table
from rates.metrics import Metrics
from rates.ports import BankFetcher, FetchFailedError, Outcome, PollReport
from shared.clock import Clock


@dataclass(frozen=True, slots=True)
class Read:
    """A table, the bytes it was read from, and when they were asked for (aware UTC)."""

    table: Table
    payload: bytes
    fetched_at: datetime


Answer = Read | NoData | PollReport
"""A table, "nothing for this day", or a report of what went wrong."""


class Asker:
    """Asks banks.

    Args:
        fetcher: gets the bytes.
        clock: tells when, and what day it is at the bank.
        metrics: counts what was of no use.
    """

    def __init__(self, fetcher: BankFetcher, *, clock: Clock, metrics: Metrics) -> None:
        self._fetcher = fetcher
        self._clock = clock
        self._metrics = metrics

    async def latest(self, bank: Bank) -> Answer:
        """Ask for the bank's latest table, by its next way if the first is of no use."""
        today_on = bank.today_on(self._clock.now())
        first, *others = bank.latest(today_on)
        answer = await self._ask(bank, first, latest_on=today_on)
        for other in others:
            if isinstance(answer, Read):
                break
            answer = await self._ask(bank, other, latest_on=today_on)
        return answer

    async def archived(self, bank: Bank, day: date) -> Answer:
        """Ask for the table that the bank labelled with a day of the past."""
        return await self._ask(bank, bank.archived(day), latest_on=None)

    async def _ask(self, bank: Bank, ask: Ask, *, latest_on: date | None) -> Answer:
        fetched_at = self._clock.now()
        try:
            with self._metrics.fetch_seconds.labels(bank.id).time():
                payload = await self._fetcher.fetch(bank.id, ask.path)
            reading = ask.parse(payload)
            if isinstance(reading, NoData):
                return reading
            _check(bank, reading, ask, latest_on)
        except FetchFailedError as error:
            return self._useless(bank, Outcome.FAILED, error.reason, error.detail)
        except DocumentRefusedError as error:
            return self._useless(bank, Outcome.REFUSED, error.reason, error.detail)
        for row in reading.dropped:
            self._metrics.dropped_rows.labels(bank.id, row.reason).inc()
        return Read(reading, payload, fetched_at)

    def _useless(self, bank: Bank, outcome: Outcome, reason: str, detail: str) -> PollReport:
        self._metrics.answers.labels(bank.id, reason).inc()
        return PollReport(outcome, reason, detail)


def _check(bank: Bank, table: Table, ask: Ask, latest_on: date | None) -> None:
    if latest_on is not None:
        check_latest(table, asked_on=ask.asked_on, today_on=latest_on, calendar=bank.calendar)
    elif ask.asked_on is not None:
        check_archived(table, asked_on=ask.asked_on, exact=ask.exact)
