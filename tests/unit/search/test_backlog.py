"""A backlog begins where much waits again and again, and ends where no more comes than can be shown one by one."""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from search.domain.backlog import FLOOD_PER_S, FLOOD_S, FLOW_PER_S, FLOW_S, MANY, Backlog


def begun_with(batches: Iterable[int], apart_s: float = 0.1) -> list[bool]:
    """Return with which batches of a flow a backlog begins."""
    backlog = Backlog()
    return [backlog.begins(articles, place * apart_s) for place, articles in enumerate(batches)]


def test_a_lone_burst_is_no_backlog() -> None:
    """It is shown before anybody who helps has started."""
    assert begun_with((3, 2 * MANY - 1, 0, 2 * MANY - 1, 20)) == [False] * 5


def test_a_second_full_batch_begins_one() -> None:
    assert begun_with((MANY, MANY)) == [False, True]


def test_a_batch_twice_as_full_begins_one() -> None:
    assert begun_with([2 * MANY]) == [True]


def test_after_one_has_ended_it_takes_two_full_batches_again() -> None:
    assert begun_with((MANY, MANY, MANY, MANY)) == [False, True, False, True]


@given(st.integers(1, MANY - 1), st.floats(0.01, 0.5))
def test_a_second_of_a_flood_begins_one_however_small_its_batches(articles: int, apart_s: float) -> None:
    """They are small where they are taken as fast as they come."""
    begun = any(begun_with([articles] * (3 + int(FLOOD_S / apart_s)), apart_s))
    per_s = articles / apart_s
    if per_s < 0.99 * FLOOD_PER_S:
        assert not begun
    if per_s > 1.01 * FLOOD_PER_S:
        assert begun


def test_a_burst_and_a_trickle_behind_it_are_none() -> None:
    """It has been shown by then; in large parts the trickle would be shown a second later."""
    backlog = Backlog()
    heard = [(3, 0.0), (MANY - 1, 0.1), (MANY - 1, 0.3), (5, 1.5), (0, 2.0), (20, 2.1)]
    assert not any(backlog.begins(articles, at) for articles, at in heard)


def test_what_came_in_a_backlog_begins_no_other_one() -> None:
    backlog = Backlog()
    assert backlog.begins(2 * MANY, 0.0)
    assert not any(backlog.ends(MANY - 1, at) for at in (0.1, 0.3, 0.6))
    assert not backlog.begins(1, 1.2)


@given(st.lists(st.integers(MANY, 2 * MANY), min_size=1), st.floats(0.1, 100))
def test_it_goes_on_while_full_batches_come_however_slowly_they_are_taken(
    batches: list[int], each_takes_s: float
) -> None:
    """A machine that is busy takes few articles a second: that is no sign that few come."""
    backlog = Backlog()
    assert not any(backlog.ends(articles, place * each_takes_s) for place, articles in enumerate(batches))


@given(st.integers(0, MANY - 1), st.floats(0.01, 2.0))
def test_it_ends_within_two_looks_once_no_more_than_a_flow_comes_and_not_before(
    articles: int, apart_s: float
) -> None:
    """What is taken as fast as it comes comes in small batches, though thousands may come in a second."""
    backlog = Backlog()
    looks = 2 + int(2 * FLOW_S / apart_s)
    over = any(backlog.ends(articles, place * apart_s) for place in range(looks + 1))
    per_s = articles / apart_s
    if per_s < 0.99 * FLOW_PER_S:
        assert over
    if per_s > 1.01 * FLOW_PER_S:
        assert not over


def test_it_does_not_end_before_a_second_of_quiet_has_passed() -> None:
    backlog = Backlog()
    assert [backlog.ends(0, now) for now in (0.0, 0.5 * FLOW_S, 0.9 * FLOW_S, FLOW_S)] == [False] * 3 + [True]
