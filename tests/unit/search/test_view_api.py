"""An operator sees how far a replica's view is, and has it built anew."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx2
import pytest
from prometheus_client import CollectorRegistry

from search.api.view import make_view_router
from shared.contracts.http.view import ViewAnswer
from shared.web import AdminOnly, create_api
from tests.suites.article_builders import NOON

TOKEN = "a token of sixteen"


@dataclass
class Operated:
    """What was asked of the view."""

    rebuilds: int = 0

    async def tell(self) -> ViewAnswer:
        return ViewAnswer(
            phase="level",
            articles=7,
            scanned=0,
            of=0,
            behind_s=0.25,
            as_of=NOON,
            rebuilds=self.rebuilds,
            trouble="",
        )

    def rebuild(self) -> None:
        self.rebuilds += 1


@pytest.fixture
def operated() -> Operated:
    return Operated()


@pytest.fixture
async def client(operated: Operated) -> AsyncIterator[httpx2.AsyncClient]:
    api = create_api("Search", "", registry=CollectorRegistry())
    admin = AdminOnly(TOKEN, "SEARCH_ADMIN_TOKEN")
    api.include_router(make_view_router(operated.tell, operated.rebuild, admin))
    transport = httpx2.ASGITransport(app=api)
    async with httpx2.AsyncClient(transport=transport, base_url="http://search.test") as client:
        yield client


async def test_anybody_inside_sees_how_far_the_view_is(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/v1/view")
    assert answer.status_code == 200
    known = ViewAnswer.model_validate_json(answer.content)
    assert (known.phase, known.articles, known.as_of) == ("level", 7, NOON)


async def test_only_an_administrator_has_the_view_built_anew(
    client: httpx2.AsyncClient, operated: Operated
) -> None:
    """It costs minutes of slower answers."""
    assert (await client.post("/v1/view/rebuild")).status_code == 401
    assert operated.rebuilds == 0
    done = await client.post("/v1/view/rebuild", headers={"Authorization": f"Bearer {TOKEN}"})
    assert (done.status_code, operated.rebuilds) == (202, 1)
    assert done.json()["rebuilds"] == 0
