"""How much an article's age weighs in the order by relevance.

An article of this moment counts in full, one as old as the half-life three quarters, a very old one half: news of today
comes before the same words of last year, yet a much better match of any age stays ahead.
"""

from datetime import timedelta
from math import exp2

HALF_LIFE = timedelta(days=30)
"""The part of an article's score that ages is halved in this time."""

LASTING = 0.5
"""The part of a score that no age takes away."""


_MICROSECOND = timedelta(microseconds=1)
_HALF_LIFE_US = HALF_LIFE // _MICROSECOND


def weight(age: timedelta) -> float:
    """Return the factor for a score, from just above 0.5 to 1; articles dated in the future are as fresh as new."""
    return weight_of(age // _MICROSECOND)


def weight_of(age_us: int) -> float:
    """Return the same factor by an age in microseconds: two hundred of them are weighed for each answer."""
    return 1.0 if age_us <= 0 else LASTING + (1 - LASTING) * exp2(-age_us / _HALF_LIFE_US)
