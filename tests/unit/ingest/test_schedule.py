"""When a source is asked again."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.fetching.outcomes import Failed, Reason, Validators
from ingest.domain.rhythm.schedule import (
    MAX_BACKOFF_S,
    MAX_WAIT_S,
    Pace,
    delay_after_failure_s,
    delay_after_success_s,
    validators_to_send,
)
from tests.suites.ingest_stores import NOW

CHANCE = st.floats(0, 1)


def after(
    reason: Reason, failures: int = 1, retry_after_s: float | None = None, chance: float = 0.5
) -> float:
    failure = Failed(reason, "", None, retry_after_s)
    return delay_after_failure_s(failure, interval_s=600, failures=failures, chance=chance)


def test_a_sources_own_interval_counts_within_bounds() -> None:
    pace = Pace(default_interval_s=600, min_interval_s=60)
    assert [pace.interval_s(wanted) for wanted in (None, 300, 1, 10**9)] == [600, 300, 60, MAX_WAIT_S]


@given(st.floats(1, MAX_WAIT_S), CHANCE)
def test_jitter_spreads_polls_by_a_tenth(interval_s: float, chance: float) -> None:
    assert 0.9 * interval_s - 1e-6 <= delay_after_success_s(interval_s, chance) <= 1.1 * interval_s + 1e-6


def test_each_failure_doubles_the_wait() -> None:
    assert [after(Reason.TIMEOUT, n) for n in (1, 2, 3)] == [600, 1200, 2400]


@given(st.sampled_from(Reason), st.integers(1, 10_000), st.none() | st.floats(0, 1e9), CHANCE)
def test_no_wait_is_beyond_a_day_or_below_the_interval(
    reason: Reason, failures: int, retry_after_s: float | None, chance: float
) -> None:
    assert 0.9 * 600 <= after(reason, failures, retry_after_s, chance) <= MAX_WAIT_S


def test_a_source_that_fails_for_long_is_still_tried_every_six_hours() -> None:
    assert after(Reason.NOT_FOUND, 500) == MAX_BACKOFF_S


def test_a_source_that_is_gone_is_asked_once_a_day() -> None:
    assert after(Reason.GONE) == MAX_WAIT_S


@pytest.mark.parametrize(("asked", "waits"), [(3600, 3600), (5, 600), (88 * 3600, MAX_WAIT_S)])
def test_retry_after_is_honoured_within_reason(asked: float, waits: float) -> None:
    assert after(Reason.RATE_LIMITED, retry_after_s=asked) == waits


def test_once_a_day_the_whole_feed_is_asked_for() -> None:
    """Some servers say "not modified" for ever."""
    known = Validators("etag")
    assert validators_to_send(known, NOW - timedelta(hours=1), NOW) == known
    assert validators_to_send(known, NOW - timedelta(hours=25), NOW) == Validators()
    assert validators_to_send(known, None, NOW) == Validators()
