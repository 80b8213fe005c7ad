"""nDCG and average precision against numbers worked out by hand."""

import math

import pytest

from tests.bench.ranking_quality import average_precision, ndcg


def test_a_perfect_ranking_is_worth_one_and_one_without_a_hit_nothing() -> None:
    assert ndcg(["a", "b", "x"], {"a", "b"}) == average_precision(["a", "b", "x"], {"a", "b"}) == 1.0
    assert ndcg(["x", "y"], {"a"}) == average_precision(["x", "y"], {"a"}) == 0.0
    assert ndcg([], set()) == average_precision([], set()) == 0.0


def test_what_stands_lower_is_worth_less() -> None:
    ranking, right = ["a", "x", "b"], {"a", "b"}
    assert ndcg(ranking, right) == pytest.approx((1 + 1 / math.log2(4)) / (1 + 1 / math.log2(3)))
    assert average_precision(ranking, right) == pytest.approx((1 + 2 / 3) / 2)


def test_what_stands_below_the_tenth_place_counts_for_precision_only() -> None:
    ranking = [f"x{place}" for place in range(10)] + ["a"]
    assert ndcg(ranking, {"a"}) == 0.0
    assert average_precision(ranking, {"a"}) == pytest.approx(1 / 11)
