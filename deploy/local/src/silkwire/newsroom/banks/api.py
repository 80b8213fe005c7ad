"""The banks' own paths, below the newsroom's address."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from silkwire.newsroom.banks import documents
from silkwire.newsroom.banks.answers import Banks
from silkwire.newsroom.conditional import answer

_UNCACHED = {"Cache-Control": "no-cache, private"}
_NO_DAY = date(1990, 1, 1)
"""Stands for a date that cannot be read: the bank has no table of it."""
Now = Callable[[], datetime]


def bank_routes(banks: Banks, now: Now) -> APIRouter:
    """Return the routes of all four banks."""
    router = APIRouter()
    router.include_router(_nbk(banks, now))
    router.include_router(_nbkr(banks, now))
    router.include_router(_nbt(banks, now))
    router.include_router(_cbu(banks, now))
    return router


def _nbk(banks: Banks, now: Now) -> APIRouter:
    router = APIRouter()

    @router.get("/rss/rates_all.xml")
    async def nbk_latest() -> Response:
        """Return the newest table."""
        return _xml(banks.nbk_latest(now()))

    @router.get("/rss/get_rates.cfm")
    async def nbk_by_date(fdate: Annotated[str, Query(description="DD.MM.YYYY")]) -> Response:
        """Return the table of a date; one that cannot be read is a date without a table."""
        return _xml(banks.nbk_by_date(_parsed(fdate, "%d.%m.%Y") or _NO_DAY, now()))

    return router


def _nbkr(banks: Banks, now: Now) -> APIRouter:
    router = APIRouter()

    @router.get("/XML/daily.xml")
    async def nbkr_daily(request: Request) -> Response:
        """Return the file of the day, a static one with validators."""
        body, written_at = banks.nbkr_daily(now())
        return answer(request, body, "text/xml", written_at)

    @router.get("/index1.jsp")
    async def nbkr_history(
        valuta_id: str = "", *, beg_day: int = 1, beg_month: int = 1, beg_year: int = 1999,
        end_day: int = 31, end_month: int = 12, end_year: int = 2099,
    ) -> Response:  # fmt: skip
        """Return a currency's past."""
        first = _dated(beg_year, beg_month, beg_day, date.max)
        last = _dated(end_year, end_month, end_day, date.min)
        body = banks.nbkr_history(valuta_id, first, last, now())
        return Response(body, media_type="text/html; charset=utf-8")

    return router


def _nbt(banks: Banks, now: Now) -> APIRouter:
    router = APIRouter()

    @router.get("/{language}/kurs/export_xml.php")
    async def nbt_by_date(
        language: Annotated[str, Path(pattern="^(en|ru|tj)$")],  # noqa: ARG001  the numbers are the same in each
        day: Annotated[str, Query(alias="date")] = "",
        export: str = "",
    ) -> Response:
        """Return the table of a date, or today's; without `export=xmlout` a page of help."""
        if export != "xmlout":
            return Response(documents.nbt_help(), media_type="text/html; charset=utf-8")
        return _xml(banks.nbt_by_date(_parsed(day, "%Y-%m-%d"), now()))

    @router.get("/{language}/kurs/export_xml_dynamic.php")
    async def nbt_range(
        language: Annotated[str, Path(pattern="^(en|ru|tj)$")],  # noqa: ARG001  the numbers are the same in each
        *,
        first: Annotated[str, Query(alias="d1")] = "",
        last: Annotated[str, Query(alias="d2")] = "",
        iso: Annotated[str, Query(alias="cs")] = "",
        export: str = "",
    ) -> Response:
        """Return the tables of one currency between two dates; without `export=xml` a page of help."""
        if export != "xml":
            return Response(documents.nbt_help(), media_type="text/html; charset=utf-8")
        days = (_parsed(first, "%Y-%m-%d") or date.max, _parsed(last, "%Y-%m-%d") or date.min)
        body = banks.nbt_range(iso, *days, now())
        return Response(body, headers={**_UNCACHED, "Content-Type": "text/xml; charset=windows-1251"})

    return router


def _cbu(banks: Banks, now: Now) -> APIRouter:
    router = APIRouter(prefix="/{language}/arkhiv-kursov-valyut/json")
    languages = Path(pattern="^(en|ru|uz|oz|uzc)$")

    @router.get("/")
    async def cbu_latest(language: Annotated[str, languages]) -> Response:  # noqa: ARG001  names come in all of them
        """Return the newest table."""
        return _json(banks.cbu_latest(now()))

    @router.get("/all/{day}/")
    async def cbu_by_date(language: Annotated[str, languages], day: str) -> Response:  # noqa: ARG001  as above
        """Return the table of a date; an empty array where there is none."""
        asked_on = _parsed(day, "%Y-%m-%d")
        return _json(banks.cbu_by_date(asked_on, now()) if asked_on else b"[]")

    return router


def _xml(body: bytes) -> Response:
    return Response(body, headers={**_UNCACHED, "Content-Type": "text/xml; charset=UTF-8"})


def _json(body: bytes) -> Response:
    return Response(
        body, headers={"Cache-Control": "no-store", "Content-Type": "application/json; charset=UTF-8"}
    )


def _parsed(text: str, form: str) -> date | None:
    """Return the date; None for what is none, and for the ends of the calendar, where no day before or after exists."""
    try:
        day = datetime.strptime(text, form).date()  # noqa: DTZ007  a date has no zone
    except ValueError:
        return None
    return day if 1990 <= day.year <= 2200 else None


def _dated(year: int, month: int, day: int, otherwise: date) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        return otherwise
