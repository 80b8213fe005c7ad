"""The outbox's part of a document."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.outbox import BUCKETS, PENDING_MAX, OutboxFull, bucket_of, check_room, entries, push, room_for
from shared.outbox.pending import read_event
from tests.suites.bus_suite import altered, withdrawn


def test_an_event_is_read_from_a_document_as_it_was_put_there() -> None:
    event = altered(withdrawn("a"), traceparent="00-1-2-3", data=b"\xff\x00")
    assert [read_event(entry) for entry in entries(event, withdrawn("b"))] == [event, withdrawn("b")]


@pytest.mark.parametrize(
    "damage", [{"id": {"of": "another kind"}}, {"subject": None}, {"time": "today"}, {"data": 7}]
)
def test_an_entry_with_a_value_of_another_kind_is_not_an_event(damage: dict[str, object]) -> None:
    with pytest.raises(TypeError, match=next(iter(damage))):
        read_event({**entries(withdrawn("a"))[0], **damage})


def test_the_fragment_fits_beside_the_owners_own_changes() -> None:
    update = {"$set": {"rev": 2}, **push(withdrawn("a"))}
    assert update == {"$set": {"rev": 2}, "$push": {"pending": {"$each": entries(withdrawn("a"))}}}


@given(st.text())
def test_a_bucket_is_one_of_64_and_always_the_same(document_id: str) -> None:
    assert 0 <= bucket_of(document_id) < BUCKETS
    assert bucket_of(document_id) == bucket_of(document_id)


def test_the_buckets_are_filled_evenly() -> None:
    filled = Counter(bucket_of(f"article-{number}") for number in range(6400))
    assert len(filled) == BUCKETS
    assert max(filled.values()) < 160


@pytest.mark.parametrize("waiting", [0, PENDING_MAX - 1])
def test_a_document_with_room_takes_one_more(waiting: int) -> None:
    check_room({"pending": [{}] * waiting})
    check_room(None)
    check_room({})


def test_a_full_document_takes_none() -> None:
    with pytest.raises(OutboxFull):
        check_room({"pending": [{}] * PENDING_MAX})
    with pytest.raises(OutboxFull):
        check_room({"pending": [{}] * (PENDING_MAX - 1)}, events=2)


def test_the_filter_asks_for_as_much_room_as_is_needed() -> None:
    assert room_for() == {"pending.23": {"$exists": False}}
    assert room_for(2) == {"pending.22": {"$exists": False}}
