"""From boards and bank states to the shapes that cross the wire."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from decimal import Decimal

from pydantic import Field

from rates.domain import display
from rates.domain.banks import Bank
from rates.domain.board import Board, in_ticker_order
from rates.domain.crosses import Cross
from rates.domain.plans import PLANS
from rates.ports import BankHealth
from shared.contracts.base import Contract, Instant
from shared.contracts.http.rates import Leg, RatesAnswer, Scaled, TickerEntry
from shared.contracts.rates import RateSource, format_decimal

_FIXED = frozenset(plan.pair for plan in PLANS)


class BankEntry(Contract):
    """One bank, and how its polls have gone."""

    bank: RateSource
    pair: str | None = Field(
        description="The pair whose authority it is; null for a witness, whose numbers confirm."
    )
    polled_at: Instant | None = Field(description="When the last poll ended; null before the first.")
    succeeded_at: Instant | None = Field(description="When one last brought a believable answer.")
    failures: int = Field(description="Failed polls in a row.")
    outcome: str | None = Field(
        description="How the last poll ended: fixed, unchanged, held, no_data, refused, failed."
    )
    reason: str = Field(description="Why, as a word of a closed set; empty when all is well.")


class BanksAnswer(Contract):
    """All banks."""

    banks: list[BankEntry]


def ticker_entry(board: Board, banks: Mapping[str, Bank]) -> TickerEntry:
    """Return a board as an entry of the ticker."""
    line, fixing = board.line, board.line.fixing
    scaled = display.scaled_line(board.pair, fixing.value)
    return TickerEntry(
        pair=str(board.pair),
        value=display.five_decimals(fixing.value),
        change_pct=None if fixing.change_pct is None else display.percent(fixing.change_pct),
        text=display.ticker_text(board.pair, fixing.value, fixing.change_pct),
        exact_value=format_decimal(fixing.value),
        exact_change_pct=None if fixing.change_pct is None else format_decimal(fixing.change_pct),
        scaled=None if scaled is None else Scaled(per=scaled.per, text=scaled.text),
        as_of=_midnight(board),
        source=rate_source(banks[fixing.source]),
        status=line.status.value,
        note=line.note,
        method=fixing.method.value,
        uncertainty_pct=_percent_of(fixing.rel_uncertainty),
    )


def cross_entry(made: Cross, banks: Mapping[str, Bank]) -> TickerEntry:
    """Return a cross as an entry like the ticker's, with its legs."""
    scaled = display.scaled_line(made.pair, made.value)
    change = made.change_pct
    return TickerEntry(
        pair=str(made.pair),
        value=display.five_decimals(made.value),
        change_pct=None if change is None else display.percent(change),
        text=display.ticker_text(made.pair, made.value, change),
        exact_value=format_decimal(made.value),
        exact_change_pct=None if change is None else _without_zeros(change),
        scaled=None if scaled is None else Scaled(per=scaled.per, text=scaled.text),
        as_of=_midnight(made.oldest),
        source=rate_source(banks[made.oldest.line.fixing.source]),
        status=made.worst.line.status.value,
        note=made.note,
        method=made.method.value,
        uncertainty_pct=_percent_of(made.rel_uncertainty),
        legs=[_leg(board, banks) for board in made.legs],
    )


def _leg(board: Board, banks: Mapping[str, Bank]) -> Leg:
    return Leg(
        pair=str(board.pair),
        exact_value=format_decimal(board.line.fixing.value),
        as_of=_midnight(board),
        source=rate_source(banks[board.line.fixing.source]),
        status=board.line.status.value,
    )


def _without_zeros(number: Decimal) -> str:
    """Write a number without the zeros at its end, which say how it was rounded and nothing else."""
    text = format_decimal(number)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _percent_of(share: Decimal | None) -> str | None:
    return None if share is None else display.uncertainty_percent(share)


def _midnight(board: Board) -> datetime:
    return datetime.combine(board.line.fixing.session_on, time(), UTC)


def rates_answer(boards: Sequence[Board], banks: Mapping[str, Bank]) -> RatesAnswer:
    """Return all boards, the ticker's four first."""
    ordered = in_ticker_order(list(boards))
    seen = [board.line.fixing.first_seen_at for board in ordered]
    return RatesAnswer(rates=[ticker_entry(board, banks) for board in ordered], as_of=max(seen, default=None))


def banks_answer(banks: Sequence[Bank], health: Mapping[str, BankHealth]) -> BanksAnswer:
    """Return all banks with how their polls have gone."""
    return BanksAnswer(banks=[_bank_entry(bank, health.get(bank.id)) for bank in banks])


def _bank_entry(bank: Bank, health: BankHealth | None) -> BankEntry:
    return BankEntry(
        bank=rate_source(bank),
        pair=str(bank.pair) if bank.pair in _FIXED else None,
        polled_at=health.polled_at if health else None,
        succeeded_at=health.succeeded_at if health else None,
        failures=health.failures if health else 0,
        outcome=health.outcome if health else None,
        reason=health.reason if health else "",
    )


def rate_source(bank: Bank) -> RateSource:
    """Return a bank as our contracts name it."""
    return RateSource(id=bank.id, name=bank.name, url=bank.page)
