"""Rows ready to be sent, packed, so that every pair's thirty years can be kept: 0.6 MB of it where the texts take 4."""

import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

_BLOCK = 256
_LEVEL = 1
"""Of zlib: the higher ones save a tenth more and take thrice the time."""


class Packed:
    """Lines of text, in blocks; a range is unpacked from those blocks alone that it is in.

    Args:
        texts: the lines, none with a line's end in it.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._length = len(texts)
        self._blocks = tuple(
            zlib.compress("\n".join(texts[begin : begin + _BLOCK]).encode(), _LEVEL)
            for begin in range(0, len(texts), _BLOCK)
        )

    def __len__(self) -> int:
        return self._length

    @property
    def size_bytes(self) -> int:
        """How much is kept."""
        return sum(map(len, self._blocks))

    def between(self, begin: int, end: int) -> Iterator[str]:
        """Yield the lines from one to before another."""
        for block in range(begin // _BLOCK, -(-end // _BLOCK)):
            first = block * _BLOCK
            lines = zlib.decompress(self._blocks[block]).decode().split("\n")
            yield from lines[max(0, begin - first) : end - first]


@dataclass(frozen=True, slots=True)
class Lines:
    """Rows, oldest first.

    Attributes:
        days: the first day that each row stands for.
        json: each row as JSON.
        csv: each row as CSV.
    """

    days: Sequence[date]
    json: Packed
    csv: Packed

    def between(self, after: date | None, before: date | None) -> tuple[int, int]:
        """Return the place of the first row between two days, both included, and of the one behind the last."""
        begin = 0 if after is None else bisect_left(self.days, after)
        end = len(self.days) if before is None else bisect_right(self.days, before)
        return begin, max(begin, end)
