"""This replica's own view over HTTP: `GET /v1/view` tells how far it is, `POST /v1/view/rebuild` has it built anew."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Depends, status

from search.api.problems import problems
from shared.contracts.http.view import ViewAnswer
from shared.web import AdminOnly

Tell = Callable[[], Awaitable[ViewAnswer]]


def make_view_router(tell: Tell, rebuild: Callable[[], None], admin: AdminOnly) -> APIRouter:
    """Return the routes.

    Args:
        tell: says how far the view is.
        rebuild: has it built anew, soon.
        admin: lets only administrators do that.
    """
    router = APIRouter(prefix="/v1/view", tags=["view"])

    @router.get("", summary="How far the view is")
    async def view() -> ViewAnswer:
        """Tell how far this replica's view is."""
        return await tell()

    @router.post(
        "/rebuild",
        summary="Build the view anew",
        status_code=status.HTTP_202_ACCEPTED,
        dependencies=[Depends(admin)],
        responses=problems(401, 403),
    )
    async def build_anew() -> ViewAnswer:
        """Have the view built anew; MongoDB answers until it is level again. Asking twice does it once."""
        known = await tell()
        rebuild()
        return known

    return router
