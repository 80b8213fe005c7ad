"""The fault runner's oracle: whoever reads the published table relies on it to see every loss."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.faults.oracle import Served, Stored, Tally, compare, count_writes

ITEMS = st.dictionaries(st.text("abc", min_size=1, max_size=3), st.integers(1, 3), max_size=8)


def stored(served: dict[str, int]) -> dict[str, Stored]:
    return {item: Stored(rev, f"{item}{rev}") for item, rev in served.items()}


def served(items: dict[str, int]) -> dict[str, Served]:
    return {item: Served(versions, f"{item}{versions}") for item, versions in items.items()}


@given(ITEMS)
def test_everything_stored_once_as_it_was_served_is_clean(items: dict[str, int]) -> None:
    writes = {(item, rev): 1 for item, last in items.items() for rev in range(1, last + 1)}
    tally = compare(served(items), stored(items), writes)
    assert tally == Tally(len(items), 0, 0, 0, 0)
    assert tally.clean


@given(ITEMS, st.data())
def test_each_missing_item_is_counted_as_lost(items: dict[str, int], data: st.DataObject) -> None:
    missing = data.draw(st.sets(st.sampled_from(sorted(items)))) if items else set[str]()
    left = {item: rev for item, rev in items.items() if item not in missing}
    tally = compare(served(items), stored(left), {})
    assert (tally.lost, tally.unexpected, tally.wrong) == (len(missing), 0, 0)


@pytest.mark.parametrize(
    ("found", "unexpected", "wrong"),
    [
        ({"a": Stored(1, "a1"), "b": Stored(1, "b1")}, 1, 0),
        ({"a": Stored(2, "a1")}, 1, 0),
        ({"a": Stored(1, "another")}, 0, 1),
    ],
    ids=["an item nobody served", "a revision nobody served", "other content"],
)
def test_what_was_never_served_so_is_counted(found: dict[str, Stored], unexpected: int, wrong: int) -> None:
    tally = compare(served({"a": 1}), found, {})
    assert (tally.lost, tally.unexpected, tally.wrong) == (0, unexpected, wrong)
    assert not tally.clean


def test_a_revision_written_twice_is_a_doubled_effect() -> None:
    tally = compare(served({"a": 1}), stored({"a": 1}), {("a", 1): 3, ("a", 2): 1})
    assert tally.doubled_effects == 2


def test_the_oplog_tells_of_every_change_to_a_revision_and_of_nothing_else() -> None:
    """The entries are those of MongoDB 6.0: an insert, an update that set `rev`, one that added it, one of another field."""
    oplog = [
        {"op": "i", "o": {"_id": "a", "rev": 1}},
        {"op": "u", "o2": {"_id": "a"}, "o": {"$v": 2, "diff": {"u": {"rev": 2}}}},
        {"op": "u", "o2": {"_id": "b"}, "o": {"$v": 2, "diff": {"i": {"rev": 5}}}},
        {"op": "u", "o2": {"_id": "a"}, "o": {"$v": 2, "diff": {"u": {"pending": []}}}},
        {"op": "u", "o2": {"_id": "a"}, "o": {"$v": 2}},
        {"op": "u", "o2": {"_id": "a"}, "o": {"_id": "a", "rev": 2}},
    ]
    assert count_writes(oplog) == {("a", 1): 1, ("a", 2): 2, ("b", 5): 1}
