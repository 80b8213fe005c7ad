"""Cuts text into words and gives each its forms; the same for articles and for queries, so that both speak of the same.

A word is a run of letters and digits, apostrophes inside it included. An article is indexed by one term for each word:
its stem where the article's language is English or Russian (or not known), else the folded word as it stands. In a
stemmed article words in Latin letters get the English stem and words in Cyrillic the Russian one, since names of the other
script are frequent in both. A query does not say which language it is in: it looks for the stem and for the folded word.
"""

import re
import threading
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, chain
from typing import NamedTuple

import Stemmer

from shared.query.fold import APOSTROPHE, APOSTROPHES, IGNORED, exact, fold, ignored_characters, normalise
from shared.query.plain import plain
from shared.query.remembered import LONGEST_PIECE, Remembered, Room
from shared.query.transliterate import TRANSLITERATED, key_of, key_of_each

LONGEST_TERM = 64
"""Characters of a word that count; what follows them is cut, in the index and in the query."""

APART = "|"
"""Stands between a word's folded and its exact form where both are told; no word contains it."""

_CYRILLIC = re.compile("[\u0400-\u04ff]")
_PLAIN = re.compile("[0-9A-Za-zА-Яа-я]+")
"""Words of nothing but such characters are folded by being written small."""

_STEMMED = frozenset({"en", "ru"})

_PIECES = 1 << 20
"""Pieces of texts, and words to be stemmed for the index, that are remembered of all languages: 60 MiB for a quarter of it, 200 MiB where there
is so much to remember."""

_LIKE_A_VERB = ("ан", "ян")
"""Ends of stems that Snowball takes for a verb's where a word is nothing but the stem: Казахстан became `казахста`, but в
Казахстане `казахстан`, and half the news of a country was not found by its name. So all of a word's cases lose it."""

_RUSSIAN_VOWELS = frozenset("аеиоуыэюя")


class Word(NamedTuple):
    """What a word can be found by.

    Attributes:
        form: the word, folded; what a prefix is compared with.
        stem: its stem, by its letters.
        written: the folded word, followed, where it differs, by APART and the exact one: equal only where two words are
            spelled alike.
        spelled: the exact word, apostrophes included; what it is transliterated from.
    """

    form: str
    stem: str
    written: str
    spelled: str


class Token(NamedTuple):
    """A word where it stands in a text: offsets of its first character and of the one behind its last."""

    start: int
    end: int
    word: Word


@dataclass(frozen=True, slots=True)
class Terms:
    """The words of a text of an article, in order, in each of their forms.

    Attributes:
        terms: what words and phrases are compared with.
        forms: the folded words; what prefixes are compared with.
        written: the words as they are spelled.
        keys: the keys of Kazakh and Uzbek words in either script; empty in other languages.
    """

    terms: list[str]
    forms: list[str]
    written: list[str]
    keys: list[str]


def tokens(text: str) -> Iterator[Token]:
    """Yield the words of a text in NFC, in order."""
    for found in _pattern().finditer(text):
        yield Token(found.start(), found.end(), _word(found.group()))


def terms_of(text: str, language: str | None) -> Terms:
    """Return what the words of an article's text, which is in NFC, are found by; language as ISO 639-1."""
    # No word reaches over a space, and pieces that are known need no search for the words in them. Those of a plain text
    # are nothing but words, so that far fewer are to be known.
    told = plain(text)
    pieces = (text if told is None else told.exact).split()
    return _terms(map(_known(language).__getitem__, pieces), language)


@dataclass(frozen=True, slots=True)
class Streams:
    """The words of a text of an article as an index takes them: each kind in order, parted by one space or more.

    Attributes:
        terms: as `Terms.terms`.
        written: as `Terms.written`.
        keys: as `Terms.keys`.
    """

    terms: str
    written: str
    keys: str

    @classmethod
    def of(cls, terms: Terms) -> "Streams":
        """Return terms joined."""
        return cls(" ".join(terms.terms), " ".join(terms.written), " ".join(terms.keys))


def streams_of(text: str, language: str | None) -> Streams:
    """Return the same as `terms_of`, joined; of a plain text nothing is looked up but stems.

    Args:
        text: in any form; NFC is made of it.
        language: as ISO 639-1.
    """
    told = plain(text)
    if told is None:
        text = normalise(text)
        told = plain(text)
    words = [] if told is None else told.folded.split()
    if told is None or max(map(len, words), default=0) > LONGEST_TERM:
        return Streams.of(terms_of(text, language))
    keys = list[str]()
    if language in TRANSLITERATED:
        keys = key_of_each(told.coded, language)
        if len(keys) < len(words):
            return Streams.of(terms_of(text, language))
    forms = written = told.folded
    if apostrophes := APOSTROPHE in forms:
        forms = written = forms.replace(APOSTROPHE, "")
    if forms != told.exact:
        pairs = zip(forms.split() if apostrophes else words, told.exact.split(), strict=True)
        written = " ".join(
            [form if form == spelled else f"{form}{APART}{spelled}" for form, spelled in pairs]
        )
    return Streams(
        terms=" ".join(map(_STEMS.__getitem__, words)) if _is_stemmed(language) else forms,
        written=written,
        keys=f"{language}:" + f" {language}:".join(keys) if keys else "",
    )


class PlacedWords:
    """The words of an article's text, and where they stand in it; most texts are asked for a few of their places only.

    Args:
        text: in NFC.
        language: as ISO 639-1.
    """

    def __init__(self, text: str, language: str | None) -> None:
        self._pieces = text.split(" ")
        self._told = list(map(_known(language).__getitem__, self._pieces))
        self._ends: list[int] = []
        self._starts: list[int] = []
        self._spans: dict[int, _Spans] = {}
        self.terms = _terms(self._told, language)
        """What they are found by."""

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Return where a run of words stands: offsets of its first character and of the one behind its last.

        Args:
            first: number of its first word, from 0.
            last: number of its last word.
        """
        start, end = self._place(first)
        return start, end if last == first else self._place(last)[1]

    def _place(self, word: int) -> tuple[int, int]:
        if not self._ends:
            self._ends = list(accumulate(map(len, self._told)))
            self._starts = list(accumulate(map(len, self._pieces), initial=0))
        piece = bisect_right(self._ends, _STRINGS * word)
        before = (self._ends[piece] - len(self._told[piece])) // _STRINGS
        if piece not in self._spans:
            found = self._pieces[piece]
            # A text without spaces is all in one piece: of thousands of them it would take a gigabyte.
            self._spans[piece] = _known_spans(found) if len(found) <= LONGEST_PIECE else _spans(found)
        start, end = self._spans[piece][word - before]
        # One space stands before each piece but the first.
        offset = self._starts[piece] + piece
        return offset + start, offset + end


def _terms(told: Iterable["_Told"], language: str | None) -> Terms:
    strings = list(chain.from_iterable(told))
    forms, written = strings[1::_STRINGS], strings[2::_STRINGS]
    if language in TRANSLITERATED:
        return Terms(terms=forms, forms=forms, written=written, keys=strings[::_STRINGS])
    return Terms(terms=strings[::_STRINGS], forms=forms, written=written, keys=[])


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[str]:
    """Return what finds words in a text as it stands: mapping each word once is cheaper than mapping whole texts."""
    letter = rf"[^\W_{APOSTROPHES}]"
    ignored = rf"(?![\x00-\x7f])[{ignored_characters()}]"
    between = rf"(?:{ignored}|[{APOSTROPHES}](?=(?:{ignored})*{letter}))"
    return re.compile(rf"{letter}++(?:{between}{letter}*+)*+")


_Spans = tuple[tuple[int, int], ...]


def _spans(piece: str) -> _Spans:
    """Return where the words of a piece of a text stand in it."""
    return tuple(found.span() for found in _pattern().finditer(piece))


_known_spans = lru_cache(maxsize=1 << 14)(_spans)


@lru_cache(maxsize=1 << 14)
def _word(found: str) -> Word:
    folded, form, written, spelled = _spellings(found)
    return Word(form, _stem_of(folded, form), written, spelled)


def _spellings(found: str) -> tuple[str, str, str, str]:
    """Return a word folded, apostrophes included and not cut; its form; how it is written; how it is spelled."""
    if _PLAIN.fullmatch(found):
        folded = spelled = found if found.islower() else found.lower()
    else:
        spelled = exact(found).replace(IGNORED, "") or found
        folded = fold(spelled).replace(IGNORED, "") or found
    form = (folded.replace(APOSTROPHE, "") or found)[:LONGEST_TERM]
    spelled = spelled[:LONGEST_TERM]
    return folded, form, form if form == spelled else f"{form}{APART}{spelled}", spelled


def _stem_of(folded: str, form: str) -> str:
    stem = _stem(folded).replace(APOSTROPHE, "")[:LONGEST_TERM]
    # Not another string that says the same: a hundred thousand words are kept.
    return form if stem in {"", form} else stem


_room = Room(_PIECES)

_STRINGS = 3
_Told = tuple[str, ...]
"""What is kept of a piece, so many strings for each of its words: a stem or a key, the form, the word as it is written."""


def _stemmed(found: str) -> _Told:
    folded, form, written, _ = _spellings(found)
    return _stem_of(folded, form), form, written


def _as_it_stands(found: str) -> _Told:
    _, form, written, _ = _spellings(found)
    return form, form, written


def _with_key(language: str) -> Callable[[str], _Told]:
    def tell(found: str) -> _Told:
        _, form, written, spelled = _spellings(found)
        return key_of(spelled, language), form, written

    return tell


def _pieces(tell: Callable[[str], _Told]) -> Remembered[_Told]:
    """Return what is told of pieces of texts, each of which holds no word or several, by what is told of one word."""

    def make(piece: str) -> _Told:
        words = _pattern().findall(piece)
        if words == [piece]:
            return tell(piece)
        return tuple(chain.from_iterable(map(pieces.__getitem__, words)))

    pieces = _room.remembered(make)
    return pieces


_STEMMED_PIECES = _pieces(_stemmed)
_OTHER_PIECES = _pieces(_as_it_stands)
_KEYED_PIECES = {language: _pieces(_with_key(language)) for language in sorted(TRANSLITERATED)}


_STEMS = _room.remembered(lambda folded: _stem_of(folded, folded.replace(APOSTROPHE, "")))


def _is_stemmed(language: str | None) -> bool:
    return language is None or language in _STEMMED


def _known(language: str | None) -> Remembered[_Told]:
    """Return what is told of pieces of texts in a language."""
    if _is_stemmed(language):
        return _STEMMED_PIECES
    return _KEYED_PIECES.get(language or "", _OTHER_PIECES)


class _Stemmers(threading.local):
    """A stemmer of each kind for each thread: PyStemmer's objects must not be shared between threads."""

    def __init__(self) -> None:
        # Without their own memory, which takes twice as long as stemming a word anew: what is met again is remembered here.
        self.english = Stemmer.Stemmer("english", 0)
        self.russian = Stemmer.Stemmer("russian", 0)


_stemmers = _Stemmers()


def _stem(word: str) -> str:
    if word.isascii():
        return str(_stemmers.english.stemWord(word))
    if _CYRILLIC.search(word):
        stem = str(_stemmers.russian.stemWord(word))
        like_a_verb = stem.endswith(_LIKE_A_VERB) and not _RUSSIAN_VOWELS.isdisjoint(stem[:-2])
        return stem[:-1] if like_a_verb else stem
    return word
