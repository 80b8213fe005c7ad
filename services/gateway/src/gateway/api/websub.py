"""Where WebSub hubs call: GET and POST `/websub/{token}`, handed on to ingest, who knows the tokens."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from gateway.api.answers import value_of
from gateway.ports import HubCall, HubCalls

Token = Annotated[str, Path(min_length=1, max_length=100)]


def router(ingest: HubCalls) -> APIRouter:
    """Return the routes that hubs call; not part of the described API, since only hubs know an address here.

    Args:
        ingest: hears them.
    """
    routes = APIRouter(include_in_schema=False)

    @routes.get("/websub/{token}")
    async def verify(token: Token, request: Request) -> Response:
        query = tuple(request.query_params.multi_items())
        return await _handed_on(ingest, HubCall("GET", token, query))

    @routes.post("/websub/{token}")
    async def hear(token: Token, request: Request) -> Response:
        content = await request.body()
        signature = request.headers.get("X-Hub-Signature")
        return await _handed_on(ingest, HubCall("POST", token, content=content, signature=signature))

    return routes


async def _handed_on(ingest: HubCalls, call: HubCall) -> Response:
    """Answer in plain text, problems too: what calls here is a program that looks at the status."""
    done = value_of(await ingest.hand_on(call))
    return Response(
        done.content,
        status_code=done.status,
        media_type=done.media_type,
        headers={"Cache-Control": "no-store"},
    )
