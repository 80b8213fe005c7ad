"""Cuts a text to so many words. Words part at space, tab and line ends only; a no-break space parts nothing.

No word is cut but where words are so long that they are no words: a text without spaces would be shown whole.
"""

import re
from dataclasses import dataclass
from itertools import islice

MOST_WORDS = 500
"""No excerpt is ever longer."""

_CHARACTERS_A_WORD = 20
_CHARACTERS_BESIDES = 200
"""Room for a long word, or an address, in a short excerpt."""

_BETWEEN = " \t\r\n"
_WORD = re.compile(f"[^{_BETWEEN}]+")
_LIKELY = 16
"""A word and what follows it are hardly ever so many characters on average."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Words of a text, joined by one space; `truncated` when it goes on, which `...` right after the last one tells.

    One that does not begin with the text's first word is truncated too, and has `...` right before its own first.
    """

    text: str
    truncated: bool


def most_characters(words: int) -> int:
    """Return how many characters an excerpt of so many words may have: words of any language have half of it."""
    return _CHARACTERS_A_WORD * words + _CHARACTERS_BESIDES if words else 0


def excerpt(text: str, words: int) -> Excerpt:
    """Return the first `words` words of a text; it is cut only when it has more than that, or they are endless."""
    most = most_characters(words)
    if len(text) <= most and text.count(" ") < words and _is_joined(text):
        return Excerpt(text, truncated=False)
    found = _first_words(text, words + 1)
    whole = " ".join(found[:words])
    kept = whole[:most]
    if len(found) <= words and kept == whole:
        return Excerpt(kept, truncated=False)
    return Excerpt(f"{kept}..." if kept else "", truncated=True)


def excerpt_at(text: str, words: int, place: int) -> Excerpt:
    """Return `words` words of a text's first 500, a few of them before the one at an offset.

    Args:
        text: whole, or as much of it as `opening` returns.
        words: how many at most; at least 1.
        place: offset in the text; the text's end where the excerpt would reach beyond.
    """
    found = list(islice(_WORD.finditer(text), MOST_WORDS + 1))
    most = min(len(found), MOST_WORDS)
    wanted = next((number for number, word in enumerate(found) if word.end() > place), most)
    first = max(0, min(wanted - words // 4, most - words))
    last = min(first + words, most)
    kept = " ".join(word.group() for word in found[first:last])
    goes_before, goes_on = first > 0, last < len(found)
    if len(kept) > (room := most_characters(words)):
        # What stands before the place in question is joined by one space each, as in what is kept.
        before = sum(len(word.group()) + 1 for word in found[first:wanted])
        inside = max(0, place - found[wanted].start()) if wanted < last else 0
        start = max(0, min(before + inside - room // 4, len(kept) - room))
        goes_before, goes_on = goes_before or start > 0, goes_on or start + room < len(kept)
        kept = kept[start : start + room]
    return Excerpt(f"{'...' * goes_before}{kept}{'...' * goes_on}", truncated=goes_before or goes_on)


def opening(text: str) -> str:
    """Return as much of a text as any excerpt can need: one word more than the longest shows that it goes on."""
    likely = text[: (MOST_WORDS + 1) * _LIKELY]
    joined = _joined(likely)
    if joined.count(" ") <= MOST_WORDS and likely != text:
        joined = _joined(text)
    if joined.count(" ") > MOST_WORDS:
        joined = " ".join(joined.split(" ", MOST_WORDS + 1)[: MOST_WORDS + 1])
    # A space and a letter of that word, where the others have all the room there is.
    return joined[: most_characters(MOST_WORDS) + 2]


def _first_words(text: str, count: int) -> list[str]:
    likely = text[: count * _LIKELY]
    words = _split(likely)
    # The last word of a part of the text may go on.
    return (words if len(words) > count or likely == text else _split(text))[:count]


def _joined(text: str) -> str:
    """Return all words of a text, joined by one space: sooner than by splitting it where one space parts most of them."""
    for other in _BETWEEN[1:]:
        text = text.replace(other, _BETWEEN[0])
    while "  " in text:
        text = text.replace("  ", " ")
    return text.strip(" ")


def _is_joined(text: str) -> bool:
    """Return whether one space parts all words already, as in every `opening`: to tell takes a sixth of cutting it."""
    other = "\n" in text or "\t" in text or "\r" in text or "  " in text
    return not other and text == text.strip(" ")


def _split(text: str) -> list[str]:
    """Split by one character, which takes less than half the time of a regular expression."""
    for other in _BETWEEN[1:]:
        text = text.replace(other, _BETWEEN[0])
    return list(filter(None, text.split(_BETWEEN[0])))
