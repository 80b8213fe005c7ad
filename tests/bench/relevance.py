"""How good our order by relevance is: `python -m tests.bench.relevance`, on Cranfield and CISI of `data/corpora`.

Each collection goes as articles into a real view; each question is asked as a reader would type it, with `match=any`, and
all articles are of the same instant, so that freshness has no say. Beside ours stands plain BM25 (k1 1.2, b 0.75) over
the same stems in one field, computed here, which shows that the judging is the usual one. The data is read where
SILKWIRE_CONFORMANCE_DATA says, else in `shared/data` beside the repository.
"""

import asyncio
import math
import os
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from search.adapters.tantivy_view import TantivyView
from search.domain.results import Ask
from shared.query import normalise, read_query, tokens
from tests.bench.judged import Collection, cisi, cranfield
from tests.bench.ranking_quality import average_precision, ndcg
from tests.suites.article_builders import an_article

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "data"
AIMS = {"cranfield-trec": 0.385, "cisi": 0.37}
"""nDCG@10 that the order is to reach."""

DEPTH = 1_000
HEAP_BYTES = 64 * 1024 * 1024
K1, B = 1.2, 0.75

Ranker = Callable[[str], Sequence[str]]


async def main() -> int:
    """Print a line for each collection and ranking; 1 when an aim is not reached."""
    corpora = Path(os.environ.get("SILKWIRE_CONFORMANCE_DATA") or BESIDE) / "corpora"
    if not corpora.is_dir():
        print(f"NOT RUN: {corpora} is no folder; set SILKWIRE_CONFORMANCE_DATA", file=sys.stderr)
        return 2
    missed = 0
    print(f"{'collection':<16}{'ranking':<22}{'questions':>10}{'nDCG@10':>9}{'MAP':>8}")
    for collection in (cranfield(corpora), cisi(corpora)):
        rank = plain(collection)
        _tell(collection, "plain stemmed BM25", {key: rank(q) for key, q in collection.questions.items()})
        reached = _tell(collection, "ours", await ours(collection))
        kept = reached >= AIMS[collection.name]
        missed += not kept
        print(f"  aim {AIMS[collection.name]}: {'kept' if kept else 'NOT KEPT'}")
    return 1 if missed else 0


def _tell(collection: Collection, name: str, rankings: Mapping[str, Sequence[str]]) -> float:
    """Print how good rankings are, on average over the questions, and return their nDCG@10."""
    asked = len(collection.questions)
    gain = sum(ndcg(rankings[key], right) for key, right in collection.answers.items()) / asked
    precision = (
        sum(average_precision(rankings[key], right) for key, right in collection.answers.items()) / asked
    )
    print(f"{collection.name:<16}{name:<22}{asked:>10}{gain:>9.4f}{precision:>8.4f}")
    return gain


async def ours(collection: Collection) -> dict[str, list[str]]:
    """Return, for each question, the ids in the order of a real view."""
    with tempfile.TemporaryDirectory(prefix="silkwire-bench-") as folder:
        view = TantivyView(Path(folder) / "index", HEAP_BYTES)
        await view.open()
        await view.apply(
            [an_article(key, title=title, text=text) for key, (title, text) in collection.documents.items()]
        )
        await view.commit()
        rankings = {}
        for key, question in collection.questions.items():
            found = await view.search(Ask(read_query(question, "any"), "relevance", DEPTH))
            rankings[key] = [article.id for article in found.articles]
        await view.close()
    return rankings


def plain(collection: Collection) -> Ranker:
    """Return BM25 over the stems of title and text in one field."""
    counts = {key: Counter(_stems(" ".join(parts))) for key, parts in collection.documents.items()}
    lengths = {key: found.total() for key, found in counts.items()}
    mean = sum(lengths.values()) / len(lengths)
    holders = Counter(stem for found in counts.values() for stem in found)

    def rank(question: str) -> list[str]:
        scores: defaultdict[str, float] = defaultdict(float)
        for stem in _stems(question):
            held = holders[stem]
            weight = math.log(1 + (len(counts) - held + 0.5) / (held + 0.5))
            for key, found in counts.items():
                if times := found[stem]:
                    scores[key] += (
                        weight * times * (K1 + 1) / (times + K1 * (1 - B + B * lengths[key] / mean))
                    )
        return [key for key, _ in sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))[:DEPTH]]

    return rank


def _stems(text: str) -> list[str]:
    return [token.word.stem for token in tokens(normalise(text))]


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
