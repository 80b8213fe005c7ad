"""What follows from a poll: when the next one is, where, and what is learnt."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.fetching.outcomes import Failed, Reason
from ingest.domain.rhythm.learning import Arrivals
from ingest.domain.rhythm.moves import PROOF_POLLS
from ingest.domain.rhythm.retirement import RETIRED_WAIT_S
from ingest.domain.rhythm.schedule import MAX_FRESH_S, Change, Pace, Plan, Poll, Polled, Rhythm, plan
from tests.suites.ingest_stores import NOW

PACE = Pace(600, 60, 3600)
OLD, NEW = "http://a.kg/rss", "https://new.kg/feed"
DAY = timedelta(days=1)


class Life:
    """A source that is polled again and again, by what each poll says."""

    def __init__(self, url: str = OLD, interval_s: float | None = None) -> None:
        self.source = Polled(url, interval_s, 0, Rhythm())
        self.now: datetime = NOW

    def poll(self, poll: Poll, *, after: timedelta = timedelta(0), chance: float = 0.5) -> Plan:
        self.now += after
        then = plan(self.source, poll, PACE, self.now, chance)
        failures = 0 if poll.failure is None else self.source.failures + 1
        self.source = replace(
            self.source, url=then.url or self.source.url, failures=failures, rhythm=then.rhythm
        )
        return then

    def fail(self, reason: Reason, *, after: timedelta = timedelta(0)) -> Plan:
        return self.poll(Poll(failure=Failed(reason, "")), after=after)


@given(st.floats(0, 1), st.floats(60, 86_400))
def test_polls_are_spread_by_a_tenth(chance: float, interval_s: float) -> None:
    """Publishers, whose servers see no crowd at the full minute."""
    delay_s = Life(interval_s=interval_s).poll(Poll(), chance=chance).delay_s
    assert 0.9 * interval_s - 1e-6 <= delay_s <= 1.1 * interval_s + 1e-6


@given(st.floats(0, 1), st.floats(60, 86_400))
def test_sources_that_were_added_together_part_after_their_first_reading(
    chance: float, interval_s: float
) -> None:
    """Publishers with fifty feeds on one host, and readers of the last of them: it need not wait behind the others."""
    delay_s = Life(interval_s=interval_s).poll(Poll(whole=True), chance=chance).delay_s
    assert max(60, 0.5 * interval_s) - 1e-6 <= delay_s <= interval_s + 1e-6
    assert delay_s == pytest.approx(max(60, interval_s * (1 - 0.5 * chance)))


def test_the_list_of_sources_wins_over_what_is_learnt() -> None:
    dates = tuple(NOW - timedelta(minutes=number) for number in range(30))
    busy = Poll(whole=True, new=30, published=dates)
    assert Life().poll(busy, chance=0).delay_s == 60
    assert Life(interval_s=900).poll(busy, chance=0).delay_s == 900


def test_a_first_reading_counts_by_its_dates_and_later_ones_by_what_is_new() -> None:
    """All entries of a new source are new to us; that says nothing about how busy it is."""
    life = Life()
    dates = tuple(NOW - timedelta(hours=number) for number in range(30))
    assert life.poll(Poll(whole=True, new=30, published=dates), chance=0).delay_s == pytest.approx(
        900, rel=0.1
    )
    assert life.poll(Poll(whole=True, new=20), after=timedelta(hours=1)).delay_s < 600


@pytest.mark.parametrize(("fresh_s", "delay_s"), [(0, 600), (300, 600), (900, 900), (10**9, MAX_FRESH_S)])
def test_a_sources_own_max_age_puts_off_the_next_poll_within_reason(fresh_s: float, delay_s: float) -> None:
    assert Life().poll(Poll(fresh_s=fresh_s)).delay_s == delay_s
    assert Life(interval_s=300).poll(Poll(fresh_s=fresh_s)).delay_s == 300


def test_a_permanent_redirect_is_believed_after_a_week_of_polls() -> None:
    life = Life()
    for _ in range(PROOF_POLLS + 20):
        then = life.poll(Poll(moved_to=NEW), after=timedelta(hours=1))
        assert then.url is None
    then = life.poll(Poll(moved_to=NEW), after=7 * DAY)
    assert (then.url, then.changes) == (NEW, (Change.MOVED,))
    assert then.rhythm.move is None


def test_a_week_alone_is_no_proof() -> None:
    life = Life()
    life.poll(Poll(moved_to=NEW))
    assert life.poll(Poll(moved_to=NEW), after=30 * DAY).url is None


@pytest.mark.parametrize("other", [None, "https://parking.example/"])
def test_one_poll_that_says_otherwise_ends_the_proof(other: str | None) -> None:
    """Readers behind a captive portal, and sources whose servers are being moved."""
    life = Life()
    for _ in range(20):
        life.poll(Poll(moved_to=NEW), after=timedelta(hours=6))
    life.poll(Poll(moved_to=other), after=timedelta(hours=6))
    for _ in range(20):
        assert life.poll(Poll(moved_to=NEW), after=timedelta(hours=6)).url is None


def test_failures_say_nothing_about_a_redirect() -> None:
    life = Life()
    for _ in range(10):
        life.poll(Poll(moved_to=NEW), after=DAY)
        life.fail(Reason.TIMEOUT)
    assert life.source.url == NEW


@pytest.mark.parametrize(
    ("old", "new", "at_once"),
    [
        ("http://a.kg/rss?x=1", "https://a.kg/rss?x=1", True),
        ("http://a.kg", "https://a.kg/", True),
        ("http://a.kg:80/rss", "https://a.kg:443/rss", True),
        ("http://a.kg/rss", "https://www.a.kg/rss", False),
        ("http://a.kg/rss", "https://a.kg/feed", False),
        ("http://a.kg/rss", "https://a.kg:8443/rss", False),
        ("https://a.kg/rss", "https://a.kg/rss/", False),
    ],
)
def test_going_over_to_https_at_the_same_place_is_believed_at_once(
    old: str, new: str, *, at_once: bool
) -> None:
    assert Life(old).poll(Poll(moved_to=new)).url == (new if at_once else None)


def test_a_source_that_says_gone_for_a_week_is_retired_and_asked_weekly() -> None:
    life = Life()
    plans = [life.fail(Reason.GONE, after=DAY) for _ in range(9)]
    assert [one.changes for one in plans] == [()] * 7 + [(Change.RETIRED,), ()]
    assert plans[-1].delay_s == RETIRED_WAIT_S
    assert life.source.rhythm.retired_at == NOW + 8 * DAY


def test_a_source_that_is_missing_for_a_month_is_retired_and_not_before() -> None:
    """Sources whose servers answer 404 for some hours, days or weeks."""
    life = Life()
    plans = [life.fail(Reason.NOT_FOUND, after=DAY) for _ in range(31)]
    assert [bool(one.changes) for one in plans] == [False] * 30 + [True]


def test_one_feed_in_between_starts_the_month_anew() -> None:
    life = Life()
    for _ in range(29):
        life.fail(Reason.NOT_FOUND, after=DAY)
    life.poll(Poll(), after=DAY)
    for _ in range(29):
        assert not life.fail(Reason.NOT_FOUND, after=DAY).changes


@pytest.mark.parametrize("reason", [one for one in Reason if one not in {Reason.GONE, Reason.NOT_FOUND}])
def test_no_other_failure_retires_a_source_however_long(reason: Reason) -> None:
    life = Life()
    assert not any(life.fail(reason, after=DAY).changes for _ in range(400))


def test_while_we_were_away_nobody_was_missing() -> None:
    """An installation that was off for two months must not throw its sources away."""
    life = Life()
    life.fail(Reason.NOT_FOUND)
    assert not life.fail(Reason.NOT_FOUND, after=60 * DAY).changes


def test_a_retired_source_that_has_a_feed_again_is_back_in_use() -> None:
    life = Life()
    for _ in range(9):
        life.fail(Reason.GONE, after=DAY)
    then = life.poll(Poll(), after=7 * DAY)
    assert (then.changes, then.rhythm.retired_at, then.delay_s) == ((Change.REVIVED,), None, 600)


def test_a_server_that_lied_is_marked_once_and_for_good() -> None:
    life = Life()
    assert life.poll(Poll(lied=True)).changes == (Change.DISTRUSTED,)
    assert life.poll(Poll(lied=True)).changes == ()
    life.fail(Reason.TIMEOUT)
    assert life.poll(Poll()).rhythm.distrusted


@given(
    st.floats(0, 1e6), st.floats(0, 1e9), st.integers(0, 5000), st.floats(0, 1), st.none() | st.floats(1, 1e9)
)
def test_no_poll_comes_before_the_least_interval_or_after_a_day(
    weight: float, fresh_s: float, new: int, chance: float, interval_s: float | None
) -> None:
    source = Polled(OLD, interval_s, 0, Rhythm(Arrivals(weight, NOW)))
    delay_s = plan(source, Poll(new=new, fresh_s=fresh_s), PACE, NOW + DAY, chance).delay_s
    assert 60 * 0.9 <= delay_s <= 86_400 * 1.1
