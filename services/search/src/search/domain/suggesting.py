"""What somebody who is still typing may mean: how the last word may go on, and titles that have the words."""

from collections import Counter
from collections.abc import Iterable

from shared.query import Unfinished, normalise, read_unfinished, tokens

SHORTEST = 2
"""Letters from which a word is completed."""

READ = 50
"""Newest titles that completions are taken from."""

MOST_COMPLETIONS = 8
MOST_TITLES = 5


def typed(text: str) -> Unfinished | None:
    """Read what was typed so far; None where no word is being typed that titles could complete."""
    return read_unfinished(text, SHORTEST)


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
