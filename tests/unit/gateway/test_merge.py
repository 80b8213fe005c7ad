"""One feed of two answers."""

from dataclasses import replace
from datetime import timedelta

from gateway.domain.merge import KeptRates, found_only, is_stale, merge, rate_of, rates_of, ticker_of
from tests.unit.gateway.builders import NOW, found, rates

KEPT = KeptRates(rates("RUB/USD", "UZS/USD", "KGS/USD", "TJS/USD", "KZT/USD"), NOW - timedelta(seconds=3))


def test_the_ticker_has_its_four_pairs_in_their_order_and_no_other() -> None:
    feed = merge(found(), KEPT, now=NOW)
    assert [entry.pair for entry in feed.ticker] == ["KGS/USD", "KZT/USD", "TJS/USD", "UZS/USD"]


def test_a_pair_that_is_not_known_is_left_out() -> None:
    kept = KeptRates(rates("UZS/USD"), NOW)
    assert [entry.pair for entry in ticker_of(kept)] == ["UZS/USD"]


def test_a_feed_is_as_old_as_its_oldest_part() -> None:
    assert merge(found(), KEPT, now=NOW).as_of == KEPT.asked_at
    assert found_only(found(), now=NOW).as_of == NOW


def test_while_rates_is_away_its_last_answer_is_shown_and_said_to_be_stale() -> None:
    away = replace(KEPT, away=True)
    feed = merge(found(), away, now=NOW)
    assert len(feed.ticker) == 4
    assert feed.stale
    assert rates_of(away).stale


def test_articles_that_search_has_not_followed_lately_are_said_to_be_old() -> None:
    """Search lost its database: its articles are shown as of when it last saw it, whoever asks for them."""
    earlier = NOW - timedelta(hours=1)
    old = found().model_copy(update={"stale": True, "as_of": earlier})
    for answer in (merge(old, KEPT, now=NOW), found_only(old, now=NOW)):
        assert (answer.stale, answer.as_of) == (True, earlier)


def test_a_fresh_answer_is_not_stale() -> None:
    assert not merge(found(), KEPT, now=NOW).stale
    assert not rates_of(KEPT).stale


def test_before_rates_has_ever_answered_the_ticker_is_empty_and_stale() -> None:
    feed = merge(found(), None, now=NOW)
    assert feed.ticker == []
    assert feed.stale
    assert is_stale(None)


def test_one_rate_is_found_by_its_pair_in_either_case() -> None:
    assert rate_of(KEPT, "uzs", "usd") == rate_of(KEPT, "UZS", "USD")
    assert rate_of(KEPT, "XAU", "USD") is None
