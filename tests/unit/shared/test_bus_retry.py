"""Which fate for which error: the whole table."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.bus import DependencyDown, Reject
from shared.bus.retry import (
    ATTEMPT_HEADER,
    RETRY_DELAYS_S,
    Bury,
    Failure,
    Hold,
    RetryLater,
    back_off_s,
    decide,
    describe,
    read_failure,
    write_failure,
)
from shared.contracts.envelope import UndecodableEventError, UnknownEventTypeError

AT = datetime(2026, 6, 3, 9, 30, tzinfo=UTC)
SINCE = "2026-06-03T09:30:00Z"
FIRST = Failure(1, SINCE)

failures = st.builds(Failure, st.integers(min_value=0, max_value=100), st.none() | st.just(SINCE))


@pytest.mark.parametrize(
    ("error", "fate"),
    [
        pytest.param(Reject("no outlet"), Bury("rejected", FIRST, "no outlet"), id="reject"),
        pytest.param(
            UndecodableEventError("no id"), Bury("undecodable", FIRST, "no id"), id="undecodable body"
        ),
        pytest.param(
            UnknownEventTypeError("a.b.v9"),
            Bury("undecodable", FIRST, "unknown event type or major version: a.b.v9"),
            id="unknown major version",
        ),
        pytest.param(DependencyDown("mongodb"), Hold("mongodb"), id="dependency down"),
        pytest.param(
            ValueError("odd"), RetryLater(10.0, FIRST, "ValueError: odd"), id="anything else is tried again"
        ),
        pytest.param(TimeoutError(), RetryLater(10.0, FIRST, "TimeoutError"), id="also a deadline"),
    ],
)
def test_the_exceptions_type_is_the_events_fate(error: Exception, fate: object) -> None:
    assert decide(error, Failure(), RETRY_DELAYS_S, AT) == fate


def test_the_ladder_is_climbed_step_by_step_and_then_given_up() -> None:
    failure, delays = Failure(), []
    while isinstance(fate := decide(ValueError("odd"), failure, RETRY_DELAYS_S, AT), RetryLater):
        delays.append(fate.delay_s)
        failure = fate.failure
    assert delays == [10.0, 60.0, 600.0]
    assert fate == Bury("exhausted", Failure(4, SINCE), "ValueError: odd")


def test_the_time_of_the_first_failure_stays() -> None:
    later = decide(ValueError("odd"), Failure(1, "2026-01-01T00:00:00Z"), RETRY_DELAYS_S, AT)
    assert isinstance(later, RetryLater)
    assert later.failure == Failure(2, "2026-01-01T00:00:00Z")


@given(failures)
def test_without_a_ladder_every_failure_is_final(failure: Failure) -> None:
    assert isinstance(decide(ValueError("odd"), failure, (), AT), Bury)


@given(failures)
def test_a_dependency_that_is_down_never_costs_an_attempt(failure: Failure) -> None:
    assert decide(DependencyDown("mongodb"), failure, RETRY_DELAYS_S, AT) == Hold("mongodb")


@given(failures)
def test_failures_are_read_from_headers_as_they_were_written(failure: Failure) -> None:
    assert read_failure(write_failure(failure)) == failure


@pytest.mark.parametrize("nonsense", ["1", -1, True, None, 1.5])
def test_nonsense_in_the_attempt_header_counts_as_no_failure(nonsense: object) -> None:
    """A stranger's message must not get past the ladder."""
    assert read_failure({ATTEMPT_HEADER: nonsense}) == Failure()


def test_an_error_is_described_in_one_short_line() -> None:
    assert describe(ValueError("two\n  lines")) == "ValueError: two lines"
    assert len(describe(ValueError("x" * 1000))) == 300


@given(st.integers(min_value=0, max_value=10_000), st.floats(min_value=0, max_value=1))
def test_the_back_off_grows_to_five_seconds_and_no_further(attempt: int, spread: float) -> None:
    wait_s = back_off_s(attempt, spread)
    assert 0.125 <= wait_s <= 5.0
    assert wait_s <= back_off_s(attempt + 2, spread)
