"""What is kept of what a bank says again and again: the first word, and corrections; never a repeat."""

from datetime import date, timedelta

from rates.domain.observations import Arrival, arrive, sort_arrivals
from tests.suites.rates_builders import CBU, SEEN_AT, observation

DAY = date(2026, 4, 1)
LATER = SEEN_AT + timedelta(minutes=15)


def test_the_first_word_is_revision_one() -> None:
    new = observation(CBU, DAY, "12142.10")
    assert arrive([], new) == (Arrival.NEW, new)


def test_the_same_number_again_is_known() -> None:
    known = observation(CBU, DAY, "12142.10")
    assert arrive([known], observation(CBU, DAY, "12142.1", fetched_at=LATER)) == (Arrival.KNOWN, known)


def test_the_same_number_per_another_nominal_is_known() -> None:
    known = observation(CBU, DAY, "12142.10")
    assert arrive([known], observation(CBU, DAY, "121421", nominal=10, fetched_at=LATER))[0] is Arrival.KNOWN


def test_another_number_for_the_same_session_is_the_next_revision() -> None:
    known = [observation(CBU, DAY, "12142.10"), observation(CBU, DAY, "12143.10", revision=2)]
    arrival, placed = arrive(known, observation(CBU, DAY, "12144.10", fetched_at=LATER))
    assert (arrival, placed.revision) == (Arrival.CORRECTION, 3)


def test_a_bank_may_take_its_correction_back() -> None:
    known = [observation(CBU, DAY, "12142.10"), observation(CBU, DAY, "12143.10", revision=2)]
    arrival, placed = arrive(known, observation(CBU, DAY, "12142.10", fetched_at=LATER))
    assert (arrival, placed.revision) == (Arrival.CORRECTION, 3)


def test_a_slow_poller_cannot_correct_a_quicker_one() -> None:
    known = [
        observation(CBU, DAY, "12142.10"),
        observation(CBU, DAY, "12143.10", revision=2, fetched_at=LATER),
    ]
    assert arrive(known, observation(CBU, DAY, "12142.10", fetched_at=SEEN_AT))[0] is Arrival.OUTDATED


def test_an_archive_fills_what_is_missing_and_corrects_nothing() -> None:
    known = [observation(CBU, DAY, "12142.10")]
    said = [
        observation(CBU, DAY, "12000.00", fetched_at=LATER),
        observation(CBU, DAY, "149.97", base="RUB", fetched_at=LATER),
    ]
    assert [kept.base for kept in sort_arrivals(known, said, may_correct=False)] == ["RUB"]
    assert [kept.base for kept in sort_arrivals(known, said, may_correct=True)] == ["USD", "RUB"]
