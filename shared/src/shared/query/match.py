"""Does this article answer this query? The truth that every index is held to, and what filters the live stream."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.query.analyse import Streams, Terms, streams_of, terms_of
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
        title_runs: the terms and keys of the title as they follow each other, each between marks of its kind, for phrases.
        runs: those of title and text; nothing reaches over the end of a text.
        published_at: UTC, within the bounds that can be ordered by.
    """

    title: Terms
    text: Terms
    keys: Mapping[FilterField, frozenset[str]]
    title_words: frozenset[str]
    words: frozenset[str]
    title_starts: str
    starts: str
    title_runs: str
    runs: str
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
        title_runs=(title_runs := _runs(title)),
        runs=title_runs + _runs(text),
        published_at=clamp(subject.published_at),
    )


def _starts(terms: Terms) -> str:
    forms = _FORM.join(["", *set(terms.forms)])
    return forms + _KEY.join(["", *set(terms.keys)]) if terms.keys else forms


def _runs(terms: Terms) -> str:
    runs = _FORM.join(["", *terms.terms, ""])
    return runs + _KEY.join(["", *terms.keys, ""]) if terms.keys else runs


def parts_of(subject: Subject) -> tuple[Terms, Terms]:
    """Return what the title and the text are found by."""
    return (
        terms_of(normalise(subject.title), subject.language),
        terms_of(normalise(subject.text), subject.language),
    )


def indexed_parts_of(subject: Subject) -> tuple[Streams, Streams]:
    """Return the same as `parts_of` for an index, which is all that it needs of their words, and sooner made."""
    return (
        streams_of(subject.title, subject.language),
        streams_of(subject.text, subject.language),
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
        return has_beginning(article, words.forms[0], keys=False, in_title=words.in_title) or any(
            has_beginning(article, key, keys=True, in_title=words.in_title) for (key,) in words.keys
        )
    there = article.title_words if words.in_title else article.words
    if not any(there.issuperset(run) for run in sequences(words)):
        return False
    return len(words.terms) == 1 or any(
        has_run(article, run, keys=keys, in_title=words.in_title)
        for runs, keys in (((words.terms, words.forms), False), (words.keys, True))
        for run in runs
    )


def has_run(article: Analysed, run: tuple[str, ...], *, keys: bool, in_title: bool) -> bool:
    """Return whether terms, or keys, stand one after the other in a text of an article."""
    mark = _KEY if keys else _FORM
    # A search in one string: lists of words are a hundred times slower to look through where words are repeated.
    return mark.join(["", *run, ""]) in (article.title_runs if in_title else article.runs)


def has_beginning(article: Analysed, beginning: str, *, keys: bool, in_title: bool) -> bool:
    """Return whether some form, or some key, of an article begins so."""
    mark = _KEY if keys else _FORM
    return f"{mark}{beginning}" in (article.title_starts if in_title else article.starts)


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
