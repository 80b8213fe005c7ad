"""A circuit breaker: after some failures in a row a service is not asked for a while, so that answers come fast."""

from dataclasses import dataclass, replace

_FAILURE = 10
_TIMEOUT = 1
"""A timeout may be the question's fault: a few slow ones must not take a service away from all other readers."""


@dataclass(frozen=True, slots=True)
class BreakerRules:
    """When a breaker opens and for how long.

    Attributes:
        failures: failures in a row after which it opens; ten timeouts count as one.
        open_s: seconds for which the service is then left alone.
    """

    failures: int = 3
    open_s: float = 2.0


@dataclass(frozen=True, slots=True)
class Breaker:
    """The state of a breaker: closed while `weight` is below that of the rules' failures, else open until `retry_at_s`."""

    weight: int = 0
    retry_at_s: float = 0.0


def may_ask(breaker: Breaker, rules: BreakerRules, now_s: float) -> bool:
    """Tell whether the service may be asked now."""
    return not is_open(breaker, rules) or now_s >= breaker.retry_at_s


def trying(breaker: Breaker, rules: BreakerRules, now_s: float) -> Breaker:
    """Return the breaker once a request was let through: an open one lets only that one try."""
    if not is_open(breaker, rules):
        return breaker
    return replace(breaker, retry_at_s=now_s + rules.open_s)


def succeeded() -> Breaker:
    """Return the breaker after an answer: closed."""
    return Breaker()


def failed(breaker: Breaker, rules: BreakerRules, now_s: float, *, timed_out: bool = False) -> Breaker:
    """Return the breaker after one more failure."""
    return Breaker(
        weight=breaker.weight + (_TIMEOUT if timed_out else _FAILURE), retry_at_s=now_s + rules.open_s
    )


def is_open(breaker: Breaker, rules: BreakerRules) -> bool:
    """Tell whether the service is being left alone."""
    return breaker.weight >= rules.failures * _FAILURE
