"""A circuit breaker: after some failures in a row a service is not asked for a while, so that answers come fast."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class BreakerRules:
    """When a breaker opens and for how long.

    Attributes:
        failures: failures in a row after which it opens.
        open_s: seconds for which the service is then left alone.
    """

    failures: int = 3
    open_s: float = 2.0


@dataclass(frozen=True, slots=True)
class Breaker:
    """The state of a breaker: closed while `failures` is below the rules' number, else open until `retry_at_s`."""

    failures: int = 0
    retry_at_s: float = 0.0


def may_ask(breaker: Breaker, rules: BreakerRules, now_s: float) -> bool:
    """Tell whether the service may be asked now."""
    return breaker.failures < rules.failures or now_s >= breaker.retry_at_s


def trying(breaker: Breaker, rules: BreakerRules, now_s: float) -> Breaker:
    """Return the breaker once a request was let through: an open one lets only that one try."""
    if breaker.failures < rules.failures:
        return breaker
    return replace(breaker, retry_at_s=now_s + rules.open_s)


def succeeded() -> Breaker:
    """Return the breaker after an answer: closed."""
    return Breaker()


def failed(breaker: Breaker, rules: BreakerRules, now_s: float) -> Breaker:
    """Return the breaker after one more failure."""
    return Breaker(failures=breaker.failures + 1, retry_at_s=now_s + rules.open_s)


def is_open(breaker: Breaker, rules: BreakerRules) -> bool:
    """Tell whether the service is being left alone."""
    return breaker.failures >= rules.failures
