"""One step in the life of an article, as search remembers it: never what a text was before."""

from dataclasses import dataclass
from datetime import datetime

FIRST_REV = 1
"""No revision of any article has a lower number."""

MOST_KEPT = 50
"""Steps remembered of one article: the newest."""


@dataclass(frozen=True, slots=True)
class Revision:
    """An article as it was collected, or collected anew.

    Attributes:
        rev: from 1.
        at: when the change was seen, aware UTC.
        changed: names of the fields that changed; empty for a new article.
    """

    rev: int
    at: datetime
    changed: tuple[str, ...]
