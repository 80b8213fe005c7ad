"""Renders the pages: Jinja2 with autoescape, and what every page shows around its content."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from gateway.api.assets import Asset
from gateway.api.parts import Parts
from gateway.domain import wording
from gateway.domain.marks import pieces
from gateway.domain.merge import is_stale, ticker_of
from gateway.domain.question import Question, address, changed, dropping, narrowing, own_parameters, without
from gateway.domain.ticker import direction, lines, runs_to_fill
from shared.contracts.base import format_instant

_FOLDER = Path(__file__).parent / "templates"
_FILTERS = {
    "country_name": wording.country_name,
    "day": wording.day,
    "every": wording.every,
    "language_name": wording.language_name,
    "machine": format_instant,
    "moment": wording.moment,
    "more_tellers": wording.more_tellers,
    "paragraphs": wording.paragraphs,
    "pieces": pieces,
    "published": wording.published,
    "rate_standing": wording.rate_standing,
    "text_direction": wording.text_direction,
    "web_link": wording.web_link,
}
_GLOBALS = {
    "address": address,
    "changed": changed,
    "countries": wording.COUNTRIES,
    "dropping": dropping,
    "languages": wording.LANGUAGES,
    "narrowing": narrowing,
    "own_parameters": own_parameters,
    "rate_direction": direction,
    "without": without,
}


class PageMaker:
    """Makes pages of templates.

    Args:
        parts: where the ticker comes from, and whether the content is made up.
        assets: the style sheet and the icon.
    """

    def __init__(self, parts: Parts, assets: dict[str, Asset]) -> None:
        self._board = parts.board
        self._environment = Environment(
            loader=FileSystemLoader(_FOLDER),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.filters.update(_FILTERS)
        self._environment.globals.update(
            _GLOBALS,
            css=f"/static/{assets['silkwire.css'].name}",
            icon=f"/static/{assets['icon.svg'].name}",
            sample_data=parts.sample_data,
        )

    def page(
        self,
        template: str,
        *,
        question: Question | None = None,
        status: int = 200,
        headers: dict[str, str] | None = None,
        **values: Any,
    ) -> HTMLResponse:
        """Return a page with the ticker and the search box around it.

        Args:
            template: file name of the template.
            question: what the search box shows.
            status: HTTP status.
            headers: further headers.
            values: what the template shows.
        """
        kept = self._board.last()
        run = lines(ticker_of(kept))
        content = self._environment.get_template(template).render(
            ticker=run,
            ticker_runs=runs_to_fill(run),
            ticker_stale=is_stale(kept),
            ticker_at=kept.asked_at if kept else None,
            question=question or Question(),
            **values,
        )
        return HTMLResponse(
            content, status_code=status, headers={"Cache-Control": "no-cache", **(headers or {})}
        )
