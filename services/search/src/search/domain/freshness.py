"""How much an article's age weighs in the order by relevance.

An article of this moment counts in full, one as old as the half-life three quarters, a very old one half: news of today
comes before the same words of last year, yet a much better match of any age stays ahead.
"""

from datetime import datetime, timedelta

HALF_LIFE = timedelta(days=30)
"""The part of an article's score that ages is halved in this time."""

LASTING = 0.5
"""The part of a score that no age takes away."""


def weight(age: timedelta) -> float:
    """Return the factor for a score, from just above 0.5 to 1; articles dated in the future are as fresh as new."""
    return LASTING + (1 - LASTING) * 2 ** -(max(age, timedelta()) / HALF_LIFE)


def weight_at(published_at: datetime, now: datetime) -> float:
    """Return the factor for an article published at an instant."""
    return weight(now - published_at)
