"""Joins what search found and what rates last said into one feed."""

from dataclasses import dataclass
from datetime import datetime

from shared.contracts.http.articles import FeedAnswer, PublicSearchAnswer, SearchAnswer
from shared.contracts.http.rates import RatesAnswer, TickerEntry

TICKER_PAIRS = ("KGS/USD", "KZT/USD", "TJS/USD", "UZS/USD")
"""The pairs that run across the page, in their order; all others stand on /rates only."""


@dataclass(frozen=True, slots=True)
class KeptRates:
    """The last good answer of rates.

    Attributes:
        answer: what rates said.
        asked_at: when it said so.
        away: true when rates could not be asked since.
    """

    answer: RatesAnswer
    asked_at: datetime
    away: bool = False


def ticker_of(kept: KeptRates | None) -> list[TickerEntry]:
    """Return the ticker's entries in their order, each pair once."""
    if kept is None:
        return []
    by_pair = {entry.pair: entry for entry in kept.answer.rates}
    return [by_pair[pair] for pair in TICKER_PAIRS if pair in by_pair]


def is_stale(kept: KeptRates | None) -> bool:
    """Tell whether the rates shown are a last known answer, or missing, because their service is away."""
    return kept is None or kept.away


def merge(found: SearchAnswer, kept: KeptRates | None, *, now: datetime) -> FeedAnswer:
    """Return the combined feed.

    Its `as_of` is the moment at which all of it was true: now, when rates last answered, or up to when search has
    followed its articles.
    """
    return FeedAnswer(
        ticker=ticker_of(kept),
        query=found.query,
        results=found.results,
        articles=found.articles,
        facets=found.facets,
        stale=is_stale(kept) or found.stale,
        as_of=min(now, kept.asked_at if kept else now, found.as_of or now),
    )


def found_only(found: SearchAnswer, *, now: datetime) -> PublicSearchAnswer:
    """Return a search's answer without the ticker."""
    return PublicSearchAnswer(
        query=found.query,
        results=found.results,
        articles=found.articles,
        facets=found.facets,
        stale=found.stale,
        as_of=min(now, found.as_of or now),
    )


def rates_of(kept: KeptRates) -> RatesAnswer:
    """Return every rate, saying whether rates could be asked lately."""
    return kept.answer.model_copy(update={"stale": kept.away})


def rate_of(kept: KeptRates, base: str, quote: str) -> TickerEntry | None:
    """Return one pair's entry, or None where no bank's rate is known for it."""
    wanted = f"{base}/{quote}".upper()
    return next((entry for entry in kept.answer.rates if entry.pair == wanted), None)
