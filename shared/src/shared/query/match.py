"""Does this article answer this query? The truth that every index is held to, and what filters the live stream."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from shared.query.analyse import Terms, terms_of
from shared.query.dates import clamp
from shared.query.fold import normalise
from shared.query.grammar import Filter, FilterField, Filters, Query, Words, filter_key


@dataclass(frozen=True, slots=True)
class Subject:
    """What a query can ask about: the parts of an article, from an event or from a store. `published_at` is aware."""

    title: str
    text: str
    source_id: str
    source_name: str
    outlet: str
    country: str | None
    language: str | None
    topics: Sequence[str]
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Analysed:
    """An article made ready for any number of queries, and for indexing.

    Attributes:
        title: what the title is found by.
        text: what the text is found by.
        keys: filter -> the folded values that the article has.
        title_words: the different terms and keys of the title.
        words: the different terms and keys of title and text.
        title_starts: the forms and keys of the title, each after the mark of its kind, for prefixes.
        starts: those of title and text.
        published_at: UTC, within the bounds that can be ordered by.
    """

    title: Terms
    text: Terms
    keys: Mapping[FilterField, frozenset[str]]
    title_words: frozenset[str]
    words: frozenset[str]
    title_starts: str
    starts: str
    published_at: datetime


_FORM, _KEY = "\n", "\t"
"""Marks that no form and no key contains."""


def analyse(subject: Subject) -> Analysed:
    """Make an article ready to be asked about."""
    return analysed(subject, *parts_of(subject))


def analysed(subject: Subject, title: Terms, text: Terms) -> Analysed:
    """Make an article ready to be asked about, whose texts are analysed already."""
    title_words = frozenset(title.terms).union(title.keys)
    return Analysed(
        title=title,
        text=text,
        keys=keys_of(subject),
        title_words=title_words,
        words=title_words.union(text.terms, text.keys),
        title_starts=(title_starts := _starts(title)),
        starts=title_starts + _starts(text),
        published_at=clamp(subject.published_at),
    )


def _starts(terms: Terms) -> str:
    forms = _FORM.join(["", *set(terms.forms)])
    return forms + _KEY.join(["", *set(terms.keys)]) if terms.keys else forms


def parts_of(subject: Subject) -> tuple[Terms, Terms]:
    """Return what the title and the text are found by; all that an index needs of their words."""
    return (
        terms_of(normalise(subject.title), subject.language),
        terms_of(normalise(subject.text), subject.language),
    )


def keys_of(subject: Subject) -> dict[FilterField, frozenset[str]]:
    """Return what the filters compare: filter -> the folded values that the article has. Cheap: no text is read."""
    return {
        "source": _keys("source", [subject.source_id, subject.source_name]),
        "outlet": _keys("outlet", [subject.outlet]),
        "country": _keys("country", [subject.country]),
        "language": _keys("language", [subject.language]),
        "topic": _keys("topic", subject.topics),
    }


def _keys(name: FilterField, values: Sequence[str | None]) -> frozenset[str]:
    keys = (filter_key(name, value) for value in values if value)
    return frozenset(key for key in keys if key)


def matches(query: Query, article: Analysed) -> bool:
    """Return whether the article answers the query."""
    return (
        passes(query.filters, article)
        and all(any(_has(article, words) for words in group.any_of) for group in query.groups)
        and not any(_has(article, words) for words in query.excluded)
    )


def passes(filters: Filters, article: Analysed) -> bool:
    """Return whether the article passes the filters, whatever its words."""
    day = article.published_at.date()
    if filters.after is not None and day < filters.after:
        return False
    if filters.before is not None and day > filters.before:
        return False
    return all(_passes_one(item, article) for item in filters.fields)


def _passes_one(item: Filter, article: Analysed) -> bool:
    has_one = not article.keys[item.field].isdisjoint(item.values)
    return has_one != item.negated


def _has(article: Analysed, words: Words) -> bool:
    if words.prefix:
        starts = article.title_starts if words.in_title else article.starts
        return f"{_FORM}{words.forms[0]}" in starts or any(f"{_KEY}{key}" in starts for (key,) in words.keys)
    there = article.title_words if words.in_title else article.words
    if not any(there.issuperset(run) for run in sequences(words)):
        return False
    if len(words.terms) == 1:
        return True
    return _in(article.title, words) or (not words.in_title and _in(article.text, words))


def _in(text: Terms, words: Words) -> bool:
    return any(_follow(text.terms, run) for run in dict.fromkeys((words.terms, words.forms))) or any(
        _follow(text.keys, run) for run in words.keys
    )


def _follow(terms: list[str], run: tuple[str, ...]) -> bool:
    """Return whether terms hold a run, one after the other."""
    place = -1
    with suppress(ValueError):
        while True:
            place = terms.index(run[0], place + 1)
            if tuple(terms[place : place + len(run)]) == run:
                return True
    return False


def meets(words: Words, text: Terms, place: int) -> bool:
    """Return whether what is looked for stands at this place of a text, counted in words."""
    if words.prefix:
        return text.forms[place].startswith(words.forms[0]) or bool(
            text.keys and text.keys[place].startswith(tuple(key for (key,) in words.keys))
        )
    here = slice(place, place + len(words.terms))
    terms = tuple(text.terms[here])
    return terms in (words.terms, words.forms) or tuple(text.keys[here]) in words.keys


def sequences(words: Words) -> tuple[tuple[str, ...], ...]:
    """Return every sequence of terms or keys that will do, each once; not of a prefix."""
    return tuple(dict.fromkeys((words.terms, words.forms, *words.keys)))
