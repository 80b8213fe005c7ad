"""Parameters of a search are read by us as FastAPI reads them."""

from typing import Annotated
from urllib.parse import urlencode

import httpx2
import pytest
from fastapi import APIRouter, Response
from fastapi import Query as Parameter
from fastapi.routing import APIRoute
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from search.api.parameters import SearchParameters
from search.api.reading import SearchRoute
from shared.web import create_api

VALUES = {
    "q": st.text(max_size=5),
    "match": st.sampled_from(["all", "any", "", "none"]),
    "after": st.sampled_from(["2026", "2026-02-30", "2026-02-03", ""]),
    "page": st.sampled_from(["1", "07", "0", "x", "", "1.0", " 2"]),
    "page_size": st.sampled_from(["100", "101"]),
    "cursor": st.text(max_size=3),
    "collapse": st.sampled_from(["story", ""]),
    "highlights": st.sampled_from(["true", "no", "2", ""]),
    "facets": st.sampled_from(["source", "source,topic", ",", "", "sources", "day"]),
    "topic": st.text(max_size=3),
    "source": st.sampled_from(["kabar", "", "x" * 201]),
    "unknown": st.text(max_size=2),
}
PAIRS = st.lists(
    st.sampled_from(sorted(VALUES)).flatmap(lambda name: st.tuples(st.just(name), VALUES[name])), max_size=8
)


async def answered(route: type[APIRoute], asked: str) -> httpx2.Response:
    """Return what a route of one class or another says that it has read."""

    async def search(parameters: Annotated[SearchParameters, Parameter()]) -> Response:
        set_by_hand = sorted(parameters.model_fields_set)
        return Response(f"{set_by_hand} {parameters!r}")

    api, router = create_api("Search", "", registry=CollectorRegistry()), APIRouter()
    router.add_api_route("/search", search, methods=["GET"], route_class_override=route)
    api.include_router(router)
    transport = httpx2.ASGITransport(app=api)
    async with httpx2.AsyncClient(transport=transport, base_url="http://search.test") as client:
        return await client.get(f"/search?{asked}", headers={"X-Request-ID": "one"})


async def same(asked: str) -> int:
    """Return the status of both answers, which are the same."""
    ours, theirs = await answered(SearchRoute, asked), await answered(APIRoute, asked)
    assert (ours.status_code, ours.text) == (theirs.status_code, theirs.text)
    assert ours.headers == theirs.headers
    return ours.status_code


@given(pairs=PAIRS)
async def test_what_is_asked_is_read_and_refused_as_fastapi_would(pairs: list[tuple[str, str]]) -> None:
    await same(urlencode(pairs))


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("", 200),
        ("q=a&q=b&topic=x&topic=y&facets=day&facets=source,topic", 200),
        ("q=%ff%00&q&=&&;", 200),
        ("page=0&sort=best&topic=", 422),
        ("after=never", 422),
    ],
)
async def test_repeated_broken_and_wrong_parameters_are_told_as_ever(asked: str, status: int) -> None:
    assert await same(asked) == status
