"""What each word of a query is looked for in, and how much a find counts: what every tier of an index goes by.

Fields of texts, for the title and for the whole (the title and then the text, apart by a gap that no phrase crosses):

    title        text          terms, by which words and phrases are found
    title_forms  text_forms    the words as written, after their folded form: prefixes, and what ranks above a folded find
    title_keys   text_keys     keys of Kazakh and Uzbek words, by which they are found from the other script
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.query import Words

TITLE_BOOST = 0.5
"""A word in the title counts so many times more: the whole text, in which it counts already, includes the title."""

EXACT_BOOST = 0.5
"""A word spelled as it was asked for counts so many times more than one of which only the stem or the folding is the same.
"""


@dataclass(frozen=True, slots=True)
class Part:
    """One thing to find in one field.

    Attributes:
        field: where.
        run: terms, one after the other.
        times: what the score of a find is multiplied by.
        beginning: whether terms that begin so will do; the run is of one then, and a find scores one whatever it is.
    """

    field: str
    run: tuple[str, ...]
    times: float = 1.0
    beginning: bool = False


def finding(words: Words) -> list[Part]:
    """Return the parts any of which finds what is looked for."""
    name = "title" if words.in_title else "text"
    if words.prefix:
        starts = [(f"{name}_forms", words.forms[0]), *((f"{name}_keys", key) for (key,) in words.keys)]
        return [Part(field, (start,), beginning=True) for field, start in starts]
    runs = [(name, run) for run in dict.fromkeys((words.terms, words.forms))]
    runs += [(f"{name}_keys", run) for run in words.keys]
    return [Part(field, run, words.times) for field, run in runs]


def bonuses(words: Words) -> Sequence[Part]:
    """Return the parts that rank an article higher which has the words: in its title, and spelled alike."""
    if words.prefix:
        return ()
    forms = "title_forms" if words.in_title else "text_forms"
    parts = [Part(forms, (word,), EXACT_BOOST * words.times) for word in words.written]
    if not words.in_title:
        runs = dict.fromkeys((words.terms, words.forms))
        parts += [Part("title", run, TITLE_BOOST * words.times) for run in runs]
    return parts
