"""The query language, pure: search compiles a query to its index, the gateway evaluates it on the live stream.

    text  -> fold.py (one character in, one out) -> analyse.py (tokens with offsets, their stems)
    query -> grammar.py (read leniently, never refused) -> match.py (does this article answer it?)

The index and `match.matches` must agree on every article and every query; tests prove it with generated ones.
"""

from shared.query.analyse import Token, tokens
from shared.query.fold import fold, fold_key, normalise
from shared.query.grammar import Filter, Filters, Group, Query, Words, read_query
from shared.query.match import Analysed, Subject, analyse, keys_of, matches

__all__ = [
    "Analysed",
    "Filter",
    "Filters",
    "Group",
    "Query",
    "Subject",
    "Token",
    "Words",
    "analyse",
    "fold",
    "fold_key",
    "keys_of",
    "matches",
    "normalise",
    "read_query",
    "tokens",
]
