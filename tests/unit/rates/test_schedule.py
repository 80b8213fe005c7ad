"""When a bank is asked again; all by the store's time, so that replicas with wrong clocks agree."""

from datetime import UTC, datetime, time, timedelta, timezone

from hypothesis import given, settings
from hypothesis import strategies as st

from rates.domain.calendars import NationalCalendar
from rates.domain.rhythm import Rhythm
from rates.domain.schedule import PollState, due_in_s

ALMATY = timezone(timedelta(hours=5))
NBK_RHYTHM = Rhythm(NationalCalendar("KZ"), ALMATY, time(15, 30))
MORNING = datetime(2026, 4, 2, 4, 0, tzinfo=UTC)
INTERVAL_S = 900.0


def due(state: PollState, interval_s: float = INTERVAL_S) -> float:
    return due_in_s(state, bank_id="NBK", rhythm=NBK_RHYTHM, interval_s=interval_s)


def ago(seconds: float, now: datetime = MORNING, failures: int = 0) -> PollState:
    return PollState(now=now, polled_at=now - timedelta(seconds=seconds), failures=failures)


def test_a_bank_never_asked_is_due() -> None:
    assert due(PollState(now=MORNING)) == 0


def test_a_bank_is_due_after_the_interval_and_at_most_a_tenth_more() -> None:
    assert 0 < due(ago(899)) <= 91
    assert due(ago(991)) <= 0


def test_a_bank_is_asked_more_often_while_its_table_is_due() -> None:
    """15:30 in Almaty is 10:30 UTC; the table comes within three hours."""
    before, within, after = (
        datetime(2026, 4, 2, hour, minute, tzinfo=UTC) for hour, minute in ((10, 29), (10, 30), (13, 30))
    )
    assert due(ago(331, before)) > 0
    assert due(ago(331, within)) <= 0
    assert due(ago(331, after)) > 0


def test_a_bank_is_not_asked_more_often_on_its_days_off() -> None:
    """Nowruz, a Sunday, and a Saturday at the usual hour: nothing new is to come."""
    for month, day in ((3, 24), (4, 5), (4, 4)):
        now = datetime(2026, month, day, 11, 0, tzinfo=UTC)
        assert due(ago(899, now)) > 0


def test_a_failed_poll_is_repeated_sooner_and_then_ever_later() -> None:
    waits = [due(ago(0, failures=failures)) for failures in (1, 2, 3, 4, 5, 60)]
    for wait_s, expected_s in zip(waits, (60, 120, 240, 480, 900, 900), strict=True):
        assert expected_s <= wait_s <= expected_s * 1.1


def test_a_failed_poll_is_never_repeated_later_than_a_good_one() -> None:
    assert due(ago(0, failures=1), interval_s=0.5) <= 0.55


def test_a_bank_in_hand_is_due_when_the_lease_ends() -> None:
    state = PollState(now=MORNING, leased_until=MORNING + timedelta(seconds=42))
    assert due(state) == 42


def test_a_lapsed_lease_holds_nobody_back() -> None:
    assert due(PollState(now=MORNING, leased_until=MORNING - timedelta(seconds=1))) == 0


@settings(deadline=None)
@given(epoch=st.integers(0, 10**6), failures=st.integers(0, 1000), interval_s=st.floats(0.1, 86400))
def test_no_wait_is_longer_than_the_interval_and_a_tenth(
    epoch: int, failures: int, interval_s: float
) -> None:
    state = PollState(now=MORNING, polled_at=MORNING, failures=failures, epoch=epoch)
    assert 0 < due(state, interval_s) <= interval_s * 1.1
