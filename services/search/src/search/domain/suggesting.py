"""What somebody who is still typing may mean: how the last word may go on, and titles that have the words."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from shared.query import Query, normalise, read_query, tokens

SHORTEST = 2
"""Letters from which a word is completed."""

READ = 50
"""Newest titles that completions are taken from."""

MOST_COMPLETIONS = 8
MOST_TITLES = 5


@dataclass(frozen=True, slots=True)
class Typed:
    """A query that is still being typed.

    Attributes:
        query: asks for titles with the last word or one that begins so, and all words before it.
        form: the last word, folded.
    """

    query: Query
    form: str


def typed(text: str) -> Typed | None:
    """Read what was typed so far; None where the last word is too short to be completed."""
    text = normalise(text)
    words = list(tokens(text))
    if not words or len(words[-1].word.form) < SHORTEST:
        return None
    last = words[-1]
    return Typed(read_query(f"{text[: last.start]} title:{text[last.start : last.end]}*"), last.word.form)


def completions(form: str, titles: Iterable[str]) -> tuple[str, ...]:
    """Return the words of some titles that begin with a form, as they are written there: the most frequent first."""
    spellings: dict[str, Counter[str]] = {}
    for title in titles:
        text = normalise(title)
        for token in tokens(text):
            if token.word.form.startswith(form) and token.word.form != form:
                spellings.setdefault(token.word.form, Counter())[text[token.start : token.end]] += 1
    ranked = sorted(spellings.items(), key=lambda pair: (-pair[1].total(), pair[0]))
    return tuple(spelling.most_common(1)[0][0] for _, spelling in ranked[:MOST_COMPLETIONS])
