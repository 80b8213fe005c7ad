"""A service that fails is left alone for a moment, so that answers come fast."""

from gateway.domain.breaker import Breaker, BreakerRules, failed, is_open, may_ask, succeeded, trying

RULES = BreakerRules(failures=3, open_s=2)


def after_failures(count: int, now_s: float = 0) -> Breaker:
    state = Breaker()
    for _ in range(count):
        state = failed(state, RULES, now_s)
    return state


def test_a_few_failures_change_nothing() -> None:
    state = after_failures(2)
    assert may_ask(state, RULES, 0)
    assert not is_open(state, RULES)


def test_failures_in_a_row_open_it() -> None:
    state = after_failures(3)
    assert is_open(state, RULES)
    assert not may_ask(state, RULES, 1.9)


def test_after_a_while_one_try_is_let_through_and_only_one() -> None:
    state = after_failures(3)
    assert may_ask(state, RULES, 2)
    tried = trying(state, RULES, 2)
    assert not may_ask(tried, RULES, 2.1)


def test_while_closed_many_may_ask_at_once() -> None:
    state = trying(after_failures(2), RULES, 5)
    assert may_ask(state, RULES, 5)


def test_a_timeout_weighs_a_tenth_of_another_failure() -> None:
    """A few questions may be slow while all others are answered; a service that hangs is left alone all the same."""
    state = Breaker()
    for _ in range(29):
        state = failed(state, RULES, 0, timed_out=True)
    assert may_ask(state, RULES, 0)
    assert is_open(failed(state, RULES, 0, timed_out=True), RULES)


def test_an_answer_closes_it() -> None:
    assert may_ask(succeeded(), RULES, 0)
    assert not is_open(succeeded(), RULES)


def test_a_failed_try_opens_it_anew() -> None:
    state = failed(trying(after_failures(3), RULES, 2), RULES, 2.5)
    assert not may_ask(state, RULES, 4.4)
    assert may_ask(state, RULES, 4.5)
