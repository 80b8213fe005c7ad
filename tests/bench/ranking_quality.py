"""How good a ranking is, by judgements that say yes or no: nDCG at ten (Järvelin and Kekäläinen 2002), average precision."""

import math
from collections.abc import Sequence
from collections.abc import Set as AbstractSet


def ndcg(ranking: Sequence[str], right: AbstractSet[str], depth: int = 10) -> float:
    """Return the discounted gain of the first `depth` places over the best that could stand there, 0 to 1."""
    gains = (_discount(place) for place, document in enumerate(ranking[:depth]) if document in right)
    best = sum(_discount(place) for place in range(min(len(right), depth)))
    return sum(gains) / best if best else 0.0


def average_precision(ranking: Sequence[str], right: AbstractSet[str]) -> float:
    """Return the mean, over all right documents, of the precision at the place where each stands; 0 to 1."""
    precisions, found = 0.0, 0
    for place, document in enumerate(ranking, start=1):
        if document in right:
            found += 1
            precisions += found / place
    return precisions / len(right) if right else 0.0


def _discount(place: int) -> float:
    return 1.0 / math.log2(place + 2)
