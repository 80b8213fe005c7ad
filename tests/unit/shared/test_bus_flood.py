"""When dead letters are a flood, how the consumer goes on, and when it is over."""

from collections.abc import Iterable
from typing import cast

from hypothesis import example, given
from hypothesis import strategies as st

from shared.bus.flood import Flood, FloodLimits, Outcome

NOW = 1000.0
outcomes: st.SearchStrategy[Outcome] = st.sampled_from(("ok", "retried", "buried"))


def after(flood: Flood, happened: Iterable[str], at: float = NOW) -> Flood:
    for outcome in happened:
        flood = flood.record(cast("Outcome", outcome), at)
    return flood


FLOODED = after(Flood(), ["buried"] * 101)


def test_a_hundred_deaths_are_no_flood_and_one_more_is() -> None:
    assert after(Flood(), ["buried"] * 100).pace(NOW) == "normal"
    assert FLOODED.pace(NOW) == "paused"


def test_half_of_the_last_two_hundred_may_die() -> None:
    assert after(Flood(), ["ok", "buried"] * 1000).pace(NOW) == "normal"


def test_deaths_that_took_longer_than_a_minute_are_no_flood() -> None:
    """One in a second, for hours: that is for the alert on dead letters."""
    flood = Flood()
    for number in range(1000):
        flood = flood.record("buried", NOW + number)
        assert flood.pace(NOW + number) == "normal"


def test_the_pause_lasts_half_a_minute_and_then_events_are_handled_one_at_a_time() -> None:
    assert FLOODED.pace(NOW + 29.9) == "paused"
    assert FLOODED.pace(NOW + 30) == "alone"


def test_what_was_in_hand_when_the_pause_began_says_nothing_new() -> None:
    assert after(FLOODED, ["buried", "ok", "retried"], NOW + 1) == FLOODED


def test_twenty_in_a_row_end_it() -> None:
    nearly = after(FLOODED, ["ok"] * 19, NOW + 30)
    assert nearly.pace(NOW + 30) == "alone"
    assert after(nearly, ["ok"], NOW + 30) == Flood()


def test_one_that_fails_in_between_begins_the_row_anew() -> None:
    again = FLOODED
    for happened in (["ok"] * 19, ["retried"], ["ok"] * 19):
        again = after(again, happened, NOW + 30)
    assert again.pace(NOW + 30) == "alone"
    assert after(again, ["ok"], NOW + 30).pace(NOW + 30) == "normal"


def test_one_at_a_time_it_pauses_again_after_twenty_of_which_most_died() -> None:
    """Else a flood would only become slower; and one pause for each death would keep the good ones waiting for hours."""
    nearly = after(FLOODED, ["buried"] * 19, NOW + 30)
    assert nearly.pace(NOW + 30) == "alone"
    assert after(nearly, ["buried"], NOW + 30).pace(NOW + 59.9) == "paused"
    assert after(FLOODED, ["buried"] * 10 + ["ok"] * 10, NOW + 30).pace(NOW + 30) == "alone"


@given(st.lists(outcomes, max_size=60))
def test_without_a_majority_of_deaths_in_any_window_the_pace_stays_normal(happened: list[Outcome]) -> None:
    limits = FloodLimits(window=10)
    flood = Flood(limits)
    for number, outcome in enumerate(happened, start=1):
        flood = flood.record(outcome, NOW)
        died = happened[max(0, number - limits.window) : number].count("buried")
        if died * 2 > limits.window:
            assert flood.pace(NOW) == "paused"
            return
        assert flood.pace(NOW) == "normal"


@given(st.lists(st.tuples(outcomes, st.floats(min_value=0, max_value=40)), max_size=200))
def test_what_is_remembered_stays_small(happened: list[tuple[Outcome, float]]) -> None:
    limits = FloodLimits(window=10, recover_after=3)
    flood, at = Flood(limits), NOW
    for outcome, pause_s in happened:
        at += pause_s
        flood = flood.record(outcome, at)
        assert len(flood.deaths) <= limits.window // 2


@given(st.lists(st.tuples(outcomes, st.floats(min_value=0, max_value=40)), max_size=100))
@example([*[("buried", 0.0)] * 6, ("buried", 30.0), ("buried", 0.0)])
def test_enough_successes_in_a_row_always_bring_the_normal_pace_back(
    happened: list[tuple[Outcome, float]],
) -> None:
    limits = FloodLimits(window=10, recover_after=3)
    flood, at = Flood(limits), NOW
    for outcome, pause_s in happened:
        at += pause_s
        flood = flood.record(outcome, at)
    # The first of them may complete a block in which most died, and be followed by one more pause.
    for _ in range(1 + limits.recover_after):
        at += limits.pause_s
        flood = flood.record("ok", at)
    assert flood.pace(at) == "normal"
