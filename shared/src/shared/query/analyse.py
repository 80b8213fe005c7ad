"""Cuts text into tokens and stems them; the same for articles and for queries, so that both speak of the same terms.

A token is a run of letters and digits, apostrophes inside it included. Its form is the folded word; its term is the
form's stem: English for words in Latin letters, Russian for words in Cyrillic. The script decides, not the article's
language, because a query does not say which language it is in; other languages of the two scripts get the same stemmer
on both sides and so still find what they look for.
"""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import Stemmer

from shared.query.fold import APOSTROPHE, IGNORED, fold

LONGEST_TERM = 64
"""Characters of a word that count; what follows them is cut, in the index and in the query."""

_WORD = re.compile(rf"[^\W_](?:[^\W_]|{IGNORED}|{APOSTROPHE}(?={IGNORED}*[^\W_]))*")
_CYRILLIC = re.compile("[\u0400-\u04ff]")


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a text.

    Attributes:
        start: offset of its first character in the text.
        end: offset behind its last character.
        form: the word, folded; what a prefix is compared with.
        term: its stem; what a word and a phrase are compared with.
    """

    start: int
    end: int
    form: str
    term: str


def tokens(text: str) -> Iterator[Token]:
    """Yield the words of a text in NFC, in order."""
    for found in _WORD.finditer(fold(text)):
        form, term = _form_and_term(found.group())
        yield Token(found.start(), found.end(), form, term)


def forms_and_terms(text: str) -> tuple[list[str], list[str]]:
    """Return the forms and the terms of a text's words, in order: `tokens` without offsets, for whole articles."""
    pairs = [_form_and_term(word) for word in _WORD.findall(fold(text))]
    return [form for form, _ in pairs], [term for _, term in pairs]


@lru_cache(maxsize=1 << 16)
def _form_and_term(word: str) -> tuple[str, str]:
    bare = word.replace(IGNORED, "")
    form = bare.replace(APOSTROPHE, "")
    term = _stem(bare).replace(APOSTROPHE, "") or form
    return form[:LONGEST_TERM], term[:LONGEST_TERM]


class _Stemmers(threading.local):
    """A stemmer of each kind for each thread: PyStemmer's objects must not be shared between threads."""

    def __init__(self) -> None:
        self.english = Stemmer.Stemmer("english")
        self.russian = Stemmer.Stemmer("russian")


_stemmers = _Stemmers()


def _stem(word: str) -> str:
    if word.isascii():
        return str(_stemmers.english.stemWord(word))
    if _CYRILLIC.search(word):
        return str(_stemmers.russian.stemWord(word))
    return word
