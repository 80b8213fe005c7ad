"""What search answers where it cannot answer: each of its errors as a problem."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from search.ports import IndexBusyError, IndexUnavailableError, WalkExpiredError
from shared.contracts.http.problem import PROBLEM_MEDIA_TYPE, FieldFault, ProblemAnswer
from shared.web import HTTPProblem

RETRY_AFTER_S = 5
BUSY_RETRY_AFTER_S = 1


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return OpenAPI's description of errors by their statuses."""
    content: dict[str, Any] = {PROBLEM_MEDIA_TYPE: {}}
    return {status: {"model": ProblemAnswer, "content": content} for status in statuses}


@contextmanager
def told() -> Iterator[None]:
    """Tell what goes wrong inside as a problem.

    Raises:
        HTTPProblem: 503 with Retry-After where nothing can answer now, 400 for a cursor whose order is forgotten.
    """
    try:
        yield
    except IndexBusyError as error:
        raise HTTPProblem(
            503,
            "search-busy",
            "Search busy",
            "Too much is asked at once, or this takes too long. Fewer words, prefixes or facets are answered sooner.",
            headers={"Retry-After": str(BUSY_RETRY_AFTER_S)},
        ) from error
    except IndexUnavailableError as error:
        raise HTTPProblem(
            503,
            "index-unavailable",
            "Search unavailable",
            "The articles cannot be searched at the moment.",
            headers={"Retry-After": str(RETRY_AFTER_S)},
        ) from error
    except WalkExpiredError as error:
        raise HTTPProblem(
            400,
            "cursor-expired",
            "Cursor expired",
            "An order by relevance is kept for a quarter of an hour. Ask again without `cursor`.",
            errors=[FieldFault(name="cursor", message="no longer known; begin again without it")],
        ) from error
