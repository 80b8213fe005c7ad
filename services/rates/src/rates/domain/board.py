"""What is shown of each pair now, and which change of it is worth an event."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from rates.domain.fixings import Fixing, Line, Pair, Status

TICKER_ORDER = ("KGS", "KZT", "TJS", "UZS")
"""Bases of the ticker, in the order it shows them."""


@dataclass(frozen=True, slots=True)
class Board:
    """One pair's line; `seq` grows by one with every event about the pair, so the highest wins everywhere."""

    pair: Pair
    seq: int
    line: Line
    changed_at: datetime


class Why(StrEnum):
    """Why a board changed."""

    FIRST = "first"
    NEW_SESSION = "new_session"
    CORRECTION = "correction"
    CHANGE_RECOMPUTED = "change_recomputed"
    OTHER_SOURCE = "other_source"
    OLDER_SESSION = "older_session"
    LATE = "late"
    STALE = "stale"
    HELD = "held"
    UNCONFIRMED = "unconfirmed"
    RELEASED = "released"


_WORSE = {
    Status.LATE: Why.LATE,
    Status.STALE: Why.STALE,
    Status.HELD: Why.HELD,
    Status.SUSPECT: Why.HELD,
    Status.UNCONFIRMED: Why.UNCONFIRMED,
}
"""Why a board changed whose number stayed, by what its status is now."""


@dataclass(frozen=True, slots=True)
class BoardChange:
    """The board as it is to be, and why.

    `fixed` tells a fixing from a doubt: it is False when the number stays and only its standing got worse.
    """

    board: Board
    why: Why
    fixed: bool


def decide(board: Board | None, line: Line | None, now: datetime) -> BoardChange | None:
    """Return how the board is to change to show this line; None when it shows it already.

    A table re-stamped for a weekend yields the fixing that is there, so nothing changes. When it was first seen and
    under which date do not matter: only what a reader would see does.
    """
    if line is None:
        return None
    if board is None:
        return BoardChange(Board(line.fixing.pair, 1, line, now), Why.FIRST, fixed=True)
    why = _why(board.line, line)
    if why is None:
        return None
    changed = replace(board, seq=board.seq + 1, line=line, changed_at=now)
    return BoardChange(changed, why, fixed=why not in _WORSE.values())


def _why(old: Line, new: Line) -> Why | None:
    moved = _fixing_moved(old.fixing, new.fixing)
    if moved is not None:
        return moved
    if (old.status, old.note) == (new.status, new.note):
        return None
    return _WORSE.get(new.status, Why.RELEASED)


def _fixing_moved(old: Fixing, new: Fixing) -> Why | None:
    if (new.source, new.method) != (old.source, old.method):
        return Why.OTHER_SOURCE
    if new.session_on != old.session_on:
        return Why.NEW_SESSION if new.session_on > old.session_on else Why.OLDER_SESSION
    if (new.value, new.revision) != (old.value, old.revision):
        return Why.CORRECTION
    if (new.change_pct, new.previous_on) != (old.change_pct, old.previous_on):
        return Why.CHANGE_RECOMPUTED
    return None


def in_ticker_order(boards: list[Board]) -> list[Board]:
    """Return boards the ticker's way: KGS, KZT, TJS, UZS, then all others by name."""

    def place(board: Board) -> tuple[int, str]:
        base = board.pair.base
        return (TICKER_ORDER.index(base) if base in TICKER_ORDER else len(TICKER_ORDER), str(board.pair))

    return sorted(boards, key=place)
