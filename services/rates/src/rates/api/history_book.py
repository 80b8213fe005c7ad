"""Keeps histories ready to be sent, each for as long as nothing was added to what it follows from.

Reading thirty years of a pair and deriving every row takes some hundreds of milliseconds; telling that nothing was added
takes one count of index keys (docs/performance.md). So each pair is derived once per new observation, its rows are kept
as lines of JSON and CSV, and a range is cut out of them.
"""

import asyncio
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from rates.domain import display
from rates.domain.banks import DOLLAR, Bank
from rates.domain.fixings import Pair
from rates.domain.history import Group, Period, Row, believed, periods, rows
from rates.domain.observations import Observation
from rates.ports import HistoryStore
from shared.contracts.base import Contract
from shared.contracts.http.rate_history import FixingRow, PeriodRow
from shared.contracts.rates import format_decimal

PAIRS_KEPT = 24
"""Some 3 MiB each, were they thirty years long."""


class UnknownPairError(LookupError):
    """One of the codes is no money we know, or both are the same."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Rows ready to be sent, oldest first.

    Attributes:
        days: the first day that each row stands for.
        json: each row as JSON.
        csv: each row as CSV, without a line's end.
    """

    days: Sequence[date]
    json: Sequence[str]
    csv: Sequence[str]

    def between(self, after: date | None, before: date | None) -> "Lines":
        """Return the rows between two days, both included; None where there is no bound."""
        begin = 0 if after is None else bisect_left(self.days, after)
        end = len(self.days) if before is None else bisect_right(self.days, before)
        return Lines(self.days[begin:end], self.json[begin:end], self.csv[begin:end])


@dataclass(frozen=True, slots=True)
class _Kept:
    version: tuple[int, ...]
    by_group: Mapping[Group | None, Lines]


class HistoryBook:
    """Histories of all pairs of known money.

    Args:
        store: what banks said.
        banks: whose word counts, one for each money.
    """

    def __init__(self, store: HistoryStore, banks: Sequence[Bank]) -> None:
        self._store = store
        self._banks = {bank.money: bank for bank in banks}
        self._kept: OrderedDict[Pair, _Kept] = OrderedDict()
        self._making = asyncio.Lock()

    def legs(self, pair: Pair) -> tuple[Bank | None, Bank | None]:
        """Return the banks of base and quote; None stands for the dollar.

        Raises:
            UnknownPairError: there is no such pair.
        """
        known = self._banks.keys() | {DOLLAR}
        if pair.base == pair.quote or not {pair.base, pair.quote} <= known:
            raise UnknownPairError(str(pair))
        return self._banks.get(pair.base), self._banks.get(pair.quote)

    async def lines(self, pair: Pair, group: Group | None) -> Lines:
        """Return a pair's whole history, by sessions, weeks or months.

        Raises:
            UnknownPairError: there is no such pair.
            StoreUnavailableError: the store does not answer.
        """
        legs = [leg for leg in self.legs(pair) if leg is not None]
        # Counted before anything is read: what is added in between makes the next count another one.
        version = await self._version(legs)
        kept = self._kept.get(pair)
        if kept is None or kept.version != version:
            async with self._making:
                kept = await self._made(pair, legs)
        self._kept.move_to_end(pair)
        return kept.by_group[group]

    async def _made(self, pair: Pair, legs: Sequence[Bank]) -> _Kept:
        version = await self._version(legs)
        kept = self._kept.get(pair)
        if kept is not None and kept.version == version:
            return kept
        said = [await self._store.every(leg.key, DOLLAR, leg.money) for leg in legs]
        by_money = {leg.money: (leg, found) for leg, found in zip(legs, said, strict=True)}
        # In a thread: other requests are answered meanwhile.
        made = _Kept(version, await asyncio.to_thread(_derived, pair, by_money))
        self._kept[pair] = made
        while len(self._kept) > PAIRS_KEPT:
            self._kept.popitem(last=False)
        return made

    async def _version(self, legs: Sequence[Bank]) -> tuple[int, ...]:
        return tuple([await self._store.count(leg.key, DOLLAR, leg.money) for leg in legs])


def _derived(pair: Pair, said: Mapping[str, tuple[Bank, Sequence[Observation]]]) -> dict[Group | None, Lines]:
    def leg(money: str) -> list[Observation] | None:
        if money == DOLLAR:
            return None
        bank, observations = said[money]
        return believed(observations, bank.band)

    history = rows(leg(pair.base), leg(pair.quote))
    made: dict[Group | None, Lines] = {None: _lines([row.session_on for row in history], map(_row, history))}
    for group in Group:
        grouped = periods(history, group)
        made[group] = _lines([period.first_on for period in grouped], map(_period, grouped))
    return made


def _lines(days: Sequence[date], told: Iterable[Contract]) -> Lines:
    json, csv = [], []
    for row in told:
        json.append(row.model_dump_json())
        csv.append(",".join("" if value is None else str(value) for _, value in row))
    return Lines(days, json, csv)


def _row(row: Row) -> FixingRow:
    return FixingRow(
        session_on=row.session_on,
        exact_value=format_decimal(row.worth.value),
        change_pct=None if row.change_pct is None else display.percent(row.change_pct),
        revision=row.revision,
    )


def _period(period: Period) -> PeriodRow:
    return PeriodRow(
        first_on=period.first_on,
        session_on=period.session_on,
        exact_value=format_decimal(period.last.value),
        opening=format_decimal(period.opening.value),
        high=format_decimal(period.high.value),
        low=format_decimal(period.low.value),
        change_pct=None if period.change_pct is None else display.percent(period.change_pct),
        fixings=period.fixings,
    )
