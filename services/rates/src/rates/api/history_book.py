"""Keeps the past ready to be sent, for as long as nothing was added to what it follows from.

Reading thirty years of a pair, judging every number and writing every row takes a second or more (docs/performance.md).
So each money's past is derived once per change, the rows of each pair are kept as lines of JSON and CSV, and a range is
cut out of them.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from rates.api.at_hand import AtHand
from rates.api.lines import Lines, Packed
from rates.api.made import Made
from rates.domain import display
from rates.domain.banks import DOLLAR, Bank
from rates.domain.crosses import turned
from rates.domain.derivation import Session, past
from rates.domain.fixings import Line, Method, Pair
from rates.domain.history import Group, Period, Row, periods, rows
from rates.domain.observations import Observation
from rates.domain.plans import Plan
from rates.ports import HistoryStore, ReadsBoards
from shared.contracts.base import Contract
from shared.contracts.http.rate_history import FixingRow, PeriodRow
from shared.contracts.rates import format_decimal

Version = tuple[int, tuple[tuple[str, int], ...]]
"""How many observations are kept, and each board's seq: a number that is doubted no more changes the board alone."""


class UnknownPairError(LookupError):
    """One of the codes is no money we know, or both are the same."""


@dataclass(frozen=True, slots=True)
class History:
    """A pair's whole past.

    Attributes:
        method: how its newest row came about, or would.
        sources: ids of the banks whose numbers are in it, or would be.
    """

    method: Method
    sources: tuple[str, ...]
    by_group: Mapping[Group | None, Lines]


class HistoryBook:
    """Histories of all pairs of known money.

    Args:
        store: what banks said.
        boards: what is shown now.
        plans: whose word counts, one for each money.
        fresh_s: how old the answer to "was anything added" may be.
    """

    def __init__(
        self, store: HistoryStore, boards: ReadsBoards, plans: Sequence[Plan], *, fresh_s: float = 0
    ) -> None:
        self._store = store
        self._boards = boards
        self._plans = {plan.pair.base: plan for plan in plans}
        self._version = AtHand(self._look, fresh_s=fresh_s)
        self._pasts: Made[str, Version, tuple[Session, ...]] = Made(self._derive, most=len(plans))
        # All pairs are kept: somebody who asks for one after the other must not push out what others ask for.
        pairs = len(plans) * (len(plans) + 1)
        self._histories: Made[Pair, Version, History] = Made(self._write, most=pairs)
        self._one_at_a_time = asyncio.Lock()
        self._one_is_written = asyncio.Lock()

    @property
    def money(self) -> list[str]:
        """Codes of all known money, the dollar first."""
        return [DOLLAR, *sorted(self._plans)]

    def legs(self, pair: Pair) -> tuple[Plan | None, Plan | None]:
        """Return how the money of base and quote is derived; None stands for the dollar.

        Raises:
            UnknownPairError: there is no such pair.
        """
        known = self.money
        if pair.base == pair.quote or not {pair.base, pair.quote} <= set(known):
            raise UnknownPairError(str(pair))
        return self._plans.get(pair.base), self._plans.get(pair.quote)

    async def history(self, pair: Pair) -> History:
        """Return a pair's whole history.

        Raises:
            UnknownPairError: there is no such pair.
            StoreUnavailableError: the store does not answer.
        """
        self.legs(pair)
        # Looked at before anything is read: what is added in between makes the next one another.
        return await self._histories.get(pair, await self._version.get())

    async def pasts(self, pair: Pair) -> tuple[tuple[Session, ...] | None, tuple[Session, ...] | None]:
        """Return the past of the base's and of the quote's money, oldest first; None for the dollar.

        Raises:
            UnknownPairError: there is no such pair.
            StoreUnavailableError: the store does not answer.
        """
        base, quote = self.legs(pair)
        version = await self._version.get()
        return (
            None if base is None else await self._pasts.get(base.pair.base, version),
            None if quote is None else await self._pasts.get(quote.pair.base, version),
        )

    async def lines(self, pair: Pair) -> tuple[Line | None, Line | None]:
        """Return what the ticker shows of the base's and of the quote's money; None for the dollar, or where it is nothing.

        Raises:
            UnknownPairError: there is no such pair.
            StoreUnavailableError: the store does not answer.
        """
        shown = {board.pair: board.line for board in await self._boards.every()}
        base, quote = (None if plan is None else shown.get(plan.pair) for plan in self.legs(pair))
        return base, quote

    async def warm(self) -> None:
        """Derive the past of all money, one after the other, so that nobody waits for the first reading.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        for money in self._plans:
            await self._pasts.get(money, await self._version.get())

    async def _write(self, pair: Pair, version: Version) -> History:
        base, quote = self.legs(pair)
        pasts = [
            None if plan is None else await self._pasts.newest(plan.pair.base, version)
            for plan in (base, quote)
        ]
        # In a thread: other requests are answered meanwhile. In one only: they would wait for each other anyway.
        async with self._one_is_written:
            return await asyncio.to_thread(_written, (base, quote), *pasts)

    async def _derive(self, money: str, _version: Version) -> tuple[Session, ...]:
        plan = self._plans[money]
        async with self._one_at_a_time:
            said = [observation for bank in plan.sources for observation in await self._said(bank, plan.pair)]
            return await asyncio.to_thread(past, plan, said)

    async def _said(self, bank: Bank, pair: Pair) -> list[Observation]:
        found: list[Observation] = []
        for leg in bank.legs(pair):
            said = await self._store.every(bank.key, leg.base, leg.quote)
            if not said:
                # Of two legs neither tells anything alone, and the other may be thirty years long.
                return []
            found += said
        return found

    async def _look(self) -> Version:
        boards = await self._boards.every()
        return await self._store.count(), tuple(sorted((str(board.pair), board.seq) for board in boards))


def _written(
    plans: tuple[Plan | None, Plan | None],
    base: Sequence[Session] | None,
    quote: Sequence[Session] | None,
) -> History:
    history = rows(base, quote)
    by_group: dict[Group | None, Lines] = {
        None: _lines([row.session_on for row in history], map(_row, history))
    }
    for group in Group:
        grouped = periods(history, group)
        by_group[group] = _lines([period.first_on for period in grouped], map(_period, grouped))
    planned = tuple(plan.authority.id for plan in plans if plan is not None)
    sources = tuple(dict.fromkeys(source for row in history for source in row.sources)) or planned
    return History(history[-1].method if history else _method(*plans), sources, by_group)


def _method(base: Plan | None, quote: Plan | None) -> Method:
    if base is not None and quote is not None:
        return Method.CROSS
    if base is not None:
        return base.method
    return turned(quote.method) if quote is not None else Method.PUBLISHED


def _lines(days: Sequence[date], told: Iterable[Contract]) -> Lines:
    json, csv = [], []
    for row in told:
        json.append(row.model_dump_json())
        csv.append(",".join("" if value is None else str(value) for _, value in row))
    return Lines(days, Packed(json), Packed(csv))


def _row(row: Row) -> FixingRow:
    return FixingRow(
        session_on=row.session_on,
        exact_value=format_decimal(row.value),
        change_pct=None if row.change_pct is None else display.percent(row.change_pct),
        status=row.status.value,
        revision=row.revision,
        source=" ".join(row.sources),
    )


def _period(period: Period) -> PeriodRow:
    return PeriodRow(
        first_on=period.first_on,
        session_on=period.last.session_on,
        exact_value=format_decimal(period.last.value),
        opening=format_decimal(period.opening),
        high=format_decimal(period.high),
        low=format_decimal(period.low),
        change_pct=None if period.change_pct is None else display.percent(period.change_pct),
        status=period.last.status.value,
        fixings=period.fixings,
        source=" ".join(period.last.sources),
    )
