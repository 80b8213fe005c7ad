"""The query language, pure: search compiles a query to its index, the gateway evaluates it on the live stream.

    text  -> fold.py (one character in, one out; plain.py: whole texts) -> analyse.py (words with offsets, stems;
                        transliterate.py: keys)
    query -> grammar.py (read leniently, never refused) -> match.py (does this article answer it?)
                        -> unfinished.py (what is still being typed)
                                                        -> highlight.py (which places of its text say so?)

The index and `match.matches` must agree on every article and every query; tests prove it with generated ones.
"""

from shared.query.analyse import Streams, Terms, Token, Word, tokens
from shared.query.fold import exact, fold, fold_key, normalise
from shared.query.grammar import Filter, Filters, Group, Query, Words, read_query
from shared.query.highlight import Highlighter, highlight
from shared.query.match import (
    Analysed,
    Subject,
    analyse,
    analysed,
    has_beginning,
    has_run,
    indexed_parts_of,
    keys_of,
    matches,
    parts_of,
    sequences,
)
from shared.query.unfinished import Unfinished, read_unfinished

__all__ = [
    "Analysed",
    "Filter",
    "Filters",
    "Group",
    "Highlighter",
    "Query",
    "Streams",
    "Subject",
    "Terms",
    "Token",
    "Unfinished",
    "Word",
    "Words",
    "analyse",
    "analysed",
    "exact",
    "fold",
    "fold_key",
    "has_beginning",
    "has_run",
    "highlight",
    "indexed_parts_of",
    "keys_of",
    "matches",
    "normalise",
    "parts_of",
    "read_query",
    "read_unfinished",
    "sequences",
    "tokens",
]
