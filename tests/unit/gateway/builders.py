"""Short ways to the values that gateway's rules work on."""

from datetime import UTC, datetime
from typing import Any

from shared.contracts.http.articles import QueryEcho, Results, SearchAnswer
from shared.contracts.http.rates import RatesAnswer, TickerEntry
from shared.contracts.rates import RateSource

NOW = datetime(2026, 6, 3, 10, 0, tzinfo=UTC)


def results(
    total: int, *, page: int | None = 1, page_size: int = 6, next_cursor: str | None = None
) -> Results:
    """Return where an answer stands among `total` results."""
    return Results(
        from_=1 if page and total else None,
        to=min(page_size, total) if page and total else None,
        total=total,
        text="as search says",
        page=page,
        page_size=page_size,
        pages=-(-total // page_size),
        next_cursor=next_cursor,
    )


def found(total: int = 0) -> SearchAnswer:
    """Return a search's answer without articles."""
    return SearchAnswer(query=QueryEcho(q="silk", read_as="silk"), results=results(total), articles=[])


def rate(pair: str, **values: Any) -> TickerEntry:
    """Return a rate."""
    plain: dict[str, Any] = {
        "pair": pair,
        "value": "0.01190",
        "change_pct": "0",
        "text": f"{pair} = 0.01190 0%",
        "exact_value": "0.011904",
        "as_of": datetime(2026, 6, 3, tzinfo=UTC),
        "source": RateSource(id="CBU", name="Central Bank", url="https://bank.example"),
        "status": "ok",
    }
    return TickerEntry(**{**plain, **values})


def rates(*pairs: str) -> RatesAnswer:
    """Return rates for some pairs."""
    return RatesAnswer(rates=[rate(pair) for pair in pairs], as_of=NOW)
