"""Remembers what was made of the pieces of texts between spaces: most pieces of an article were in the ones before it."""

from collections.abc import Callable
from typing import Any, TypeVar

Value = TypeVar("Value")

LONGEST_PIECE = 48
"""Characters of the longest piece that is kept; what is longer (an address, a text without spaces) hardly comes again."""


class Room:
    """Room for so many pieces, shared by whatever is remembered of them: what is met most often takes most of it.

    What was asked for while the last `most` / 2 pieces came is kept; what was not is forgotten soon after.

    Args:
        most: how many pieces are kept.
    """

    def __init__(self, most: int) -> None:
        self._half = most // 2
        self._taken = 0
        self._shared_by: list[Remembered[Any]] = []

    def remembered(self, make: "Callable[[str], Value]") -> "Remembered[Value]":
        """Return a memory of what a function makes of pieces; it depends on nothing but the piece, and is never None."""
        made = Remembered(make, self)
        self._shared_by.append(made)
        return made

    def take(self) -> None:
        """Take the room of one piece."""
        if self._taken >= self._half:
            self._taken = 0
            for one in self._shared_by:
                one.grow_old()
        self._taken += 1


class Remembered(dict[str, Value]):
    """What a function makes of pieces of texts, made when a piece is first asked for: `remembered[piece]`.

    A lookup of a known piece runs no Python, so that whole texts may be looked up by `map(remembered.__getitem__, pieces)`.
    Safe to share between threads: at worst something is made once more. Made by `Room.remembered`.
    """

    def __init__(self, make: Callable[[str], Value], room: Room) -> None:
        super().__init__()
        self._make = make
        self._room = room
        self._before: dict[str, Value] = {}

    def __missing__(self, piece: str) -> Value:
        value = self._before.get(piece)
        if value is None:
            value = self._make(piece)
        if len(piece) <= LONGEST_PIECE:
            self._room.take()
            self[piece] = value
        return value

    def grow_old(self) -> None:
        """Forget what was not asked for since this was called before."""
        self._before = self.copy()
        self.clear()
