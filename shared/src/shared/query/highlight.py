"""Which places of a text a query marks: whole words of the original, however they were folded, stemmed or transliterated."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from shared.query.analyse import Terms, of_pieces, places_of, words_of
from shared.query.fold import normalise
from shared.query.grammar import Query, Words
from shared.query.match import meets, sequences

Span = tuple[int, int]
"""Offsets of the first character and of the one behind the last, in characters of the text as given."""


def highlight(query: Query, text: str, language: str | None, *, title: bool = False) -> list[Span]:
    """Return the spans of a text that a query marks, in order, none touching another's characters.

    A word or a prefix marks whole words, a phrase one span from its first word to its last. What a query excludes marks
    nothing; what it wants in the title marks titles only.

    Args:
        query: as it was read.
        text: as it is shown; it need not be in NFC, the offsets are those of the text as given.
        language: the article's.
        title: True when the text is the article's title.
    """
    wanted = [words for group in query.groups for words in group.any_of if title or not words.in_title]
    if not wanted:
        return []
    composed = normalise(text)
    found = words_of(composed)
    terms = of_pieces(found, language)
    runs = [
        (place, place + len(words.terms) - 1)
        for words in wanted
        for place in _likely(words, terms)
        if meets(words, terms, place)
    ]
    if not runs:
        return []
    where = places_of(composed, found[: max(last for _, last in runs) + 1])
    spans = [(where[first][0], where[last][1]) for first, last in runs]
    places = _places(text)
    return [(places[start], places[end]) for start, end in _joined(spans)]


def _likely(words: Words, text: Terms) -> Iterable[int]:
    """Return the places where what is looked for may begin; to look closely at every word takes several times as long."""
    places = range(len(text.terms) - len(words.terms) + 1)
    if words.prefix:
        return places
    firsts = {run[0] for run in sequences(words)}
    begun = set[int]()
    for column in (text.terms, text.keys):
        if not firsts.isdisjoint(column):
            begun.update(place for place, term in enumerate(column) if term in firsts)
    return begun.intersection(places)


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
