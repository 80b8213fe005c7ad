"""Exchange rates: `/api/v1/rates`, `/api/v1/rates/{base}/{quote}`."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from gateway.api.answers import as_json, kept_rates, value_of
from gateway.api.examples import answer, problems
from gateway.api.parts import Parts
from gateway.domain.merge import rate_of, rates_of
from shared.contracts.http.rates import RatesAnswer, TickerEntry

Currency = Annotated[
    str, Path(pattern=r"^[A-Za-z]{3}$", description="ISO 4217 code of three letters, such as KGS.")
]


def router(parts: Parts) -> APIRouter:
    """Return the routes of the rates."""
    routes = APIRouter(tags=["rates"])

    @routes.get(
        "/api/v1/rates",
        response_model=RatesAnswer,
        summary="Every rate",
        responses={**answer("rates"), **problems("rates-away")},
    )
    async def list_rates() -> Response:
        """Every known rate, the ticker's four first; the last known ones, with `stale` true, while rates is away."""
        return as_json(rates_of(kept_rates(parts.board)))

    @routes.get(
        "/api/v1/rates/{base}/{quote}",
        response_model=TickerEntry,
        summary="One rate",
        responses={
            **answer("rate", another="rate-cross"),
            **problems("unknown-pair", "invalid-parameter", "rates-away"),
        },
    )
    async def get_rate(base: Currency, quote: Currency) -> Response:
        """The value of one `base` in `quote`: as its bank fixed it, or through the dollar, with both banks and dates."""
        entry = rate_of(kept_rates(parts.board), base, quote)
        if entry is None:
            entry = value_of(await parts.rates.pair(base.upper(), quote.upper()))
        return as_json(entry)

    return routes
