"""One pace for each host."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.fetching.pace import MAX_GAP_S, MAX_PAUSE_S, MOST_HOSTS, Turns


def starts(turns: Turns, times: list[float], patience_s: float = 1e9) -> list[float]:
    """Ask at these times; return when each request may start."""
    found = []
    for now in times:
        granted, wait_s = turns.take("a.kg", now, patience_s)
        if granted:
            found.append(now + wait_s)
    return found


@given(st.lists(st.floats(0, 1e5), max_size=40).map(sorted), st.floats(0, 30), st.floats(0, 100))
def test_two_requests_never_start_closer_than_the_gap(
    times: list[float], gap_s: float, patience_s: float
) -> None:
    found = starts(Turns(gap_s), times, patience_s)
    assert all(later - earlier >= gap_s - 1e-6 for earlier, later in itertools.pairwise(found))


def test_whoever_would_wait_too_long_takes_no_turn() -> None:
    turns = Turns(10)
    assert [turns.take("a.kg", 0, 12) for _ in range(4)] == [(True, 0), (True, 10), (False, 20), (False, 20)]
    assert turns.take("b.kg", 0, 0) == (True, 0)


def test_a_host_that_is_asked_too_much_is_asked_less_and_less_within_a_bound() -> None:
    turns = Turns(1)
    gaps = []
    for _ in range(8):
        turns.slow_down("a.kg", 0, None)
        gaps.append(turns._known("a.kg", 0).gap_s)
    assert gaps == [2, 4, 8, 16, MAX_GAP_S, MAX_GAP_S, MAX_GAP_S, MAX_GAP_S]
    for _ in range(8):
        turns.ease("a.kg")
    assert turns._known("a.kg", 0).gap_s == 1


def test_a_hosts_retry_after_is_every_feeds_of_the_host_for_a_while() -> None:
    turns = Turns(1)
    turns.slow_down("a.kg", 100, 60)
    assert turns.take("a.kg", 100, 20) == (False, 60)
    turns.slow_down("a.kg", 100, 88 * 3600)
    assert turns.take("a.kg", 100, 20) == (False, MAX_PAUSE_S)


def test_a_gap_that_a_host_asks_for_is_kept_when_it_is_the_longer_one() -> None:
    turns = Turns(1)
    turns.keep_gap("a.kg", 0, 5)
    turns.ease("a.kg")
    assert starts(turns, [0, 0, 0]) == [5, 10, 15]
    turns.keep_gap("b.kg", 0, 0.1)
    assert turns.take("b.kg", 0, 9) == (True, 1)


def test_hosts_without_number_are_forgotten() -> None:
    """A list of sources with wildcards in its names must not cost memory for ever."""
    turns = Turns(1)
    for number in range(MOST_HOSTS * 2):
        turns.take(f"{number}.kg", number * 10.0, 1)
    assert len(turns._hosts) <= MOST_HOSTS
