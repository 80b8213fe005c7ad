"""What WebSub hubs ask and tell: GET and POST /v1/websub/{token}, reached through the gateway.

The token in the address is all that lets a caller in, and what is told must be signed besides. Nothing said here is cached,
and nothing tells a wrong signature from a right one.
"""

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request, Response

from ingest.api.sources import database_within
from ingest.domain.websub.callbacks import Asked, Verdict
from ingest.ports import HubCalls

Token = Annotated[str, Path(min_length=1, max_length=100)]
_HIDDEN = {"Cache-Control": "no-store"}


def websub_router(hubs: HubCalls) -> APIRouter:
    """Return the routes that hubs call.

    Args:
        hubs: hears them.
    """
    router = APIRouter(prefix="/v1/websub", tags=["websub"], include_in_schema=False)

    @router.get("/{token}")
    async def verify(
        token: Token,
        mode: Annotated[str, Query(alias="hub.mode")] = "",
        topic: Annotated[str, Query(alias="hub.topic")] = "",
        challenge: Annotated[str, Query(alias="hub.challenge")] = "",
        lease_seconds: Annotated[str, Query(alias="hub.lease_seconds")] = "",
    ) -> Response:
        """Repeat the challenge where we asked for just this, 404 where we did not; take note of a denial."""
        async with database_within():
            verdict = await hubs.asked(token, Asked(mode, topic, challenge, lease_seconds))
        if verdict is Verdict.CONFIRM:
            return Response(challenge, media_type="text/plain", headers=_HIDDEN)
        return Response(status_code=204 if verdict is Verdict.DENIED else 404, headers=_HIDDEN)

    @router.post("/{token}")
    async def hear(
        token: Token,
        request: Request,
        signature: Annotated[str | None, Header(alias="X-Hub-Signature")] = None,
    ) -> Response:
        """Take note of what is told: 202 whether it is signed or not, 410 where nobody listens any more."""
        body = await request.body()
        async with database_within():
            known = await hubs.told(token, signature, body)
        return Response(status_code=202 if known else 410, headers=_HIDDEN)

    return router
