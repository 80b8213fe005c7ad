"""Which places of a text a query marks: whole words of the original, however they were folded, stemmed or transliterated."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from shared.query.analyse import PlacedWords, Terms
from shared.query.fold import normalise
from shared.query.grammar import Query, Words
from shared.query.match import meets, sequences

Span = tuple[int, int]
"""Offsets of the first character and of the one behind the last, in characters of the text as given."""


def highlight(query: Query, text: str, language: str | None, *, title: bool = False) -> list[Span]:
    """Return the spans of a text that a query marks, as `Highlighter` does for any number of texts."""
    return Highlighter(query).spans(text, language, title=title)


class Highlighter:
    """Marks the places of texts that a query asks for.

    A word or a prefix marks whole words, a phrase one span from its first word to its last. What a query excludes marks
    nothing; what it wants in the title marks titles only.

    Args:
        query: as it was read.
    """

    def __init__(self, query: Query) -> None:
        wanted = [words for group in query.groups for words in group.any_of]
        self._in_titles = _Sought(wanted)
        self._in_texts = _Sought([words for words in wanted if not words.in_title])

    def spans(self, text: str, language: str | None, *, title: bool = False) -> list[Span]:
        """Return the spans of a text to mark, in order, none touching another's characters.

        Args:
            text: as it is shown; it need not be in NFC, the offsets are those of the text as given.
            language: the article's.
            title: True when the text is the article's title.
        """
        sought = self._in_titles if title else self._in_texts
        composed = normalise(text)
        words = PlacedWords(composed, language)
        runs = sought.runs(words.terms)
        if not runs:
            return []
        spans = [words.span(first, last) for first, last in runs]
        places = _places(text)
        return [(places[start], places[end]) for start, end in _joined(spans)]


class _Sought:
    """What is looked for, by what it may begin with: looking at every word for each of it takes several times as long."""

    def __init__(self, wanted: Sequence[Words]) -> None:
        self._begun = dict[str, list[Words]]()
        for words in wanted:
            for first in () if words.prefix else dict.fromkeys(run[0] for run in sequences(words)):
                self._begun.setdefault(first, []).append(words)
        prefixes = [words for words in wanted if words.prefix]
        self._starts = tuple(words.forms[0] for words in prefixes)
        self._key_starts = tuple(key for words in prefixes for (key,) in words.keys)

    def runs(self, text: Terms) -> list[Span]:
        """Return the places of the first and the last word of what a text has of it."""
        begun = self._begun
        found = [
            (place, place + len(words.terms) - 1)
            for column in (text.terms, text.keys)
            if not begun.keys().isdisjoint(column)
            for place, first in enumerate(column)
            if first in begun
            for words in begun[first]
            if meets(words, text, place)
        ]
        for starts, column in ((self._starts, text.forms), (self._key_starts, text.keys)):
            if starts:
                found += [(place, place) for place, word in enumerate(column) if word.startswith(starts)]
        return found


def _joined(spans: Iterable[Span]) -> Iterator[Span]:
    """Yield spans in order, those that overlap as one."""
    start = end = -1
    for first, behind in sorted(spans):
        if first < end:
            end = max(end, behind)
            continue
        if end > 0:
            yield start, end
        start, end = first, behind
    if end > 0:
        yield start, end


def _places(text: str) -> Sequence[int]:
    """Return, for each offset in the text's NFC, the offset in the text as given."""
    if unicodedata.is_normalized("NFC", text):
        return range(len(text) + 1)
    places: list[int] = []
    start = 0
    while start < len(text):
        end = start + 1
        while end < len(text) and _joins(text[end]):
            end += 1
        places += [start] * len(normalise(text[start:end]))
        start = end
    return [*places, len(text)]


def _joins(character: str) -> bool:
    """Return whether a character may be composed with those before it: marks, and the later letters of Hangul."""
    return unicodedata.category(character)[0] == "M" or "\u1160" <= character <= "\u11ff"
