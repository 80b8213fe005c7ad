"""How a hub's word changes when a source is polled."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.fetching.outcomes import Failed, Reason
from ingest.domain.rhythm.learning import Arrivals
from ingest.domain.rhythm.schedule import Pace, Plan, Poll, Polled, Rhythm, plan
from ingest.domain.websub.push import Push
from ingest.domain.websub.subscription import Stage
from tests.suites.ingest_stores import NOW

PACE = Pace(600, 60, 3600)
BUSY = Rhythm(arrivals=Arrivals(5000, NOW))
PUSH = Push(
    "https://hub.kg/", "https://a.kg/rss", Stage.VERIFIED, live_until=NOW + timedelta(days=5), told_at=NOW,
    told=1, heard=1,
)  # fmt: skip
NEWS = replace(PUSH, told=2)


def after(
    poll: Poll, push: Push | None = PUSH, rhythm: Rhythm = BUSY, interval_s: float | None = None
) -> Plan:
    return plan(Polled("https://a.kg/rss", interval_s, 0, rhythm, push), poll, PACE, NOW, 0.5)


def test_while_a_hub_tells_of_everything_polls_are_rare() -> None:
    """Publishers: a hub is there to spare them the polls."""
    assert after(Poll(), None).delay_s == 60
    assert after(Poll()).delay_s == PACE.max_interval_s
    assert after(Poll(new=2), NEWS).delay_s == PACE.max_interval_s


def test_a_poll_that_found_what_its_hub_had_not_told_ends_the_trust() -> None:
    """Readers: the hub may have lost its publisher, and nobody else would notice."""
    then = after(Poll(new=1))
    assert (then.delay_s, then.rhythm.missed_at) == (60, NOW)
    assert after(Poll(), rhythm=then.rhythm).delay_s == 60
    again = replace(PUSH, told_at=NOW + timedelta(seconds=5), told=2)
    assert after(Poll(new=1), again, then.rhythm).delay_s == PACE.max_interval_s


def test_a_poll_for_its_hub_that_finds_nothing_is_soon_done_again() -> None:
    """Publishers whose feed comes from a cache that lags behind the hub: the news must not wait for an hour."""
    assert after(Poll(), NEWS).delay_s == 60
    assert after(Poll()).delay_s == PACE.max_interval_s


def test_an_interval_in_the_list_of_sources_holds_whatever_a_hub_tells() -> None:
    assert after(Poll(), interval_s=300).delay_s == 300


def test_a_failure_is_answered_as_ever_and_keeps_what_is_known_of_the_hub() -> None:
    missed = replace(BUSY, missed_at=NOW - timedelta(days=1))
    then = after(Poll(failure=Failed(Reason.TIMEOUT, "")), rhythm=missed)
    assert (then.delay_s, then.rhythm.missed_at) == (60, missed.missed_at)


@given(st.integers(0, 5), st.booleans(), st.floats(0, 1), st.sampled_from(list(Stage)))
def test_no_hub_makes_polls_rarer_than_the_longest_interval(
    new: int, told: bool, chance: float, stage: Stage
) -> None:
    push = replace(PUSH, told=int(told) + 1, stage=stage)
    then = plan(Polled("https://a.kg/rss", None, 0, BUSY, push), Poll(new=new), PACE, NOW, chance)
    assert 0.9 * PACE.min_interval_s <= then.delay_s <= 1.1 * PACE.max_interval_s + 1e-6
