"""The combined feed and the search: `/api/v1/feed`, `/api/v1/search`, `/api/v1/suggest`."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from gateway.api.answers import as_json, value_of
from gateway.api.examples import answer, problems
from gateway.api.parameters import Q_MAX_CHARS, Parameters, question_of
from gateway.api.parts import Parts
from gateway.domain.links import link_header
from gateway.domain.merge import found_only, merge
from gateway.domain.paging import pager
from shared.contracts.http.articles import FeedAnswer, PublicSearchAnswer
from shared.contracts.http.suggestions import SuggestAnswer

_PROBLEMS = problems("page-too-deep", "cursor-expired", "invalid-parameter", "search-away", "search-busy")


def router(parts: Parts) -> APIRouter:
    """Return the routes of the feed and the search."""
    routes = APIRouter(tags=["feed"])

    @routes.get(
        "/api/v1/feed",
        response_model=FeedAnswer,
        summary="The combined feed",
        responses={**answer("feed", links=True), **_PROBLEMS},
    )
    async def get_feed(asked: Parameters) -> Response:
        """The ticker, and the articles that answer a question; without `q` the newest of all.

        When rates is away, the ticker shows its last answer and `stale` is true. When search is away, this is 503.
        """
        question = question_of(asked)
        found = value_of(await parts.search.find(question))
        feed = merge(found, parts.board.last(), now=parts.clock.now())
        return as_json(feed, link=link_header("/api/v1/feed", pager(question, found.results)))

    @routes.get(
        "/api/v1/search",
        response_model=PublicSearchAnswer,
        summary="Articles only",
        responses={**answer("search", links=True), **_PROBLEMS},
    )
    async def search_articles(asked: Parameters) -> Response:
        """The articles that answer a question: the feed without its ticker, and where the words stand in each."""
        question = question_of(asked)
        found = value_of(await parts.search.find(question, highlights=True))
        return as_json(
            found_only(found, now=parts.clock.now()),
            link=link_header("/api/v1/search", pager(question, found.results)),
        )

    @routes.get(
        "/api/v1/suggest",
        response_model=SuggestAnswer,
        summary="How a query may go on",
        responses={**answer("suggest"), **problems("invalid-parameter", "search-away", "search-busy")},
    )
    async def suggest(
        q: Annotated[str, Query(max_length=Q_MAX_CHARS, description="What was typed so far.")] = "",
    ) -> Response:
        """Words that the last one may become, and titles that have it; nothing below two letters."""
        return as_json(value_of(await parts.search.suggest(q)))

    return routes
