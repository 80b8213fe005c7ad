"""Which dead letters are meant by which filters."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.bus import dead_letters
from shared.bus.dead_letter_choice import Choice, Letter
from shared.bus.retry import Bury, Failure
from shared.contracts.catalogue import SEARCH_ARTICLES
from shared.contracts.envelope import to_headers
from tests.suites.bus_suite import withdrawn

NOW = datetime(2026, 6, 3, 12, 0, tzinfo=UTC)
DIED = NOW - timedelta(hours=2)
SAID = dead_letters.epitaph(
    Bury("exhausted", Failure(4), "ValueError: the Moon"), queue=SEARCH_ARTICLES, service="search", at=DIED
)
EVENT = withdrawn("a")
LETTER = Letter(1, SEARCH_ARTICLES, dead_letters.to_headers(to_headers(EVENT), SAID), EVENT.data)
FOREIGN = Letter(2, SEARCH_ARTICLES, {}, b"?", "m-1")


@pytest.mark.parametrize(
    "choice",
    [
        Choice(),
        Choice(ids=("zz", EVENT.id[:3])),
        Choice(types=("article.withdrawn.v1",)),
        Choice(causes=("rejected", "exhausted")),
        Choice(reason="the moon"),
        Choice(older_than=timedelta(hours=2)),
        Choice(newer_than=timedelta(hours=2)),
        Choice(ids=(EVENT.id,), causes=("exhausted",), reason="moon", older_than=timedelta(minutes=1)),
    ],
)
def test_a_letter_that_passes_every_filter_is_meant(choice: Choice) -> None:
    assert choice.takes(LETTER, NOW)


@pytest.mark.parametrize(
    "choice",
    [
        Choice(ids=("zz",)),
        Choice(types=("article.withdrawn",)),
        Choice(causes=("rejected",)),
        Choice(reason="sun"),
        Choice(older_than=timedelta(hours=2, seconds=1)),
        Choice(newer_than=timedelta(hours=1)),
        Choice(ids=(EVENT.id,), causes=("rejected",)),
    ],
)
def test_a_letter_that_fails_one_filter_is_not_meant(choice: Choice) -> None:
    assert not choice.takes(LETTER, NOW)


def test_a_letter_without_a_time_is_neither_old_nor_new() -> None:
    """What nothing is known of must not be dropped for its age."""
    assert Choice().takes(FOREIGN, NOW)
    assert not Choice(older_than=timedelta(0)).takes(FOREIGN, NOW)
    assert not Choice(newer_than=timedelta(days=9999)).takes(FOREIGN, NOW)


def test_a_letter_without_an_event_id_is_named_by_its_message() -> None:
    assert (FOREIGN.id, FOREIGN.type, FOREIGN.subject) == ("m-1", "", "")
    assert Choice(ids=("m-",)).takes(FOREIGN, NOW)


def test_only_a_choice_without_filters_is_open() -> None:
    assert Choice().open
    assert not Choice(reason="x").open
    assert not Choice(older_than=timedelta(0)).open


def test_what_the_broker_buried_after_a_retry_is_told_by_its_last_death() -> None:
    """Its first death was only the end of a retry's delay."""
    deaths = [
        {"queue": SEARCH_ARTICLES, "reason": "delivery_limit", "time": DIED, "count": 1},
        {"queue": f"{SEARCH_ARTICLES}.retry.10s", "reason": "expired", "time": DIED, "count": 1},
    ]
    said = dead_letters.read({"x-death": deaths, "x-first-death-reason": "expired"}, SEARCH_ARTICLES)
    assert (said.cause, said.last_at) == ("delivery_limit", "2026-06-03T10:00:00Z")


@pytest.mark.parametrize("deaths", [None, [], "odd", [3], [{"time": "odd", "reason": 7}]])
def test_odd_accounts_of_a_broker_break_nothing(deaths: object) -> None:
    said = dead_letters.read({"x-death": deaths}, SEARCH_ARTICLES)
    assert (said.cause, said.last_at) == ("unknown", None)
