"""When "not modified" is believed."""

from datetime import timedelta

import pytest

from ingest.domain.fetching.outcomes import Validators
from ingest.domain.rhythm.trust import validators_after, validators_to_send, would_have_lied
from tests.suites.ingest_stores import NOW

KNOWN = Validators('"1"', "Tue, 22 Sep 2026 10:00:00 GMT", "d1")
LATELY = NOW - timedelta(hours=1)


def test_a_source_is_asked_with_both_validators() -> None:
    assert validators_to_send(KNOWN, LATELY, NOW, chance=0.5, distrusted=False) == KNOWN


def test_once_a_day_the_whole_feed_is_asked_for() -> None:
    """Some servers say "not modified" for ever."""
    for whole_at in (NOW - timedelta(hours=25), None):
        assert validators_to_send(KNOWN, whole_at, NOW, chance=0.5, distrusted=False) == Validators()


def test_one_poll_in_a_hundred_asks_for_the_whole_feed() -> None:
    chances = [number / 1000 for number in range(1000)]
    asked = [validators_to_send(KNOWN, LATELY, NOW, chance=one, distrusted=False) for one in chances]
    assert asked.count(Validators()) == 10


def test_a_server_that_was_found_out_is_never_asked_conditionally_again() -> None:
    assert validators_to_send(KNOWN, LATELY, NOW, chance=0.5, distrusted=True) == Validators()


@pytest.mark.parametrize(
    ("asked", "known", "answer", "new", "lied"),
    [
        pytest.param(Validators(), KNOWN, Validators('"1"', KNOWN.last_modified, "d2"), 3, True, id="news under old validators"),
        pytest.param(Validators(), Validators(None, "x", "d1"), Validators(None, "x", "d2"), 1, True, id="Last-Modified alone"),
        pytest.param(Validators(), KNOWN, Validators('"2"', KNOWN.last_modified, "d2"), 3, False, id="another ETag"),
        pytest.param(Validators(), KNOWN, Validators('"1"', KNOWN.last_modified, "d2"), 0, False, id="nothing new, a clock perhaps"),
        pytest.param(KNOWN, KNOWN, Validators('"1"', KNOWN.last_modified, "d2"), 3, False, id="answered in spite of the condition"),
        pytest.param(Validators(), Validators(), Validators(None, None, "d2"), 3, False, id="no validators at all"),
    ],
)  # fmt: skip
def test_a_lie_is_news_under_the_validators_of_old(
    asked: Validators, known: Validators, answer: Validators, new: int, *, lied: bool
) -> None:
    """Readers of a source that would have stood still for ever."""
    assert would_have_lied(asked, known, answer, new) is lied


def test_validators_of_a_304_take_the_place_of_the_old_ones() -> None:
    assert validators_after(KNOWN, Validators('"2"')) == Validators('"2"', KNOWN.last_modified, "d1")
    assert validators_after(KNOWN, Validators()) == KNOWN
