"""When two texts are the same to a reader of news: as written, or as seen once both went through our own sanitiser."""

import re
from collections.abc import Iterable

from ingest.domain.parsing.entries import Markup
from ingest.domain.text.markup import plain_text, sanitise

_SPACE = re.compile(r"\s+")


def seen(value: str, *, is_html: bool, base: str) -> str:
    """Return what a reader sees of a text."""
    return _SPACE.sub(" ", plain_text(sanitise(Markup(value, is_html=is_html), base))).strip()


def as_written(ours: Iterable[Markup], expected: str) -> bool:
    """Whether one of ours is what is expected, but for white space at its ends."""
    return any(one.value.strip() == expected.strip() for one in ours)


def as_seen(ours: Iterable[Markup], expected: str, base: str) -> bool:
    """Whether one of ours looks to a reader like what is expected."""
    wanted = {seen(expected, is_html=True, base=base), seen(expected, is_html=False, base=base)}
    return any(_looks(one, base) & wanted for one in ours)


def sees_no_more(ours: Iterable[Markup], expected: str, base: str) -> bool:
    """Whether each of ours shows a reader nothing that is not expected."""
    wanted = set(seen(expected, is_html=True, base=base).split())
    return all(set(seen(one.value, is_html=one.is_html, base=base).split()) <= wanted for one in ours)


def _looks(one: Markup, base: str) -> set[str]:
    return {seen(one.value, is_html=one.is_html, base=one.base or base)}
