"""The pages: `/`, `/articles/{article_id}`, `/rates`, `/sources`."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from gateway.api.answers import kept_rates, value_of
from gateway.api.articles import article_of
from gateway.api.parameters import Parameters, question_of
from gateway.api.parts import Parts
from gateway.api.templating import PageMaker
from gateway.domain.merge import rates_of
from gateway.domain.paging import pager


def router(parts: Parts, maker: PageMaker) -> APIRouter:
    """Return the routes of the pages."""
    routes = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

    @routes.get("/")
    async def front_page(asked: Parameters) -> Response:
        question = question_of(asked)
        found = value_of(await parts.search.find(question, highlights=bool(question.q)))
        return maker.page(
            "feed.html", question=question, found=found, pages=pager(question, found.results), here="news"
        )

    @routes.get("/articles/{article_id}")
    async def article_page(article_id: str) -> Response:
        return maker.page("article.html", article=await article_of(parts.search, article_id), here="news")

    @routes.get("/rates")
    async def rates_page() -> Response:
        return maker.page("rates.html", rates=rates_of(kept_rates(parts.board)), here="rates")

    @routes.get("/sources")
    async def sources_page() -> Response:
        known = value_of(await parts.sources.sources())
        return maker.page("sources.html", sources=known.sources, here="sources")

    return routes
