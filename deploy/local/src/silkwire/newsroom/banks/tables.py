"""The numbers of every bank's table in every session, as the banks round them; exact at the start, wandering later."""

import tomllib
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from silkwire.newsroom.dice import Dice

_FOLDER = Path(__file__).parent
_BLOCK = 64
_KEPT = 512
"""Tables at hand, of some 20 kB each: more than one request for a range asks for."""


@dataclass(frozen=True, slots=True)
class Currency:
    """One currency, its names, and its level at the anchor's session."""

    iso: str
    code: str
    per_dollar: Decimal
    swing: int
    ru: str
    en: str
    uz: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a bank's table: `nominal` units cost `value` of the bank's money.

    Attributes:
        change: of the value against the session before.
    """

    currency: Currency
    nominal: int
    value: Decimal
    change: Decimal


@dataclass(frozen=True, slots=True)
class Layout:
    """What a bank prints.

    Attributes:
        money: its own currency.
        step: the last decimal that it prints.
        codes: its rows in its order.
        nominals: where it counts by more than one unit.
        moved_from: its money's level before the anchor's session, where that session moved it.
    """

    money: str
    step: Decimal
    codes: tuple[str, ...]
    nominals: dict[str, int]
    moved_from: Decimal | None = None


@cache
def currencies() -> dict[str, Currency]:
    """Return all currencies by their ISO code."""
    raw = _read("currencies.toml")
    return {
        iso: Currency(
            iso, item["code"], Decimal(item["per_dollar"]), item["swing"], item["ru"], item["en"], item["uz"]
        )
        for iso, item in raw.items()
    }


@cache
def layouts() -> dict[str, Layout]:
    """Return every bank's layout by its name."""
    return {
        bank: Layout(
            item["money"],
            Decimal(item["step"]),
            tuple(item["codes"]),
            item["nominals"],
            Decimal(item["moved_from"]) if "moved_from" in item else None,
        )
        for bank, item in _read("layouts.toml").items()
    }


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / name).read_text(encoding="utf-8"))


@lru_cache(_KEPT)
def table(bank: str, number: int, before: int | None = None) -> tuple[Row, ...]:
    """Return a bank's table.

    Args:
        bank: NBK, NBKR, NBT or CBU.
        number: the place of its session: 0 is the anchor's, -1 the one before, 1 the first after it.
        before: that of the session before it; None for the number before.
    """
    now, last = _values(bank, number), _values(bank, number - 1 if before is None else before)
    wanted = layouts()[bank]
    return tuple(
        Row(currencies()[iso], wanted.nominals.get(iso, 1), now[iso], now[iso] - last[iso])
        for iso in wanted.codes
    )


@lru_cache(_KEPT)
def _values(bank: str, number: int) -> dict[str, Decimal]:
    wanted = layouts()[bank]
    own = _level(wanted.money, number)
    if number < 0 and wanted.moved_from is not None:
        own = wanted.moved_from * _level(wanted.money, number) / currencies()[wanted.money].per_dollar
    with localcontext() as context:
        context.prec = 28
        return {
            iso: max(
                (own / _level(iso, number) * wanted.nominals.get(iso, 1)).quantize(
                    wanted.step, ROUND_HALF_UP
                ),
                wanted.step,
            )
            for iso in wanted.codes
        }


def _level(iso: str, number: int) -> Decimal:
    """Return units per dollar: still between the anchor's session and the one before, moving in all others."""
    later = number > 0
    steps = number if later else -1 - number
    if steps <= 0:
        return currencies()[iso].per_dollar
    block, place = divmod(steps - 1, _BLOCK)
    return _levels(iso, block, later=later)[place]


@cache
def _levels(iso: str, block: int, *, later: bool) -> tuple[Decimal, ...]:
    """Return one block of sessions, walked on from the one before it: a long past must not be walked for each session."""
    currency, found = currencies()[iso], list[Decimal]()
    level = _levels(iso, block - 1, later=later)[-1] if block else currency.per_dollar
    for step in range(block * _BLOCK + 1, (block + 1) * _BLOCK + 1):
        hundredths = Dice("rates", iso, step if later else -1 - step).between(-currency.swing, currency.swing)
        level = level * (10_000 + hundredths) / 10_000
        found.append(level)
    return tuple(found)
