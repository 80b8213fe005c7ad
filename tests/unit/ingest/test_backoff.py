"""How long a source is left alone after a failure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.fetching.outcomes import Failed, Reason
from ingest.domain.rhythm.backoff import BACKOFFS, MAX_WAIT_S, delay_after_failure_s

HOUR_S = 3600.0


def after(
    reason: Reason,
    failures: int = 1,
    retry_after_s: float | None = None,
    chance: float = 0.5,
    interval_s: float = 600,
) -> float:
    return delay_after_failure_s(
        Failed(reason, "", None, retry_after_s),
        interval_s=interval_s,
        min_interval_s=60,
        failures=failures,
        chance=chance,
    )


def test_every_reason_has_its_answer() -> None:
    assert set(BACKOFFS) == set(Reason)


@pytest.mark.parametrize("reason", [Reason.TIMEOUT, Reason.SERVER_ERROR, Reason.CONNECT, Reason.DNS])
def test_what_may_pass_is_tried_again_soon_and_within_the_hour(reason: Reason) -> None:
    """Readers: a site that was down for ten minutes is read again before the next hour."""
    assert [after(reason, n) for n in (1, 2, 3, 100)] == [120, 240, 480, HOUR_S]


def test_a_missing_feed_is_asked_for_less_and_less_but_four_times_a_day() -> None:
    assert [after(Reason.NOT_FOUND, n) for n in (1, 2, 3, 500)] == [600, 1200, 2400, 6 * HOUR_S]


def test_what_is_no_feed_is_left_alone_for_longer() -> None:
    assert [after(Reason.HTML, n) for n in (1, 2, 500)] == [900, 1800, 12 * HOUR_S]


def test_whoever_keeps_us_out_is_left_alone_for_hours() -> None:
    """Publishers: asking a bot wall often is what it is there against."""
    assert [after(Reason.CHALLENGE, n) for n in (1, 2, 500)] == [HOUR_S, 2 * HOUR_S, MAX_WAIT_S]


def test_a_source_that_is_gone_is_asked_after_an_hour_and_in_the_end_once_a_day() -> None:
    """Readers: a site that is set up wrongly for an hour was silent for a day."""
    assert [after(Reason.GONE, n) for n in (1, 2, 500)] == [HOUR_S, 2 * HOUR_S, MAX_WAIT_S]


@pytest.mark.parametrize(("asked", "waits"), [(3600, 3600), (5, 600), (88 * 3600, MAX_WAIT_S)])
def test_retry_after_is_honoured_within_a_day(asked: float, waits: float) -> None:
    assert after(Reason.RATE_LIMITED, retry_after_s=asked) == waits
    assert after(Reason.SERVER_ERROR, retry_after_s=3600) == 3600


@given(
    st.sampled_from(Reason),
    st.integers(1, 10_000),
    st.none() | st.floats(0, 1e9),
    st.floats(0, 1),
    st.floats(60, 86_400),
)
def test_no_wait_is_beyond_a_day_or_below_the_least_interval(
    reason: Reason, failures: int, retry_after_s: float | None, chance: float, interval_s: float
) -> None:
    assert 0.9 * 60 <= after(reason, failures, retry_after_s, chance, interval_s) <= MAX_WAIT_S


@given(st.sampled_from(Reason), st.integers(1, 100), st.floats(60, 86_400))
def test_one_failure_more_never_means_a_shorter_wait(
    reason: Reason, failures: int, interval_s: float
) -> None:
    assert after(reason, failures, interval_s=interval_s) <= after(
        reason, failures + 1, interval_s=interval_s
    )


@given(st.sampled_from(Reason), st.integers(1, 30), st.floats(0, 1))
def test_waits_are_spread_by_a_tenth(reason: Reason, failures: int, chance: float) -> None:
    """A host whose forty feeds failed together is not asked for all of them together again."""
    middle = after(reason, failures)
    assert (
        middle * 0.9 - 1e-6 <= after(reason, failures, chance=chance) <= min(middle * 1.1, MAX_WAIT_S) + 1e-6
    )
