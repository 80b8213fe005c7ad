"""Reads a query as a reader typed it; whatever it holds, some query comes out, and `read_as` tells which.

    words            all must be there (with match=any: at least one)
    "a phrase"       these words, one after the other
    a OR b           one of the two; OR binds tighter than the space between words
    -not             must not be there; also before a phrase, a title: or a filter
    title:word       in the title; also title:"a phrase" and title:prefix*
    prefix*          any word that begins so (two letters at least)
    source: lang: topic: outlet: country:   filters; given twice, either value will do
    after: before:   dates as YYYY, YYYY-MM or YYYY-MM-DD, inclusive, UTC

What cannot be read as one of these is read as plain words. Of very long queries the first 64 words count, and of
these at most 4 prefixes; the rest is left out.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Literal

from shared.query.analyse import Token, tokens
from shared.query.dates import parse_date
from shared.query.fold import fold_key, normalise
from shared.query.transliterate import TRANSLITERATED, keys_of

FilterField = Literal["source", "outlet", "country", "language", "topic"]
Match = Literal["all", "any"]

_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»〝〞＂", '"'))
_PIECE = re.compile(
    r'(?P<minus>(?:(?<!\S)-)?)(?:(?P<name>[^\W\d_]+):)?(?:"(?P<quoted>[^"]*)(?:"|$)|(?P<bare>[^\s"]+))'
)
_OPERATORS = {"OR", "AND"}
# Half of the time of reading a query, and readers ask for the same words as each other.
_keys_of = lru_cache(maxsize=1 << 12)(keys_of)
_SHORTEST_PREFIX = 2
_MOST_TERMS = 64
_MOST_PREFIXES = 4

_FILTERS: dict[str, FilterField] = {
    "source": "source",
    "outlet": "outlet",
    "country": "country",
    "lang": "language",
    "language": "language",
    "topic": "topic",
}
_SHOWN: dict[FilterField, str] = {"language": "lang"}


@dataclass(frozen=True, slots=True)
class Words:
    """One thing to look for: a word, a phrase or a prefix, anywhere or in the title only.

    An article has it when its terms or forms (see analyse.Terms) hold one of the sequences `terms` and `forms`, or its
    keys one of `keys`. For a prefix all sequences are of one, and words must begin with it.

    Attributes:
        terms: stems, one for each word.
        forms: the folded words.
        written: the words as they were spelled; what has them so ranks above what only folds alike.
        keys: the words' keys in the other script, each way they may be meant.
        shown: how it is told back.
        times: how often it was asked for among alternatives; it ranks so many times as much.
        in_title: True when only the title counts.
        prefix: True when any word that begins so will do.
    """

    terms: tuple[str, ...]
    forms: tuple[str, ...]
    written: tuple[str, ...]
    keys: tuple[tuple[str, ...], ...]
    shown: str
    in_title: bool = False
    prefix: bool = False
    times: int = 1


@dataclass(frozen=True, slots=True)
class Group:
    """Alternatives, of which at least one must be found."""

    any_of: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class Filter:
    """A field that must have one of some values (or, negated, none of them); values are folded keys."""

    field: FilterField
    values: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows the results without words. Dates are days in UTC, both inclusive."""

    fields: tuple[Filter, ...] = ()
    after: date | None = None
    before: date | None = None

    def joined(self, other: "Filters") -> "Filters":
        """Return the filters that hold where both hold."""
        return Filters(
            fields=self.fields + other.fields,
            after=max((d for d in (self.after, other.after) if d), default=None),
            before=min((d for d in (self.before, other.before) if d), default=None),
        )


@dataclass(frozen=True, slots=True)
class Query:
    """A query as it was read: every group must be found, nothing excluded may be, and the filters must hold."""

    groups: tuple[Group, ...] = ()
    excluded: tuple[Words, ...] = ()
    filters: Filters = field(default_factory=Filters)
    read_as: str = ""

    @property
    def finds_all(self) -> bool:
        """True when every article answers it."""
        return not self.groups and not self.excluded and self.filters == Filters()

    @property
    def has_words(self) -> bool:
        """True when there is something to rank by."""
        return bool(self.groups)

    def narrowed(self, filters: Filters) -> "Query":
        """Return this query under further filters; `read_as` stays, since they were not typed."""
        return replace(self, filters=self.filters.joined(filters))


def one_of(name: FilterField, values: Iterable[str]) -> Filter:
    """Return the filter that asks for one of some values, as people write them."""
    return Filter(name, tuple(dict.fromkeys(filter_key(name, value) for value in values)))


@lru_cache(maxsize=1 << 12)
def filter_key(name: FilterField, value: str) -> str:
    """Return a filter's value in the form in which it is compared: folded, a language without its region."""
    key = fold_key(value)
    return re.split(r"[-_]", key, maxsplit=1)[0] if name == "language" else key


def pieces(text: str) -> Iterator[re.Match[str]]:
    """Yield what a query is made of, in order: words, phrases, operators, filters. Groups: minus, name, quoted, bare."""
    return _PIECE.finditer(normalise(text).translate(_QUOTES))


def is_filter(name: str) -> bool:
    """Return whether what a name and a colon stand before narrows by something else than words."""
    return name.lower() in {*_FILTERS, "after", "before"}


def read_query(text: str, match: Match = "all") -> Query:
    """Read a query; this never fails.

    Args:
        text: as typed.
        match: whether all words must be found, or any of them.
    """
    reading = _Reading()
    for piece in pieces(text):
        reading.take(piece)
    groups = tuple(Group(tuple(dict.fromkeys(words))) for words in reading.groups)
    if match == "any" and len(groups) > 1:
        asked = Counter(words for group in groups for words in group.any_of)
        groups = (Group(tuple(replace(words, times=times) for words, times in asked.items())),)
    query = Query(groups, tuple(dict.fromkeys(reading.excluded)), reading.filters())
    return replace(query, read_as=_told(query))


class _Reading:
    """What has been read so far."""

    def __init__(self) -> None:
        self.groups: list[list[Words]] = []
        self.excluded: list[Words] = []
        self._wanted: dict[FilterField, list[str]] = {}
        self._unwanted: list[Filter] = []
        self._dates = Filters()
        self._or_pending = False
        self._terms_left = _MOST_TERMS
        self._prefixes_left = _MOST_PREFIXES

    def filters(self) -> Filters:
        """Return the filters read so far."""
        wanted = tuple(one_of(name, values) for name, values in self._wanted.items())
        return replace(self._dates, fields=wanted + tuple(dict.fromkeys(self._unwanted)))

    def take(self, piece: re.Match[str]) -> None:
        """Read one piece: a word, a phrase, an operator, a filter."""
        if piece.group() in _OPERATORS:
            self._or_pending = piece.group() == "OR" and bool(self.groups)
            return
        negated = piece["minus"] == "-"
        name = (piece["name"] or "").lower()
        quoted = piece["quoted"] is not None
        value = piece["quoted"] if quoted else piece["bare"]
        if self._take_filter(name, value, negated):
            self._or_pending = False
        elif not self._terms_left:
            return
        elif name in {"", "title"}:
            self._add(_words(value, quoted=quoted, in_title=name == "title"), negated)
        else:
            self._add(_words(f"{piece['name']} {value}", quoted=True), negated)

    def _take_filter(self, name: str, value: str, negated: bool) -> bool:
        if name in {"after", "before"}:
            day = None if negated else parse_date(value, last=name == "before")
            if day is not None:
                self._dates = self._dates.joined(
                    Filters(after=day) if name == "after" else Filters(before=day)
                )
            return day is not None
        if name not in _FILTERS or not filter_key(_FILTERS[name], value):
            return False
        if negated:
            self._unwanted.append(replace(one_of(_FILTERS[name], [value]), negated=True))
        else:
            self._wanted.setdefault(_FILTERS[name], []).append(value)
        return True

    def _add(self, found: Sequence[Words], negated: bool) -> None:
        for words in found:
            kept = self._within_bounds(words)
            if kept is None:
                pass
            elif negated:
                self.excluded.append(kept)
            elif self._or_pending:
                self.groups[-1].append(kept)
            else:
                self.groups.append([kept])
            self._or_pending = False

    def _within_bounds(self, words: Words) -> Words | None:
        """Return what of the words still counts: all, the beginning of a phrase, or nothing."""
        if not self._terms_left or (words.prefix and not self._prefixes_left):
            return None
        kept = words if len(words.terms) <= self._terms_left else _beginning(words, self._terms_left)
        self._terms_left -= len(kept.terms)
        self._prefixes_left -= words.prefix
        return kept


def _words(text: str, *, quoted: bool, in_title: bool = False) -> list[Words]:
    """Return what a piece of text asks for: nothing, a word, a phrase, or words and a prefix."""
    found = list(tokens(text))
    if not found:
        return []
    last = found[-1]
    form = last.word.form
    is_prefix = not quoted and text[last.end :].startswith("*") and len(form) >= _SHORTEST_PREFIX
    if not is_prefix:
        return [_phrase(text, found, in_title)]
    before = [_phrase(text, found[:-1], in_title)] if len(found) > 1 else []
    shown = f"{text[last.start : last.end]}*"
    keys = tuple((key,) for key in _keys_of(last.word.spelled))
    shown = _in_title(shown, in_title)
    return [*before, Words((form,), (form,), (last.word.written,), keys, shown, in_title, prefix=True)]


def _phrase(text: str, found: Sequence[Token], in_title: bool) -> Words:
    shown = " ".join(text[token.start : token.end] for token in found)
    if len(found) > 1 or shown in _OPERATORS:
        shown = f'"{shown}"'
    words = [token.word for token in found]
    return Words(
        terms=tuple(word.stem for word in words),
        forms=tuple(word.form for word in words),
        written=tuple(word.written for word in words),
        keys=_keys([_keys_of(word.spelled) for word in words]),
        shown=_in_title(shown, in_title),
        in_title=in_title,
    )


def _keys(keys: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """Return the sequences of keys that count: all of one word's, of a phrase's only the likeliest of each language."""
    if len(keys) == 1:
        return tuple((key,) for key in keys[0])
    return tuple(zip(*(found[: len(TRANSLITERATED)] for found in keys), strict=True))


def _beginning(phrase: Words, count: int) -> Words:
    shown = phrase.shown.removeprefix("title:").strip('"')
    found = list(tokens(shown))[:count]
    return _phrase(shown, found, phrase.in_title)


def _in_title(shown: str, in_title: bool) -> str:
    return f"title:{shown}" if in_title else shown


def _told(query: Query) -> str:
    parts = [" OR ".join(words.shown for words in group.any_of) for group in query.groups]
    parts += [f"-{words.shown}" for words in query.excluded]
    for item in query.filters.fields:
        sign = "-" if item.negated else ""
        name = _SHOWN.get(item.field, item.field)
        parts += [f"{sign}{name}:{_quoted_if_needed(value)}" for value in item.values]
    if query.filters.after:
        parts.append(f"after:{query.filters.after.isoformat()}")
    if query.filters.before:
        parts.append(f"before:{query.filters.before.isoformat()}")
    return " ".join(parts)


def _quoted_if_needed(value: str) -> str:
    return f'"{value}"' if " " in value else value
