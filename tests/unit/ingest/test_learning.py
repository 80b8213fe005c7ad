"""How often a source is asked, learnt from what comes new from it."""

import math
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.rhythm.learning import Arrivals, arrivals_after, first_arrivals
from ingest.domain.rhythm.schedule import Pace
from tests.suites.ingest_stores import NOW

PACE = Pace(600, 60, 3600)
WEIGHTS = st.floats(0, 1e6)
ELAPSED = st.timedeltas(timedelta(0), timedelta(days=400))
NEW = st.integers(0, 10_000)


def interval_s(arrivals: Arrivals) -> float:
    return PACE.interval_s(None, arrivals)


def lived(gap_s: float, days: int, start: Arrivals) -> Arrivals:
    """Poll a source that has an article every `gap_s` seconds for some days, each time when its interval says."""
    arrivals, now, seen = start, start.at, 0
    while now < start.at + timedelta(days=days):
        now += timedelta(seconds=interval_s(arrivals))
        there = int((now - start.at).total_seconds() // gap_s)
        arrivals, seen = arrivals_after(arrivals, there - seen, now), there
    return arrivals


@given(WEIGHTS, ELAPSED, NEW)
def test_the_interval_never_leaves_its_bounds(weight: float, elapsed: timedelta, new: int) -> None:
    assert 60 <= interval_s(arrivals_after(Arrivals(weight, NOW), new, NOW + elapsed)) <= 3600


@given(WEIGHTS, ELAPSED, NEW, NEW)
def test_the_busier_source_is_asked_more_often(
    weight: float, elapsed: timedelta, one: int, other: int
) -> None:
    quiet, busy = (arrivals_after(Arrivals(weight, NOW), new, NOW + elapsed) for new in sorted((one, other)))
    assert busy.interval_s <= quiet.interval_s


@given(WEIGHTS, ELAPSED)
def test_silence_never_shortens_the_interval(weight: float, elapsed: timedelta) -> None:
    before = Arrivals(weight, NOW)
    assert arrivals_after(before, 0, NOW + elapsed).interval_s >= before.interval_s


@given(WEIGHTS, ELAPSED, ELAPSED)
def test_it_does_not_matter_how_often_silence_is_looked_at(
    weight: float, one: timedelta, other: timedelta
) -> None:
    """A source that is polled often is not taken for a busier one."""
    start = Arrivals(weight, NOW)
    in_steps = arrivals_after(arrivals_after(start, 0, NOW + one), 0, NOW + one + other)
    at_once = arrivals_after(start, 0, NOW + one + other)
    assert in_steps.at == at_once.at
    assert math.isclose(in_steps.weight, at_once.weight, rel_tol=1e-6, abs_tol=1e-9)


@given(WEIGHTS)
def test_a_source_that_falls_silent_ends_at_the_longest_interval(weight: float) -> None:
    assert interval_s(arrivals_after(Arrivals(weight, NOW), 0, NOW + timedelta(days=60))) == 3600


@pytest.mark.parametrize(("gap_s", "expected_s"), [(60, 60), (600, 150), (3600, 900), (8 * 3600, 3600)])
@pytest.mark.parametrize("start", [0.01, 30, 5000], ids=["asleep", "middling", "frantic"])
def test_after_some_days_a_steady_source_is_asked_four_times_an_article(
    gap_s: float, expected_s: float, start: float
) -> None:
    assert expected_s * 0.7 <= interval_s(lived(gap_s, 20, Arrivals(start, NOW))) <= expected_s * 1.4


def test_a_source_that_wakes_up_is_asked_more_often_within_the_day() -> None:
    """Readers, on the day something happens."""
    asleep = Arrivals(0.01, NOW)
    assert interval_s(asleep) == 3600
    assert interval_s(lived(300, 1, asleep)) < 200


def every(gap: timedelta, count: int, last: datetime = NOW) -> list[datetime]:
    return [last - gap * number for number in range(count)]


@pytest.mark.parametrize(
    ("published", "expected_s"),
    [
        pytest.param([], 600, id="no dates"),
        pytest.param([NOW], 600, id="one date"),
        pytest.param(every(timedelta(hours=1), 50), 900, id="hourly"),
        pytest.param(every(timedelta(minutes=1), 50), 60, id="every minute"),
        pytest.param(every(timedelta(days=2), 10), 3600, id="every other day"),
        pytest.param(every(timedelta(minutes=5), 50, NOW - timedelta(days=900)), 3600, id="asleep for years"),
        pytest.param([*every(timedelta(hours=1), 50), NOW + timedelta(days=900)], 900, id="one in the future"),
    ],
)  # fmt: skip
def test_a_new_source_starts_at_what_its_own_dates_say(published: list[datetime], expected_s: float) -> None:
    assert interval_s(first_arrivals(published, NOW, 600)) == pytest.approx(expected_s, rel=0.1)


def test_an_interval_of_the_list_holds_whatever_is_learnt() -> None:
    busy = Arrivals(1e6, NOW)
    assert [PACE.interval_s(wanted, busy) for wanted in (300, 1, 7200, 10**9)] == [300, 60, 7200, 86_400]
