"""The OpenAPI 3.1 document of the public API."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from shared.contracts.http.problem import PROBLEM_MEDIA_TYPE, ProblemAnswer

PATH = "/api/v1/openapi.json"

DESCRIPTION = """Central Asia's news and official exchange rates as one feed.

Reading needs no key. Times are RFC 3339 in UTC, numbers that count are decimal strings, errors are
`application/problem+json` (RFC 9457). Lists are paged by `page` or, to any depth, by `cursor`; the `Link` header
carries the addresses of the pages around an answer. Every answer has an `ETag`; HEAD works wherever GET does.
"""

TAGS = [
    {"name": "feed", "description": "The ticker and the news, and the search in it."},
    {"name": "articles", "description": "Single articles, as far as their source's rights allow."},
    {"name": "rates", "description": "Official exchange rates; each names and links the bank that fixed it."},
    {"name": "sources", "description": "The news sources and how they are doing."},
    {"name": "administration", "description": "For administrators, by bearer token; off while none is set."},
]

_UNUSED = ("HTTPValidationError", "ValidationError")


def document(app: FastAPI) -> dict[str, Any]:
    """Return the document; problems are described by their contract instead of the framework's own error shape."""
    made = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        tags=TAGS,
        license_info=app.license_info,
        servers=[{"url": "/", "description": "This server"}],
    )
    _drop_framework_errors(made["paths"])
    schemas: dict[str, Any] = made["components"]["schemas"]
    problem = ProblemAnswer.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs", {}))
    schemas["ProblemAnswer"] = problem
    for name in _UNUSED:
        schemas.pop(name, None)
    made["components"]["securitySchemes"] = {"AdminToken": {"type": "http", "scheme": "bearer"}}
    made["components"]["schemas"] = dict(sorted(schemas.items()))
    return made


def _drop_framework_errors(paths: dict[str, Any]) -> None:
    """Remove the 422 that FastAPI adds in its own shape wherever a path has a parameter, even one without bounds."""
    for operations in paths.values():
        for operation in operations.values():
            told = operation["responses"].get("422")
            if told is not None and PROBLEM_MEDIA_TYPE not in told["content"]:
                del operation["responses"]["422"]
