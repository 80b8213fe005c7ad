"""Sources whose clock is wrong by a constant, and those whose clock is not."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.dates.clock_bias import ENOUGH_AHEAD, ENOUGH_BEHIND, SourceClock, mended
from ingest.domain.dates.reading import ReadDate

NOW = datetime(2026, 9, 22, 12, tzinfo=UTC)
HOUR = 3600


def watched(offsets_s: list[int]) -> SourceClock:
    """Return a clock after polls whose newest new entry had these offsets."""
    clock = SourceClock()
    for offset_s in offsets_s:
        clock = clock.observed(offset_s)
    return clock


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


@given(
    st.integers(2, 28).map(lambda halves: halves * HOUR // 2),
    st.lists(st.integers(0, 1199), min_size=ENOUGH_AHEAD, max_size=12),
)
def test_local_time_labelled_as_gmt_is_learnt_to_the_half_hour(bias_s: int, lags_s: list[int]) -> None:
    """Six hours ahead, polled every twenty minutes: known after three polls with news."""
    assert watched([bias_s - lag_s for lag_s in lags_s]).bias == timedelta(seconds=bias_s)


@given(
    st.lists(st.integers(-14 * HOUR, 600), max_size=20).filter(
        lambda lags: not lags or max(lags[-12:]) > -HOUR
    )
)
def test_a_clock_that_is_right_is_never_mended(offsets_s: list[int]) -> None:
    """Editors publish late; that says nothing about a clock, so long as something new was less than an hour old."""
    assert watched(offsets_s).bias == timedelta()


def test_one_scheduled_article_is_no_wrong_clock() -> None:
    """It takes three polls in a row."""
    assert watched([-300, 5 * HOUR, -600, 6 * HOUR, 6 * HOUR]).bias == timedelta()


def test_one_scheduled_article_does_not_move_a_clock_that_is_known_to_be_ahead() -> None:
    """Readers: else all that the source brings for a day is shown eight hours too early."""
    assert watched([5 * HOUR - 60, 13 * HOUR, 5 * HOUR - 300, 5 * HOUR - 600]).bias == hours(5)


def test_a_calendar_of_events_has_no_wrong_clock() -> None:
    """Its dates are in the future, each by another time."""
    assert watched([1 * HOUR, 5 * HOUR, 9 * HOUR, 3 * HOUR, 12 * HOUR]).bias == timedelta()


@given(st.lists(st.integers(-14 * HOUR, 14 * HOUR), max_size=12), st.integers(601, 14 * HOUR))
def test_a_single_observation_never_makes_a_clock_seem_further_ahead(
    offsets_s: list[int], one_s: int
) -> None:
    before = watched(offsets_s).bias
    after = watched([*offsets_s, one_s]).bias
    close = sum(abs(one_s - other) <= 1800 for other in offsets_s[-11:])
    assert after <= max(before, timedelta()) or close >= ENOUGH_AHEAD - 1


def test_utc_labelled_as_local_time_is_learnt_from_a_long_run() -> None:
    """Eight polls in which everything new was six hours and some minutes old."""
    offsets_s = [-6 * HOUR - 60 * minute for minute in (1, 7, 12, 3, 9, 14, 2, 5)]
    assert watched(offsets_s[: ENOUGH_BEHIND - 1]).bias == timedelta()
    assert watched(offsets_s).bias == hours(-6)


def test_a_publisher_that_mended_its_clock_is_believed_again() -> None:
    """One article with a right date is enough: a clock that is ahead has none."""
    clock = watched([6 * HOUR - 60] * 5)
    assert clock.bias == hours(6)
    assert clock.observed(-60).bias == timedelta()


def test_dates_beyond_any_zone_say_nothing_about_the_clock() -> None:
    """An announcement of next month's festival."""
    assert watched([40 * 24 * HOUR] * 5) == SourceClock()


def test_a_mended_date_is_no_longer_exact_and_a_day_stays_a_day() -> None:
    """What we worked out ourselves is not what the publisher said."""
    assert mended(ReadDate(NOW, "exact"), hours(6)) == ReadDate(NOW - hours(6), "zone_assumed")
    assert mended(ReadDate(NOW, "day_only"), hours(6)) == ReadDate(NOW, "day_only")
    assert mended(None, hours(6)) is None
    assert mended(ReadDate(NOW, "exact"), hours(0)) == ReadDate(NOW, "exact")


def test_only_what_was_published_between_two_close_polls_is_an_observation() -> None:
    """After a night without polls everything new is hours old."""
    new = [ReadDate(NOW + hours(6), "exact")]
    assert SourceClock().after_poll(new, NOW, NOW - hours(9)) == SourceClock()
    assert SourceClock().after_poll(new, NOW, None) == SourceClock()
    assert SourceClock().after_poll(new, NOW, NOW - hours(0.25)) == SourceClock((6 * HOUR,))


def test_what_is_observed_is_what_the_clock_printed_not_what_was_made_of_it() -> None:
    """Else a bias would be forgotten as soon as it is mended."""
    clock = watched([6 * HOUR - 60] * 3)
    read = mended(ReadDate(NOW + hours(6), "exact"), clock.bias)
    assert clock.after_poll([read], NOW, NOW - hours(0.25)).bias == hours(6)
