"""What a run says: one row for each experiment, as a table for people and as a page of the documentation."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.faults.oracle import Tally

_HEAD = (
    "E",
    "experiment",
    "attempted",
    "lost",
    "unexpected",
    "wrong",
    "doubled effects",
    "doubled deliveries",
)
HEADINGS = (*_HEAD, "dead", "seconds", "verdict")
_NUMBERS_FROM = 2


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number and the bound it must keep.

    Attributes:
        name: what was measured.
        value: the number.
        unit: such as `s`; empty for a count.
        at_most: upper bound, inclusive; None for none.
        at_least: lower bound, inclusive; None for none.
    """

    name: str
    value: float
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None

    @property
    def kept(self) -> bool:
        """Whether the number is within its bounds."""
        return (self.at_most is None or self.value <= self.at_most) and (
            self.at_least is None or self.value >= self.at_least
        )

    def __str__(self) -> str:
        """Say it in one line."""
        unit = f" {self.unit}" if self.unit else ""
        bounds = [
            f"{sign} {bound:,g}{unit}"
            for sign, bound in (("at most", self.at_most), ("at least", self.at_least))
            if bound is not None
        ]
        said = f"{self.name}: {self.value:,.4g}{unit}"
        return said + (f" ({', '.join(bounds)})" if bounds else "") + ("" if self.kept else "  <-- NOT KEPT")


@dataclass(frozen=True, slots=True)
class Result:
    """How one experiment came out.

    Attributes:
        tally: what the oracle counted.
        doubled_deliveries: events handled beyond the first time; allowed, and reported.
        dead: dead letters left at the end.
        figures: what else was measured.
        dead_expected: how many dead letters there must be.
    """

    tally: Tally
    doubled_deliveries: int
    dead: int
    figures: tuple[Figure, ...] = ()
    dead_expected: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes:
        key: such as `E2`.
        title: the fault in a few words.
        seconds: how long the experiment took.
        result: how it came out; None when it broke down.
        trouble: why it broke down, or why it was not run; empty otherwise.
        must_fail: for a control, whose safeguard was taken away: only a loss proves that the runner sees.
        skipped: not run on this machine, with the reason in `trouble`.
    """

    key: str
    title: str
    seconds: float
    result: Result | None = None
    trouble: str = ""
    must_fail: bool = False
    skipped: bool = field(default=False)

    @property
    def verdict(self) -> str:
        """`pass`, `FAIL`, or `not run`."""
        if self.skipped:
            return "not run"
        if self.result is None:
            return "FAIL"
        if self.must_fail:
            tally = self.result.tally
            return "pass" if tally.lost or tally.wrong or tally.unexpected else "FAIL"
        kept = all(figure.kept for figure in self.result.figures)
        dead = self.result.dead == self.result.dead_expected
        return "pass" if self.result.tally.clean and kept and dead else "FAIL"

    def cells(self) -> tuple[str, ...]:
        """The columns, as text."""
        if self.result is None:
            return (self.key, self.title, *[""] * 7, f"{self.seconds:.0f}", self.verdict)
        tally = self.result.tally
        counts = (
            *(tally.attempted, tally.lost, tally.unexpected, tally.wrong, tally.doubled_effects),
            *(self.result.doubled_deliveries, self.result.dead),
        )
        return (
            *(self.key, self.title),
            *(f"{count:,}" for count in counts),
            *(f"{self.seconds:.0f}", self.verdict),
        )


def table(rows: Sequence[Row]) -> str:
    """Return the rows as an aligned text table."""
    lines = [HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if _NUMBERS_FROM <= column < len(HEADINGS) - 1 else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def details(row: Row) -> list[str]:
    """Return a row's figures, or its trouble, one line each."""
    if row.trouble:
        return [row.trouble]
    return [] if row.result is None else [str(figure) for figure in row.result.figures]
