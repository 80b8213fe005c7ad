"""Who is suspected of killing its readers, and what becomes of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.bus.retry import Bury, Failure
from shared.bus.suspects import conviction, delivery_count, judge_alone, judge_in_company

DEATHS_MAX = 5


def test_a_first_delivery_and_a_first_redelivery_are_handled_among_others() -> None:
    """A plain restart redelivers everything in hand; that must not make it all wait in a lane."""
    assert [judge_in_company(count) for count in range(4)] == ["handle", "handle", "set_apart", "set_apart"]


def test_in_the_lane_an_event_gets_three_chances() -> None:
    assert [judge_alone(count) for count in range(5)] == ["handle", "handle", "handle", "bury", "bury"]


def test_an_event_that_always_kills_its_reader_kills_five() -> None:
    deaths = in_company = alone = 0
    while judge_in_company(in_company) == "handle":
        deaths, in_company = deaths + 1, in_company + 1
    while judge_alone(alone) == "handle":
        deaths, alone = deaths + 1, alone + 1
    assert deaths == DEATHS_MAX


def test_a_convicted_event_says_how_often_and_keeps_its_failures() -> None:
    failure = Failure(2, "2026-06-03T09:30:00Z")
    assert conviction(3, failure) == Bury(
        "crash_suspect", failure, "its reader ended 3 times with this event alone in hand"
    )


@given(st.integers(min_value=0, max_value=2**31))
def test_the_brokers_count_is_read_from_its_header(count: int) -> None:
    assert delivery_count({"x-delivery-count": count}) == count


@pytest.mark.parametrize("nonsense", [{}, *({"x-delivery-count": odd} for odd in ("3", -1, True, None, 3.5))])
def test_nonsense_in_the_brokers_header_counts_as_never_delivered(nonsense: dict[str, object]) -> None:
    assert delivery_count(nonsense) == 0
