"""The running ticker: each line in its parts, and how often the run repeats to fill the marquee."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Literal

from gateway.domain.wording import rate_standing
from shared.contracts.http.rates import TickerEntry
from shared.contracts.rates import Status

Direction = Literal["up", "down", "level", "unknown"]

WIDEST_CHARS = 480
"""Characters of the ticker's type across the widest screen it is to fill (5,120 px at the page's type size)."""

GAP_CHARS = 6
"""Room between two lines, in characters."""

RUNS_MAX = 24


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the ticker: `head` and `change` joined by one space give the API's text.

    Attributes:
        title: what stands behind the line, for who rests on it: the line for more units, and what is doubtful.
    """

    head: str
    change: str
    direction: Direction
    status: Status
    title: str

    @property
    def text(self) -> str:
        """The whole line."""
        return f"{self.head} {self.change}".rstrip()


def lines(entries: Sequence[TickerEntry]) -> list[Line]:
    """Return the ticker's lines in the order of its entries."""
    return [_line(entry) for entry in entries]


def _line(entry: TickerEntry) -> Line:
    change = "" if entry.change_pct is None else f"{entry.change_pct}%"
    return Line(
        head=f"{entry.pair} = {entry.value}",
        change=change,
        direction=direction(entry.change_pct),
        status=entry.status,
        title=". ".join(_behind(entry)),
    )


def _behind(entry: TickerEntry) -> Iterator[str]:
    if entry.scaled is not None:
        yield entry.scaled.text
    if entry.status != "ok":
        yield rate_standing(entry.status)
    if entry.note:
        yield entry.note


def direction(change_pct: str | None) -> Direction:
    """Return which way a rate went, from the change's text."""
    if change_pct is None:
        return "unknown"
    if not change_pct.strip("-0."):
        return "level"
    return "down" if change_pct.startswith("-") else "up"


def runs_to_fill(run: Sequence[Line], width_chars: int = WIDEST_CHARS) -> int:
    """Return how many runs side by side are as wide as the widest screen; none for an empty run.

    The marquee holds twice as many and moves by half its length, so that its end meets its beginning.
    """
    if not run:
        return 0
    run_chars = sum(len(line.text) + GAP_CHARS for line in run)
    return min(RUNS_MAX, ceil(width_chars / run_chars))
