"""Which questions are costly: they wait for each other, so that the others need not wait for them.

What a query may hold at most is bounded where it is read: characters in api/parameters.py, words and prefixes in
shared/query/grammar.py.
"""

from search.domain.results import Ask, Shown
from shared.query import Query, Words

MOST_QUICK_TERMS = 8
"""Words that a question may have and still be quick: nearly all that people type have fewer."""

MOST_QUICK_ARTICLES = 50
"""Articles on a page of a quick question, and of those that suggestions are taken from. Each is read by itself, in Python."""

MOST_QUICK_DEPTH = 1000
"""How deep a page may lie and still be quick."""

SHORTEST_QUICK_PREFIX = 4
"""Letters from which a prefix in texts has few words to find; in titles any prefix is quick."""


def is_costly(ask: Ask) -> bool:
    """Return whether a question may take many times as long as a plain one."""
    wanted = _words(ask.query)
    prefixes = [words for words in wanted if words.prefix]
    return (
        bool(ask.facets)
        or ask.collapse
        or isinstance(ask.behind, Shown)
        or ask.limit > MOST_QUICK_ARTICLES
        or ask.start + ask.limit > MOST_QUICK_DEPTH
        or sum(len(words.terms) for words in wanted) > MOST_QUICK_TERMS
        or len(prefixes) > 1
        or any(len(words.forms[0]) < SHORTEST_QUICK_PREFIX and not words.in_title for words in prefixes)
    )


def _words(query: Query) -> tuple[Words, ...]:
    return (*(words for group in query.groups for words in group.any_of), *query.excluded)
