"""Reads the parameters of a search without FastAPI, which takes ten times as long for so many of them.

The route is declared to FastAPI all the same: the OpenAPI document is made from that, and what cannot be read is given to
FastAPI, which says what is wrong with it.
"""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, cast, get_origin

from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from search.api.parameters import SearchParameters

_REPEATED = tuple(
    name for name, field in SearchParameters.model_fields.items() if get_origin(field.annotation) is list
)
_SINGLE = tuple(name for name in SearchParameters.model_fields if name not in _REPEATED)


def read_parameters(given: QueryParams) -> SearchParameters:
    """Return what a search is told; of a parameter that takes one value, the last one counts.

    Raises:
        ValidationError: something cannot be read.
    """
    told: dict[str, Any] = {name: given[name] for name in _SINGLE if name in given}
    told |= {name: given.getlist(name) for name in _REPEATED if name in given}
    return SearchParameters.model_validate(told)


class SearchRoute(APIRoute):
    """A route whose endpoint takes `SearchParameters`, by position, and nothing else, and returns a response."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        answer = cast("Callable[[SearchParameters], Awaitable[Response]]", self.endpoint)
        refuse = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                parameters = read_parameters(request.query_params)
            except ValidationError:
                return await refuse(request)
            return await answer(parameters)

        return handle
