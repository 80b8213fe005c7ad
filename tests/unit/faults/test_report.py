"""The fault runner's table: a verdict must not be kinder than the numbers."""

from dataclasses import replace

import pytest

from tests.faults.oracle import Tally
from tests.faults.report import HEADINGS, Figure, Result, Row, table

CLEAN = Result(Tally(10, 0, 0, 0, 0), doubled_deliveries=3, dead=0)
LOST = replace(CLEAN, tally=Tally(10, 1, 0, 0, 0))


def row(result: Result | None, **options: object) -> Row:
    return replace(Row("E1", "a fault", 7.0, result), **options)  # type: ignore[arg-type]  # fields by name


@pytest.mark.parametrize(
    ("made", "verdict"),
    [
        (row(CLEAN), "pass"),
        (row(LOST), "FAIL"),
        (row(replace(CLEAN, tally=Tally(10, 0, 1, 0, 0))), "FAIL"),
        (row(replace(CLEAN, tally=Tally(10, 0, 0, 1, 0))), "FAIL"),
        (row(replace(CLEAN, tally=Tally(10, 0, 0, 0, 1))), "FAIL"),
        (row(replace(CLEAN, dead=1)), "FAIL"),
        (row(replace(CLEAN, dead=1, dead_expected=1)), "pass"),
        (row(replace(CLEAN, dead_expected=1)), "FAIL"),
        (row(replace(CLEAN, figures=(Figure("seconds", 11, "s", at_most=10),))), "FAIL"),
        (row(replace(CLEAN, figures=(Figure("rate", 9, at_least=10),))), "FAIL"),
        (row(replace(CLEAN, figures=(Figure("count", 9),))), "pass"),
        (row(None, trouble="broke down"), "FAIL"),
        (row(None, skipped=True, trouble="no such broker here"), "not run"),
        (row(CLEAN, must_fail=True), "FAIL"),
        (row(LOST, must_fail=True), "pass"),
    ],
)
def test_the_verdict_follows_from_the_numbers(made: Row, verdict: str) -> None:
    assert made.verdict == verdict


def test_the_table_has_every_column_and_a_line_for_each_row() -> None:
    lines = table([row(CLEAN), row(LOST)]).splitlines()
    assert len(lines) == 3
    assert all(heading in lines[0] for heading in HEADINGS)
    assert lines[1].split()[-1] == "pass"
    assert lines[2].split()[-1] == "FAIL"
