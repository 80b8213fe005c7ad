"""Which question finds articles like one: any of the words that tell most of what it is about."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice

from search.domain.article import Article
from shared.query import Query, normalise, read_query, tokens

MOST_TERMS = 12
"""Words asked for; more make the question slow and the answer no better."""

MOST_READ = 2000
"""Words of the text that are looked at, and `_READ_CHARACTERS` of it: what an article is about, it has said by then."""

_READ_CHARACTERS = 16 * MOST_READ
_TITLE_LETTERS = 4
_TEXT_LETTERS = 5
_TITLE_WEIGHT = 3
_TEXT_TIMES = 2


def question_like(article: Article) -> Query | None:
    """Return the query for articles like one, to be asked by relevance; None where it has no telling word.

    Telling are the longer words of the title, and those of the text that come again. How rare each is among all
    articles, the index weighs when it ranks.
    """
    weights: Counter[str] = Counter()
    for form in _forms(article.title):
        if len(form) >= _TITLE_LETTERS:
            weights[form] += _TITLE_WEIGHT
    read = islice(_forms(article.body[:_READ_CHARACTERS]), MOST_READ)
    body = Counter(form for form in read if len(form) >= _TEXT_LETTERS)
    weights.update({form: times for form, times in body.items() if times >= _TEXT_TIMES})
    if not weights:
        return None
    telling = sorted(weights, key=lambda form: (-weights[form], form))[:MOST_TERMS]
    return read_query(" ".join(telling), "any")


def _forms(text: str) -> Iterator[str]:
    return (token.word.form for token in tokens(normalise(text)))
