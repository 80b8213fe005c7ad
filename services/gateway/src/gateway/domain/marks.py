"""Cuts a text where the words that were looked for begin and end, so that a page can mark them."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a text, to be marked or not."""

    text: str
    marked: bool


def pieces(text: str, spans: Sequence[tuple[int, int]]) -> list[Piece]:
    """Return a text in pieces that together are the text.

    Args:
        text: as it is; the page escapes it.
        spans: offsets of first characters and of those behind the last, in order; odd ones are left out.
    """
    cut: list[Piece] = []
    end = 0
    for first, behind in spans:
        if not end <= first < behind <= len(text):
            continue
        if end < first:
            cut.append(Piece(text[end:first], marked=False))
        cut.append(Piece(text[first:behind], marked=True))
        end = behind
    if end < len(text):
        cut.append(Piece(text[end:], marked=False))
    return cut
