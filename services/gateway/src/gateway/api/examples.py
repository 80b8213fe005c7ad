"""One complete example of every answer and error, as shown in OpenAPI; the files stand beside the contracts."""

import json
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from shared.contracts.http.problem import PROBLEM_MEDIA_TYPE

_PROBLEM_SCHEMA = {"$ref": "#/components/schemas/ProblemAnswer"}
_FOLDER = files("shared.contracts.http").joinpath("examples")
_HEADERS = {
    "ETag": {"description": "Send it back as If-None-Match to get 304.", "schema": {"type": "string"}},
}
_LINK = {
    "Link": {
        "description": "Addresses of the first, prev, next and last page (RFC 8288).",
        "schema": {"type": "string"},
    }
}


def example(name: str) -> dict[str, Any]:
    """Return an example by its file's name."""
    read: dict[str, Any] = json.loads(_FOLDER.joinpath(f"{name}.json").read_text(encoding="utf-8"))
    return read


def answer(name: str, *, another: str = "", links: bool = False) -> dict[int | str, dict[str, Any]]:
    """Return OpenAPI's description of a successful answer, by its example and possibly a second one."""
    shown: dict[str, Any] = {"example": example(name)}
    if another:
        shown = {"examples": {one: {"value": example(one)} for one in (name, another)}}
    return {
        200: {
            "content": {"application/json": shown},
            "headers": {**_HEADERS, **(_LINK if links else {})},
        },
        304: {"description": "Not changed since the answer whose ETag was sent as If-None-Match."},
    }


def problems(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """Return OpenAPI's description of errors, each kind by its example; several may have one status."""
    told: dict[int | str, dict[str, Any]] = {}
    for status, shown in sorted(_by_status(kinds).items()):
        titles = [example["title"] for example in shown.values()]
        content = (
            {"example": next(iter(shown.values()))}
            if len(shown) == 1
            else {"examples": {kind: {"value": value} for kind, value in shown.items()}}
        )
        told[status] = {
            "description": "; ".join(dict.fromkeys(titles)),
            "content": {PROBLEM_MEDIA_TYPE: {"schema": _PROBLEM_SCHEMA, **content}},
        }
    return told


def _by_status(kinds: Sequence[str]) -> dict[int, dict[str, Any]]:
    shown: dict[int, dict[str, Any]] = {}
    for kind in kinds:
        read = example(f"problem-{kind}")
        shown.setdefault(int(read["status"]), {})[kind] = read
    return shown
