"""Guesses the language of a text by its groups of three letters, from a table of counts made of SIB-200 (trigrams.tsv).

A text is scored as a naive Bayes classifier does: each trigram adds, for each language of the script, how much rarer it
is there than where it is commonest. Uzbek has a column in each script, Kazakh too, though its Latin one was made of
Cyrillic texts written in three of the proposed alphabets. tests/experiments/language_table.py makes the table anew.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

Script = Literal["cyrillic", "latin"]
AnyScript = Literal["cyrillic", "latin", "other"]

STEPS_PER_NAT = 4
"""Scores are whole numbers: quarters of a natural logarithm."""

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
"""One character of the table is one score, 35 quarters at most."""

_WORDS: dict[Script, re.Pattern[str]] = {
    "cyrillic": re.compile(r"[\u0400-\u052f]+"),
    "latin": re.compile(r"[a-z\u00df-\u024f\u1e00-\u1eff][a-z\u00df-\u024f\u1e00-\u1eff']*"),
}
_APOSTROPHES = re.compile("[’ʻ‘ʼ`´]")
_NOT_OURS: dict[Script, re.Pattern[str]] = {
    "cyrillic": re.compile("[јљњћђџѓќѕӏ]"),  # Serbian, Macedonian, languages of the Caucasus
    "latin": re.compile("[ßàâæèêëìîïòôøùûãõåąęłżźśćřůőűđĺľțșăßěť]"),
}
"""Letters that no language of the table writes."""

_LETTER = re.compile(r"[^\W\d_]")
_FOREIGN_SHARE = 0.01
_ENOUGH_TRIGRAMS = 12
_CLEAR_NATS = 0.35
_CLEAR_TRIGRAMS = 30
_ENGLISH_NATS = 0.5
_ENGLISH_NATS_OF_LONG = 0.9
_LONG_TRIGRAMS = 80


@dataclass(frozen=True, slots=True)
class Guess:
    """What the letters of a text say.

    Attributes:
        script: the script of most letters.
        code: ISO 639-1 of the likeliest language; None when it seems to be none that we know.
        clear: True when that beats what a publisher declares.
    """

    script: AnyScript
    code: str | None
    clear: bool


@dataclass(frozen=True, slots=True)
class Table:
    """The languages of a script, and for each trigram a score of each of them: the lower, the commoner there."""

    languages: tuple[str, ...]
    scores: Mapping[str, bytes]


def words_of(text: str, script: Script) -> str:
    """Return a text's words in a script: lower case, one space around each, apostrophes all alike."""
    plain = _APOSTROPHES.sub("'", text.lower().replace("\u0307", ""))
    return f" {' '.join(_WORDS[script].findall(plain))} "


def trigrams_of(words: str) -> Iterator[str]:
    """Return every group of three characters of what `words_of` gave."""
    return map("".join, zip(words, words[1:], words[2:], strict=False))


def guess(sample: str, tables: Mapping[Script, Table] | None = None) -> Guess | None:
    """Return what a piece of text seems to be in; None where it has too few letters to tell.

    Args:
        sample: a few hundred characters; time grows with them, 0.1 ms for 300.
        tables: other ones than those that are shipped.
    """
    cyrillic, latin = words_of(sample, "cyrillic"), words_of(sample, "latin")
    script: Script = "cyrillic" if len(cyrillic) >= len(latin) else "latin"
    words = cyrillic if script == "cyrillic" else latin
    trigrams = len(words) - 2
    letters = len(_LETTER.findall(sample))
    if letters >= _ENOUGH_TRIGRAMS and trigrams < letters / 2:
        return Guess("other", None, clear=False)
    if trigrams < _ENOUGH_TRIGRAMS:
        return None
    table = (tables or _shipped())[script]
    rows = [row for row in map(table.scores.get, trigrams_of(words)) if row is not None]
    if not rows:
        return Guess(script, None, clear=False)
    ranked = sorted(zip(map(sum, zip(*rows, strict=True)), table.languages, strict=True))
    (best, code), (second, _) = ranked[:2]
    nats = (second - best) / STEPS_PER_NAT / trigrams
    if len(_NOT_OURS[script].findall(words)) > _FOREIGN_SHARE * trigrams or not _plausible(
        code, nats, trigrams
    ):
        return Guess(script, None, clear=False)
    return Guess(script, code, clear=nats >= _CLEAR_NATS and trigrams >= _CLEAR_TRIGRAMS)


def _plausible(code: str, nats: float, trigrams: int) -> bool:
    """Languages of western Europe resemble English most among those of the table, but by far less than English does."""
    return code != "en" or nats >= (_ENGLISH_NATS_OF_LONG if trigrams >= _LONG_TRIGRAMS else _ENGLISH_NATS)


@cache
def _shipped() -> Mapping[Script, Table]:
    """Read the table when the first text asks; some 10 ms, 2 MB."""
    return read_tables(files("ingest.domain.text").joinpath("trigrams.tsv").read_text(encoding="utf-8"))


def read_tables(text: str) -> dict[Script, Table]:
    """Return the tables in a document such as trigrams.tsv: for each script a line of languages, then trigrams."""
    tables: dict[Script, Table] = {}
    for block in text.split("#script ")[1:]:
        head, *rows = block.splitlines()
        name, *languages = head.split()
        script: Script = "cyrillic" if name == "cyrillic" else "latin"
        pairs = (row.split("\t") for row in rows)
        tables[script] = Table(tuple(languages), {key: bytes(map(DIGITS.index, row)) for key, row in pairs})
    return tables
