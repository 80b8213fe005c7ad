"""Does this article answer this query? The truth that every index is held to, and what filters the live stream."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.query.analyse import forms_and_terms
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
        title_forms: folded words of the title, in order.
        title_terms: their stems, in order.
        text_forms: folded words of the text, in order.
        text_terms: their stems, in order.
        keys: filter -> the folded values that the article has.
        title_words: the different terms of the title.
        words: the different terms of title and text.
        published_at: UTC, within the bounds that can be ordered by.
    """

    title_forms: list[str]
    title_terms: list[str]
    text_forms: list[str]
    text_terms: list[str]
    keys: Mapping[FilterField, frozenset[str]]
    title_words: frozenset[str]
    words: frozenset[str]
    published_at: datetime


def analyse(subject: Subject) -> Analysed:
    """Make an article ready to be asked about."""
    title_forms, title_terms = forms_and_terms(normalise(subject.title))
    text_forms, text_terms = forms_and_terms(normalise(subject.text))
    title_words = frozenset(title_terms)
    return Analysed(
        title_forms=title_forms,
        title_terms=title_terms,
        text_forms=text_forms,
        text_terms=text_terms,
        keys=keys_of(subject),
        title_words=title_words,
        words=title_words.union(text_terms),
        published_at=clamp(subject.published_at),
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
        return _begins(article.title_forms, words.terms[0]) or (
            not words.in_title and _begins(article.text_forms, words.terms[0])
        )
    if not (article.title_words if words.in_title else article.words).issuperset(words.terms):
        return False
    if len(words.terms) == 1:
        return True
    return _follow(article.title_terms, words.terms) or (
        not words.in_title and _follow(article.text_terms, words.terms)
    )


def _begins(forms: Sequence[str], prefix: str) -> bool:
    return any(form.startswith(prefix) for form in forms)


def _follow(text: Sequence[str], wanted: Sequence[str]) -> bool:
    """Return whether the wanted terms stand one after the other somewhere in the text."""
    first, width = wanted[0], len(wanted)
    places = (place for place, term in enumerate(text) if term == first)
    return any(list(text[place : place + width]) == list(wanted) for place in places)
