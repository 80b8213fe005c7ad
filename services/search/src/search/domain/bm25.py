"""The score of BM25 as Tantivy computes it, for articles that Tantivy does not have yet.

Tantivy 0.27: `(K1 + 1) * idf * tf / (tf + K1 * (1 - B + B * length / average))`, the idf being `ln(1 + (N - n + 0.5) / (n +
0.5))` and that of a phrase the sum over its words; a field's length is kept in one byte (`kept_length`).
"""

import math
from bisect import bisect_right
from itertools import accumulate, chain, repeat

K1 = 1.2
B = 0.75

_EXACT = 40
_STEPS = 8
_KEPT: list[int] = [
    *range(_EXACT),
    *accumulate(chain.from_iterable(repeat(2**n, _STEPS) for n in range(1, 28)), initial=_EXACT),
]


def kept_length(length: int) -> int:
    """Return the number of words of a field as one byte keeps it: exact up to 40, less and less so behind that."""
    return _KEPT[bisect_right(_KEPT, length) - 1]


def idf(documents: int, having: int) -> float:
    """Return how much it tells that a document has a word, where so many of all documents have it."""
    return math.log(1 + (documents - having + 0.5) / (having + 0.5))


def norm(length: int, average: float) -> float:
    """Return how much the length of a field weakens what is found in it.

    Args:
        length: words of the field.
        average: words of the field in an article, on average.
    """
    return K1 * (1 - B + B * kept_length(length) / average)


def score(idf: float, frequency: int, norm: float) -> float:
    """Return the score of a word, or of a phrase, that a field has so many times.

    Args:
        idf: of the word; of a phrase the sum of its words'.
        frequency: how often.
        norm: see `norm`.
    """
    return idf * (K1 + 1) * frequency / (frequency + norm)
