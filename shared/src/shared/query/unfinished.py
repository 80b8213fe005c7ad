"""Reads a query that somebody is still typing: its last word may go on, and is looked for in titles."""

import re
from typing import NamedTuple

from shared.query.analyse import tokens
from shared.query.grammar import Query, is_filter, pieces, read_query


class Unfinished(NamedTuple):
    """A query that is still being typed.

    Attributes:
        query: asks for titles with a word that begins like the last one, and for all that was typed before it.
        form: the last word, folded.
    """

    query: Query
    form: str


def read_unfinished(text: str, shortest: int) -> Unfinished | None:
    """Read what was typed so far.

    The words before the last one of a phrase stay a phrase. What is left out (`-ba`) or narrows by something else than words
    (`source:ka`) has no word that goes on.

    Args:
        text: as typed.
        shortest: letters from which a word may be taken for the beginning of another.
    """
    typed = [piece for piece in pieces(text) if any(tokens(_value(piece)))]
    if not typed:
        return None
    piece = typed[-1]
    name, value = piece["name"] or "", _value(piece)
    bare_name = (piece["bare"] or "").rstrip(":")
    if piece["minus"] or is_filter(name) or (value.endswith(":") and _is_name(bare_name)):
        return None
    last = list(tokens(value))[-1]
    if len(last.word.form) < shortest:
        return None
    before = value[: last.start]
    if name and name.lower() != "title":
        before = f'"{name} {before}"'
    else:
        before = f'"{before}"' if piece["quoted"] is not None else before
        before = f"{name}:{before}" if name and any(tokens(before)) else before
    head = piece.string[: piece.start()]
    query = read_query(f"{head}{before} title:{value[last.start : last.end]}*")
    return Unfinished(query, last.word.form)


def _value(piece: re.Match[str]) -> str:
    return piece["bare"] if piece["quoted"] is None else piece["quoted"]


def _is_name(text: str) -> bool:
    return is_filter(text) or text.lower() == "title"
