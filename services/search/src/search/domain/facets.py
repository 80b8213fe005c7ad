"""How many of the articles found have which source, outlet, country, language, topic or day: exact counts.

A value is counted as filters compare it, so that narrowing by a value finds exactly as many articles as its count says.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from search.domain.article import Article, day_of, subject_of
from shared.query import Analysed, analyse
from shared.query.dates import EARLIEST
from shared.query.grammar import filter_key

FacetName = Literal["source", "outlet", "country", "language", "topic", "day"]

FACETS: tuple[FacetName, ...] = ("source", "outlet", "country", "language", "topic", "day")

MOST_VALUES = 100
"""Values told of one facet: those of most articles, of days the newest."""

_BETWEEN = "\t"
"""Parts a key from a name; a folded key holds no such character."""


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a facet.

    Attributes:
        value: what to give to the filter of the same name; a day as YYYY-MM-DD, for `after` and `before`.
        name: as people read it: a source's name, a topic as articles spell it, else the value.
        count: how many of the articles found have it.
    """

    value: str
    name: str
    count: int


Facets = Mapping[FacetName, tuple[FacetValue, ...]]


def source_label(source_id: str, name: str) -> str:
    """Return a source's key and name as the one string that is counted."""
    return f"{filter_key('source', source_id)}{_BETWEEN}{name}"


def spellings(topics: Iterable[str]) -> dict[str, str]:
    """Return an article's topics by their keys, each once, as it was spelled first."""
    spelled: dict[str, str] = {}
    for topic in topics:
        spelled.setdefault(filter_key("topic", topic), topic)
    return {key: topic for key, topic in spelled.items() if key}


def topic_labels(topics: Iterable[str]) -> list[str]:
    """Return an article's topics as the strings that are counted: each one's key and spelling."""
    return [f"{key}{_BETWEEN}{topic}" for key, topic in spellings(topics).items()]


def day_number(article: Article) -> int:
    """Return the day of an article's publication in UTC, as days since 1970: the one that filters by day go by."""
    return (day_of(article.key) - EARLIEST.date()).days


def told(name: FacetName, counts: Iterable[tuple[str | int, int]]) -> tuple[FacetValue, ...]:
    """Return the values to tell of a facet.

    Args:
        name: the facet.
        counts: what was counted and how often: sources as `source_label`, topics as `topic_labels`, days as
            `day_number`, others as keys.
    """
    if name == "day":
        days = sorted(((int(day), count) for day, count in counts), reverse=True)
        return tuple(FacetValue(text := _day(day), text, count) for day, count in days[:MOST_VALUES])
    values = (
        _labelled(name, counts)
        if name in {"source", "topic"}
        else [FacetValue(_shown(name, str(key)), _shown(name, str(key)), count) for key, count in counts]
    )
    return tuple(sorted(values, key=lambda value: (-value.count, value.value))[:MOST_VALUES])


def counted(names: Iterable[FacetName], articles: Iterable[Article]) -> Facets:
    """Count articles that are at hand one by one."""
    counters: dict[FacetName, Counter[str | int]] = {name: Counter() for name in names}
    for article in articles:
        analysed = analyse(subject_of(article))
        for name, counter in counters.items():
            counter.update(keys_counted(name, article, analysed))
    return {name: told(name, counter.items()) for name, counter in counters.items()}


def keys_counted(name: FacetName, article: Article, analysed: Analysed) -> Iterable[str | int]:
    """Return what of an article is counted for a facet: see `told`."""
    if name == "day":
        return [day_number(article)]
    if name == "source":
        return [source_label(article.source.id, article.source.name)]
    if name == "topic":
        return topic_labels(article.topics)
    return analysed.keys[name]


def _labelled(facet: FacetName, counts: Iterable[tuple[str | int, int]]) -> list[FacetValue]:
    """Join the counts of each key, under the name that most articles have: sources are renamed, topics spelled variously."""
    totals: Counter[str] = Counter()
    names: dict[str, tuple[int, str]] = {}
    named: Counter[str] = Counter()
    for label, count in counts:
        key, _, name = str(label).partition(_BETWEEN)
        totals[key] += count
        names[key] = max(names.get(key, (0, "")), (count, name))
        if facet == "source" and (alias := filter_key("source", name)) != key:
            named[alias] += count
    # A source is found by its name as well: where another has it for an id, narrowing by that finds both.
    return [FacetValue(key, names[key][1] or key, count + named[key]) for key, count in totals.items()]


def _shown(name: FacetName, key: str) -> str:
    return key.upper() if name == "country" else key


def _day(number: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=number)).isoformat()
