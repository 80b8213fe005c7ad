"""The past of exchange rates: `/api/v1/rates/{base}/{quote}/history`, `/api/v1/convert`; the rates service answers."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BeforeValidator

from gateway.api.answers import as_it_came, value_of
from gateway.api.examples import answer, example, problems
from gateway.api.parameters import FirstDay, LastDay
from gateway.api.parts import Parts
from gateway.api.rates import Currency
from shared.contracts.http.rate_history import ConversionAnswer, HistoryAnswer, PeriodsAnswer

_CSV = """session_on,exact_value,change_pct,status,revision,source
2026-03-31,0.00008200613241858226158152106615,,ok,1,CBU
2026-04-01,0.00008235807644476655603231730920,0.43,ok,1,CBU
"""
_CODE = r"^[A-Za-z]{3}$"
_EMPTY = BeforeValidator(lambda given: None if given == "" else given)
"""A form sends its empty fields too: they count as not given."""


def router(parts: Parts) -> APIRouter:
    """Return the routes of the past."""
    routes = APIRouter(tags=["rates"])
    _add_history(routes, parts)
    _add_convert(routes, parts)
    return routes


def _add_history(routes: APIRouter, parts: Parts) -> None:
    @routes.get(
        "/api/v1/rates/{base}/{quote}/history",
        response_model=HistoryAnswer | PeriodsAnswer,
        summary="A rate's past",
        responses={
            **_history_answer(),
            **problems("unknown-pair", "invalid-parameter", "rates-away", "history-busy"),
        },
    )
    async def get_history(
        base: Currency,
        quote: Currency,
        *,
        after: Annotated[
            FirstDay | None,
            _EMPTY,
            Query(description="First session's day (or month, or year); by default a year before the last."),
        ] = None,
        before: Annotated[
            LastDay | None,
            _EMPTY,
            Query(description="Last session's day (or month, or year); by default the newest."),
        ] = None,
        group: Annotated[
            Literal["week", "month"] | None,
            _EMPTY,
            Query(
                description="By ISO weeks or months: the last fixing stands for each. They are whole, so the first one "
                "may begin before `after`, and the last one end after `before`."
            ),
        ] = None,
        form: Annotated[
            Literal["json", "csv"],
            BeforeValidator(lambda given: given or "json"),
            Query(alias="format"),
        ] = "json",
    ) -> Response:
        """The fixings of a pair between two days, both included, oldest first: eleven years at most in one answer.

        By weeks or months all there is can be had. Two banks' money is crossed through the dollar, only for sessions
        that both held.
        """
        query = [("format", form), *_given(after=after, before=before, group=group)]
        return as_it_came(value_of(await parts.rate_history.history(base.upper(), quote.upper(), query)))


def _add_convert(routes: APIRouter, parts: Parts) -> None:
    @routes.get(
        "/api/v1/convert",
        response_model=ConversionAnswer,
        summary="An amount at a date",
        responses={
            **answer("conversion"),
            **problems("no-fixing", "invalid-parameter", "rates-away", "history-busy"),
        },
    )
    async def convert_amount(
        amount: Annotated[
            str,
            Query(pattern=r"^[0-9]{1,15}(\.[0-9]{1,10})?$", description="A decimal number, such as 1000.50."),
        ],
        from_: Annotated[str, Query(alias="from", pattern=_CODE, description="ISO 4217 code, such as KGS.")],
        to: Annotated[str, Query(pattern=_CODE, description="ISO 4217 code, such as USD.")],
        on: Annotated[
            date | None,
            _EMPTY,
            Query(description="The day whose fixings count; by default the newest."),
        ] = None,
    ) -> Response:
        """What an amount comes to by the official fixings in force on a day, which are named with their sessions.

        Two banks' money goes through the dollar. 404 also where one of the codes is unknown (`unknown-pair`).
        """
        query = [("amount", amount), ("from", from_.upper()), ("to", to.upper()), *_given(on=on)]
        return as_it_came(value_of(await parts.rate_history.convert(query)))


def _history_answer() -> dict[int | str, dict[str, Any]]:
    told = answer("history")
    told[200]["content"]["application/json"] = {
        "examples": {
            "sessions": {"value": example("history")},
            "months": {"value": example("history-by-month")},
        },
    }
    told[200]["content"]["text/csv"] = {"schema": {"type": "string"}, "example": _CSV}
    return told


def _given(**parameters: date | str | None) -> list[tuple[str, str]]:
    return [(name, str(value)) for name, value in parameters.items() if value is not None]
