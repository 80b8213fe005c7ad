"""How many near-duplicates are found and how many are false, by search's method and by SimHash; on known answers."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from search.domain.near_duplicates import alike, sketch_of
from tests.conformance.conftest import Tell
from tests.suites.rewritten_news import Item, near_duplicates, rewritten, same_story
from tests.suites.simhash import MOST_DIFFERENT, pairs_within, simhash

Pairs = set[frozenset[str]]
Method = Callable[[Iterable[Item]], Pairs]

STORIES = 400
SEEDS = (1, 2, 3)


def by_sketch(items: Iterable[Item]) -> Pairs:
    """Return the pairs that search takes for the same story."""
    sketches = {item.id: sketch for item in items if (sketch := sketch_of(item.title, item.text)) is not None}
    by_key: dict[int, list[str]] = {}
    for name, sketch in sketches.items():
        for key in sketch.keys:
            by_key.setdefault(key, []).append(name)
    candidates = {
        frozenset((one, other))
        for names in by_key.values()
        for place, one in enumerate(names)
        for other in names[:place]
    }
    return {pair for pair in candidates if alike(*(sketches[name] for name in pair))}


def by_simhash(items: Iterable[Item]) -> Pairs:
    """Return the pairs that SimHash takes for the same story."""
    return set(pairs_within({item.id: simhash(item.title, item.text) for item in items}, MOST_DIFFERENT))


METHODS: dict[str, Method] = {"MinHash": by_sketch, "SimHash": by_simhash}


def measured(found: Pairs, true: Pairs) -> tuple[float, float]:
    """Return precision and recall."""
    right = len(found & true)
    return right / len(found) if found else 1.0, right / len(true)


@pytest.mark.parametrize("size", [100, 1000])
def test_of_the_corpus_of_near_duplicates_all_true_pairs_are_found_and_no_false_one(
    conformance_data: Path, size: int
) -> None:
    items, true = near_duplicates(conformance_data / "corpora" / "near-duplicates", size)
    assert by_sketch(items) == true


def test_lightly_rewritten_news_are_found_and_different_news_are_not(
    conformance_data: Path, tell: Tell
) -> None:
    """Outlets retitle, cut and reword what an agency sends; what they print of different events must stay apart."""
    news = conformance_data / "corpora" / "ag_news" / "ag_news_csv" / "test.csv"
    rows, kept = [], {}
    for name, method in METHODS.items():
        results = []
        for seed in SEEDS:
            items = rewritten(news, STORIES, seed)
            results.append(measured(method(items), same_story(items)))
        precision, recall = (sum(column) / len(results) for column in zip(*results, strict=True))
        kept[name] = precision, recall
        rows.append(f"{name:<10} precision {precision:.4f}  recall {recall:.4f}")
    tell(f"rewritten news: {len(SEEDS)} sets of {STORIES} stories, 5 articles each", rows)
    precision, recall = kept["MinHash"]
    assert precision >= 0.995
    assert recall >= 0.97
    assert recall > kept["SimHash"][1]
