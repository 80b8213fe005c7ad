"""Which changes of what is shown are worth an event."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from rates.domain.board import Board, Why, decide, in_ticker_order
from rates.domain.derivation import derive
from rates.domain.fixings import Band, Line, Pair
from rates.domain.observations import Observation
from tests.suites.rates_builders import NBK, NBKR, PLAN_OF, SEEN_AT, line, observation

NOW = datetime(2026, 4, 2, 12, 0, tzinfo=UTC)
MON, TUE, WED = date(2026, 3, 30), date(2026, 3, 31), date(2026, 4, 1)
MONDAY, TUESDAY = observation(NBK, MON, "478.77"), observation(NBK, TUE, "475.09")


def board(*observations: Observation, seq: int = 4) -> Board:
    return Board(NBK.pair, seq, line(NBK, *observations), NOW - timedelta(hours=1))


def verdict(before: Board | None, after: Line | None) -> tuple[Why, int, bool] | None:
    change = decide(before, after, NOW)
    return None if change is None else (change.why, change.board.seq, change.fixed)


def test_the_first_line_is_told() -> None:
    assert verdict(None, line(NBK, MONDAY)) == (Why.FIRST, 1, True)


def test_no_line_is_not_told() -> None:
    assert verdict(None, None) is None
    assert verdict(board(MONDAY), None) is None


def test_a_new_session_is_told_once() -> None:
    after = line(NBK, MONDAY, TUESDAY)
    change = decide(board(MONDAY), after, NOW)
    assert change is not None
    assert (change.why, change.board.seq, change.board.changed_at) == (Why.NEW_SESSION, 5, NOW)
    assert verdict(change.board, after) is None


def test_a_new_session_in_which_nothing_moved_is_told() -> None:
    """It prints 0%, which says that the bank fixed the rate anew."""
    after = line(NBK, MONDAY, observation(NBK, TUE, "478.77"))
    assert verdict(board(MONDAY), after) == (Why.NEW_SESSION, 5, True)


def test_a_table_seen_again_under_another_date_is_not_told() -> None:
    again = observation(NBK, MON, "478.77", fetched_at=SEEN_AT + timedelta(days=2))
    assert verdict(board(MONDAY), line(NBK, again)) is None


def test_a_correction_is_told() -> None:
    after = line(NBK, MONDAY, TUESDAY, observation(NBK, TUE, "475.19", revision=2))
    assert verdict(board(MONDAY, TUESDAY), after) == (Why.CORRECTION, 5, True)


def test_a_document_that_came_late_changes_the_change() -> None:
    assert verdict(board(TUESDAY), line(NBK, MONDAY, TUESDAY)) == (Why.CHANGE_RECOMPUTED, 5, True)


def test_a_doubt_is_told_as_a_doubt_and_its_end_as_a_fixing() -> None:
    doubted = line(NBK, MONDAY, observation(NBK, TUE, "47.5"))
    assert verdict(board(MONDAY), doubted) == (Why.HELD, 5, False)
    held = Board(NBK.pair, 5, doubted, NOW)
    corrected = line(NBK, MONDAY, observation(NBK, TUE, "47.5"), observation(NBK, TUE, "475.09", revision=2))
    assert verdict(held, corrected) == (Why.NEW_SESSION, 6, True)


def test_a_wider_band_releases_what_was_held() -> None:
    said = (MONDAY, observation(NBK, TUE, "1600", seen_again=True))
    held = Board(NBK.pair, 5, line(NBK, *said), NOW)
    believed = derive(replace(PLAN_OF["KZT"], band=Band(Decimal(200), Decimal(2000))), said)
    assert verdict(held, believed) == (Why.NEW_SESSION, 6, True)


def test_a_doubted_correction_is_released_by_its_withdrawal() -> None:
    doubted = observation(NBK, MON, "4787.7", revision=2)
    held = board(MONDAY, doubted)
    after = line(NBK, MONDAY, doubted, observation(NBK, MON, "478.77", revision=3))
    assert verdict(held, after) == (Why.CORRECTION, 5, True)


def test_boards_stand_in_the_tickers_order() -> None:
    some = line(NBKR, observation(NBKR, MON, "87.45"))
    pairs = ["UZS", "RUB", "KZT", "AMD", "TJS", "KGS"]
    boards = [Board(Pair(base, "USD"), 1, some, NOW) for base in pairs]
    assert [item.pair.base for item in in_ticker_order(boards)] == ["KGS", "KZT", "TJS", "UZS", "AMD", "RUB"]
