"""SimHash, the method that search does not use, for the comparison that docs/performance.md keeps (Charikar, 2002)."""

import re
from collections.abc import Iterable
from itertools import pairwise
from zlib import crc32

from shared.query.fold import fold

BITS = 64
MOST_DIFFERENT = 15
"""Bits in which two texts may differ: the most at which fewer than one pair in a hundred is false, on 120 stories."""

_RUN = 2
_LANE_BITS = 16
_WORD = re.compile(r"\w+")


def _spread(byte: int) -> int:
    """Return a number with one lane for each bit of a byte, 1 where it is set."""
    return sum(1 << (_LANE_BITS * bit) for bit in range(8) if byte >> bit & 1)


_SPREAD = [_spread(byte) for byte in range(256)]


def simhash(title: str, text: str) -> int:
    """Return the SimHash of an article's runs of two words."""
    words = _WORD.findall(fold(f"{title}\n{text}"))
    runs = {f"{one} {other}".encode() for one, other in pairwise(words)}
    lanes = [0] * (BITS // 8)
    for run in runs:
        number = crc32(run) << 32 | crc32(run[::-1])
        for place in range(BITS // 8):
            lanes[place] += _SPREAD[number >> (8 * place) & 255]
    half, found = len(runs) / 2, 0
    for place, lane in enumerate(lanes):
        for bit in range(8):
            if (lane >> (_LANE_BITS * bit) & ((1 << _LANE_BITS) - 1)) > half:
                found |= 1 << (8 * place + bit)
    return found


def pairs_within(hashes: dict[str, int], most: int) -> Iterable[frozenset[str]]:
    """Yield the pairs whose hashes differ in at most so many bits; looks at every pair."""
    named = list(hashes.items())
    for place, (one, mine) in enumerate(named):
        for other, theirs in named[:place]:
            if (mine ^ theirs).bit_count() <= most:
                yield frozenset((one, other))
