"""The routes about the past: a pair's fixings as JSON or CSV, and an amount at a date."""

import asyncio
from collections.abc import Awaitable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from enum import StrEnum
from typing import Annotated, TypeVar

from fastapi import APIRouter, Query, Response

from rates.api.answers import rate_source
from rates.api.history_book import History, HistoryBook, UnknownPairError
from rates.api.lines import Lines
from rates.api.routes import Code, store_away, unknown_pair
from rates.domain import display
from rates.domain.conversion import Conversion, convert, in_force, in_force_from, in_force_now
from rates.domain.derivation import Session
from rates.domain.fixings import Line, Pair
from rates.domain.history import Group, first_day
from rates.domain.sources import SOURCES
from rates.ports import StoreUnavailableError
from shared.clock import Clock
from shared.contracts.base import Contract
from shared.contracts.http.problem import FieldFault, ProblemAnswer
from shared.contracts.http.rate_history import (
    ConversionAnswer,
    FixingRow,
    FixingUsed,
    HistoryAnswer,
    PeriodRow,
    PeriodsAnswer,
)
from shared.contracts.rates import format_decimal
from shared.web import HTTPProblem

MOST_DAYS = 4018
"""Longest range that is answered session by session: eleven years."""

DEFAULT_DAYS = 365
BUSY_RETRY_AFTER_S = 1
_DIGITS = 3
_CSV = "text/csv; charset=utf-8"

_BY_ID = {bank.id: bank for bank in SOURCES}
_LABELLED = {bank.id: bank.labelling for bank in SOURCES}


Found = TypeVar("Found")


class Form(StrEnum):
    """How a history is written."""

    JSON = "json"
    CSV = "csv"


def make_history_router(book: HistoryBook, clock: Clock, *, answers_within_s: float = 2.5) -> APIRouter:
    """Return the routes about the past.

    Args:
        book: histories, ready to be sent.
        clock: tells what day it is; nothing is fixed for the future.
        answers_within_s: how long an answer may take, less than the gateway waits; what is made meanwhile is finished,
            so the next request has it.
    """
    router = APIRouter(
        prefix="/v1",
        tags=["rates"],
        responses={
            404: {"model": ProblemAnswer, "description": "No such pair, or nothing in force then."},
            503: {"model": ProblemAnswer, "description": "No store, or not ready yet."},
        },
    )

    @router.get("/rates/{base}/{quote}/history", response_model=HistoryAnswer | PeriodsAnswer)
    async def get_history(
        base: Code,
        quote: Code,
        *,
        after: Annotated[
            date | None, Query(description="First session's day; a year back by default.")
        ] = None,
        before: Annotated[
            date | None, Query(description="Last session's day; the newest by default.")
        ] = None,
        group: Annotated[Group | None, Query(description="By weeks or months.")] = None,
        form: Annotated[Form, Query(alias="format")] = Form.JSON,
    ) -> Response:
        """Return a pair's fixings between two days, both included, oldest first."""
        pair = Pair(base, quote)
        _check(book, pair)
        found = await _made_soon(book.history(pair), answers_within_s)
        chosen = _chosen(found.by_group[group], after, before, group)
        if form is Form.CSV:
            return _csv(pair, found.by_group[group], chosen, group)
        return _json(pair, found, chosen, group)

    @router.get("/convert")
    async def convert_amount(
        amount: Annotated[
            str, Query(pattern=r"^[0-9]{1,15}(\.[0-9]{1,10})?$", description="A decimal number.")
        ],
        from_: Annotated[str, Query(alias="from", pattern=r"^[A-Z]{3}$", description="ISO 4217 code.")],
        to: Annotated[str, Query(pattern=r"^[A-Z]{3}$", description="ISO 4217 code.")],
        on: Annotated[date | None, Query(description="A day; by default the newest fixings count.")] = None,
    ) -> ConversionAnswer:
        """Return what an amount comes to by the fixings in force on a day; through the dollar where need be."""
        pair = Pair(from_, to)
        _check(book, pair)
        if on is not None and on > clock.now().date() + timedelta(days=1):
            raise _wrong("on", "nothing is fixed for the future")
        pasts = await _made_soon(book.pasts(pair), answers_within_s)
        lines = await _made_soon(book.lines(pair), answers_within_s)
        today_on = clock.now().date()
        base, quote = (
            _leg(code, past, line, on, today_on)
            for code, past, line in zip((from_, to), pasts, lines, strict=True)
        )
        done = convert(Decimal(amount), base, quote)
        return _conversion(pair, amount, on, done, [leg for leg in (base, quote) if leg])

    return router


async def _made_soon(making: Awaitable[Found], within_s: float) -> Found:
    """Await what may have to be made first, but not for long; it is finished meanwhile, one after the other.

    Raises:
        HTTPProblem: 503 with Retry-After when it is not ready in time, and another when the store does not answer.
    """
    try:
        async with asyncio.timeout(within_s):
            return await making
    except StoreUnavailableError as error:
        raise store_away() from error
    except TimeoutError as error:
        detail = "This is being made ready; the same request may succeed in a few seconds."
        again = {"Retry-After": str(BUSY_RETRY_AFTER_S)}
        raise HTTPProblem(503, "history-busy", "Not ready yet", detail, headers=again) from error


def _check(book: HistoryBook, pair: Pair) -> None:
    try:
        book.legs(pair)
    except UnknownPairError:
        raise unknown_pair(pair, book.money) from None


def _chosen(lines: Lines, after: date | None, before: date | None, group: Group | None) -> tuple[int, int]:
    """Return the first row's place and the one behind the last; weeks and months are whole, wherever the range begins."""
    ends = [day for day in (before, lines.days[-1] if lines.days else None) if day is not None]
    last_on = min(ends, default=None)
    if after is None and last_on is not None:
        after = last_on - timedelta(days=min(DEFAULT_DAYS, (last_on - date.min).days))
    if after is not None and before is not None and after > before:
        raise _wrong("after", "should not be later than `before`")
    if group is not None:
        return lines.between(None if after is None else first_day(after, group), before)
    if after is not None and last_on is not None and (last_on - after).days > MOST_DAYS:
        raise _wrong("after", f"at most {MOST_DAYS} days in one answer; ask in parts, or by group=week|month")
    return lines.between(after, before)


def _wrong(name: str, message: str) -> HTTPProblem:
    detail = f"These could not be read: {name}. See `errors` for what is allowed."
    fault = FieldFault(name=name, message=message)
    return HTTPProblem(422, "invalid-parameter", "Invalid parameter", detail, errors=[fault])


def _csv(pair: Pair, lines: Lines, chosen: tuple[int, int], group: Group | None) -> Response:
    row: type[Contract] = FixingRow if group is None else PeriodRow
    text = "\n".join([",".join(row.model_fields), *lines.csv.between(*chosen), ""])
    named = {"Content-Disposition": f'inline; filename="{pair.base}-{pair.quote}.csv"'}
    return Response(text, media_type=_CSV, headers=named)


def _json(pair: Pair, found: History, chosen: tuple[int, int], group: Group | None) -> Response:
    sources = [rate_source(_BY_ID[source]) for source in found.sources]
    told = {"pair": str(pair), "method": found.method.value, "sources": sources, "rows": []}
    head: Contract
    if group is None:
        head = HistoryAnswer.model_validate(told)
    else:
        head = PeriodsAnswer.model_validate({**told, "group": group.value})
    # The rows are written already; they go where the empty list ends.
    text = head.model_dump_json().removesuffix("]}")
    rows = ",".join(found.by_group[group].json.between(*chosen))
    return Response(f"{text}{rows}]}}", media_type="application/json")


def _leg(
    code: str, past: tuple[Session, ...] | None, line: Line | None, on: date | None, today_on: date
) -> Session | None:
    if past is None:
        return None
    if on is None:
        found = in_force_now(past, _LABELLED, today_on=today_on, line=line)
    else:
        found = in_force(past, _LABELLED, on)
    if found is None:
        when = "now" if on is None else f"on {on}"
        detail = f"No fixing of {code} is known to be in force {when}."
        raise HTTPProblem(404, "no-fixing", "No fixing in force", detail)
    return found


def _conversion(
    pair: Pair, amount: str, on: date | None, done: Conversion, legs: list[Session]
) -> ConversionAnswer:
    share = done.uncertainty
    return ConversionAnswer(
        amount=amount,
        from_=pair.base,
        to=pair.quote,
        on=on,
        result=format_decimal(_shown(done)),
        exact_result=format_decimal(done.exact),
        exact_rate=format_decimal(done.rate),
        method=done.method.value,
        uncertainty_pct=None if share is None else display.uncertainty_percent(share),
        fixings=[_used(leg) for leg in legs],
    )


def _shown(done: Conversion) -> Decimal:
    """Return what an amount comes to in hundredths, and below one with three digits that say something."""
    if not 0 < done.exact < 1:
        return done.rounded
    places = _DIGITS - 1 - done.exact.adjusted()
    text = format_decimal(done.exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, Context(prec=60)))
    whole, _, rest = text.partition(".")
    return Decimal(f"{whole}.{rest.rstrip('0'):0<2}")


def _used(leg: Session) -> FixingUsed:
    fixing = leg.fixing
    return FixingUsed(
        pair=str(fixing.pair),
        exact_value=format_decimal(fixing.value),
        printed=leg.printed,
        method=fixing.method.value,
        status=leg.status.value,
        session_on=fixing.session_on,
        in_force_from=in_force_from(fixing, _LABELLED[fixing.source]),
        revision=fixing.revision,
        source=rate_source(_BY_ID[fixing.source]),
    )
