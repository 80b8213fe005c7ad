"""The running ticker's lines and how often the run repeats."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.ticker import GAP_CHARS, RUNS_MAX, WIDEST_CHARS, Line, direction, lines, runs_to_fill
from shared.contracts.http.rates import Scaled
from tests.unit.gateway.builders import rate


def test_a_line_s_parts_are_the_text_of_the_api() -> None:
    """The page and the API say the same, letter by letter."""
    entry = rate("TJS/USD", value="0.09438", change_pct="0.21", text="TJS/USD = 0.09438 0.21%")
    (line,) = lines([entry])
    assert line.text == entry.text


def test_a_change_that_is_not_known_prints_no_percent() -> None:
    entry = rate("TJS/USD", value="0.09438", change_pct=None, text="TJS/USD = 0.09438")
    (line,) = lines([entry])
    assert line.text == "TJS/USD = 0.09438"
    assert line.change == ""


def test_behind_a_line_stand_the_scaled_one_and_what_is_doubtful() -> None:
    """`0.00008 0%` for months looks broken; who rests on it sees the number move, and why not to trust it."""
    scaled = Scaled(per=1000, text="1000 UZS/USD = 0.08236")
    fine, late = lines(
        [
            rate("UZS/USD", scaled=scaled),
            rate("UZS/USD", scaled=scaled, status="late", note="Due at 2026-06-03T13:30:00Z"),
        ]
    )
    assert fine.title == "1000 UZS/USD = 0.08236"
    assert late.title == "1000 UZS/USD = 0.08236. The bank's next table is late. Due at 2026-06-03T13:30:00Z"
    assert late.text == fine.text
    assert lines([rate("KGS/USD")])[0].title == ""


@pytest.mark.parametrize(
    ("change", "way"),
    [("0", "level"), ("0.21", "up"), ("-1.5", "down"), (None, "unknown"), ("-0", "level"), ("10", "up")],
)
def test_the_direction_is_read_from_the_change(change: str | None, way: str) -> None:
    assert direction(change) == way


def test_no_rates_make_no_run() -> None:
    assert runs_to_fill([]) == 0


@given(heads=st.lists(st.text("ABC/= 0.19", min_size=14, max_size=30), min_size=1, max_size=8))
def test_the_runs_fill_the_widest_screen_with_none_to_spare(heads: list[str]) -> None:
    run = [Line(head.strip() or "KGS/USD = 0.01190", "0%", "level", "ok", "") for head in heads]
    chars = sum(len(line.text) + GAP_CHARS for line in run)
    runs = runs_to_fill(run)
    assert 1 <= runs <= RUNS_MAX
    assert runs == RUNS_MAX or runs * chars >= WIDEST_CHARS
    assert (runs - 1) * chars < WIDEST_CHARS
