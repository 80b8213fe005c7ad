"""`silkwire reindex`: have a search replica build its view anew from the record; shown here until it is level again."""

import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import httpx2
import typer

from shared.contracts.http.view import ViewAnswer
from silkwire.admin_token import given_token
from silkwire.errors import StartError
from silkwire.folder import DEFAULT_DATA, read_admin
from silkwire.progress import CLEAR_LINE

LOOK_EVERY_S = 0.5
ANSWERS_WITHIN_S = 30.0

_TOKEN_KEY = "SEARCH_ADMIN_TOKEN"  # noqa: S105  a setting's name


def reindex(
    *,
    search_url: Annotated[
        str | None,
        typer.Option(
            metavar="http://...",
            help="Address of one replica of search; else --data, else SEARCH_URL.",
            show_default=False,
        ),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Data folder of the `silkwire up` that is meant.", show_default=False)
    ] = None,
    only_look: Annotated[
        bool, typer.Option("--look", help="Show how far the view is and change nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The last state as JSON, for programs.")] = False,
) -> None:
    """Build one replica's view anew from MongoDB, which answers meanwhile, and wait until it is level.

    It answers more slowly, and many questions about words with 503 and Retry-After.

    Where several replicas run, name one after the other: the others answer. Ctrl-C only stops showing it.
    """
    url, token = find(search_url, data, os.environ)
    before = _ask("GET", url, "", token)
    if not only_look:
        _ask("POST", url, "/rebuild", token)
    done = before if only_look else _shown(url, token, before.rebuilds)
    print(json.dumps(done.model_dump(mode="json")) if as_json else line_of(done))


def find(search_url: str | None, data: Path | None, environment: Mapping[str, str]) -> tuple[str, str]:
    """Where search is and what it asks administrators for: as asked, else SEARCH_URL, else what the data folder says.

    Raises:
        StartError: Nobody says where it is.
    """
    url = search_url or (environment.get("SEARCH_URL") if data is None else None)
    if url:
        return url.rstrip("/"), given_token(environment, _TOKEN_KEY)
    known = read_admin(data or DEFAULT_DATA)
    if known is None or not known.search:
        raise StartError(
            f"No system of this machine has run on the data folder {data or DEFAULT_DATA}.",
            "name its folder: --data DIR (make demo: DATA_DIR)",
            f"name search and its token: --search-url http://host:8003 and {_TOKEN_KEY} (or {_TOKEN_KEY}_FILE)",
        )
    return known.search, known.token


def line_of(known: ViewAnswer) -> str:
    """How far it is, in a line."""
    trouble = f"; cannot be written: {known.trouble}" if known.trouble else ""
    if known.phase == "building":
        return f"building: {known.scanned} of about {known.of} articles read{trouble}"
    behind = "" if known.behind_s is None else f", {known.behind_s:.1f} s behind"
    words = {"waiting": "waiting for MongoDB", "catching_up": "catching up", "level": "level"}
    return f"{words[known.phase]}: {known.articles} articles can be found{behind}{trouble}"


def _shown(url: str, token: str, rebuilds: int) -> ViewAnswer:
    """Shows the view on standard error until it was built anew and is level."""
    terminal, told = sys.stderr.isatty(), ""
    while True:
        known = _ask("GET", url, "", token)
        done = known.rebuilds > rebuilds and known.phase == "level"
        line = line_of(known)
        if terminal:
            sys.stderr.write(CLEAR_LINE if done else f"{CLEAR_LINE}{line}"[:120])
        elif not done and line != told:
            sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
        told = line
        if done:
            return known
        time.sleep(LOOK_EVERY_S)


def _ask(method: str, url: str, path: str, token: str) -> ViewAnswer:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        answer = httpx2.request(
            method, f"{url}/v1/view{path}", headers=headers, trust_env=False, timeout=ANSWERS_WITHIN_S
        )
    except (httpx2.HTTPError, httpx2.InvalidURL) as err:
        raise StartError(
            f"No search answers at {url}.", "start a system: silkwire up", "or name it: --search-url"
        ) from err
    if answer.is_success:
        return ViewAnswer.model_validate_json(answer.content)
    ways = {
        httpx2.codes.UNAUTHORIZED: f"show the token that search was started with: {_TOKEN_KEY}, or {_TOKEN_KEY}_FILE",
        httpx2.codes.FORBIDDEN: f"start search with {_TOKEN_KEY}",
        httpx2.codes.NOT_FOUND: "a search with SEARCH_INDEX=mongo has no view",
    }
    way = ways.get(httpx2.codes(answer.status_code), "is this the address of search?")
    raise StartError(f"Search answered {answer.status_code}.", way)
