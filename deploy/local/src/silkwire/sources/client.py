"""Speaks with ingest's administration: finds where it is and which token it wants, and tells what it refuses."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx2
from pydantic import ValidationError

from shared.contracts.http.problem import ProblemAnswer
from silkwire.admin_token import given_token
from silkwire.errors import StartError
from silkwire.folder import DEFAULT_DATA, read_admin, read_kind

ANSWERS_WITHIN_S = 90.0
"""Longer than ingest looks for feeds, or merges a long list."""

_NAME_INGEST = "name ingest and its token: --ingest-url http://host:8001 and INGEST_ADMIN_TOKEN (or INGEST_ADMIN_TOKEN_FILE)"


@dataclass(frozen=True)
class Ingest:
    """Ingest's administration.

    Attributes:
        url: Its address.
        token: What it asks administrators for; empty for somebody who only looks.
        sample: Whether it is known to be that of a sample newsroom, whose articles are invented.
    """

    url: str
    token: str
    sample: bool = False

    def ask(
        self, method: str, path: str, body: object = None, *, content: bytes = b"", **query: str
    ) -> httpx2.Response:
        """Its answer.

        Args:
            method: HTTP method.
            path: Below `/v1`.
            body: Sent as JSON; None for nothing.
            content: Sent as it is, instead.
            query: Parameters of the address.

        Raises:
            StartError: It does not answer, or refuses; in its own words.
        """
        sent = content if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            answer = httpx2.request(
                method,
                f"{self.url}/v1{path}",
                content=sent,
                params=query,
                headers=headers,
                trust_env=False,
                timeout=ANSWERS_WITHIN_S,
            )
        except (httpx2.HTTPError, httpx2.InvalidURL) as err:
            raise StartError(
                f"No ingest answers at {self.url}.",
                "start a system: silkwire up",
                "or name the data folder of one that runs: --data DIR",
                _NAME_INGEST,
            ) from err
        if answer.status_code >= HTTPStatus.BAD_REQUEST:
            raise _refusal(answer, shown=bool(self.token))
        return answer


def find(ingest_url: str | None, data: Path | None, environment: Mapping[str, str]) -> Ingest:
    """Where ingest is: as asked, else INGEST_URL, else what the data folder of `silkwire up` says.

    Args:
        ingest_url: The address that was asked for.
        data: The data folder that was asked for.
        environment: Environment variables.

    Raises:
        StartError: Nobody says where it is.
    """
    url = ingest_url or (environment.get("INGEST_URL") if data is None else None)
    if url:
        return Ingest(url.rstrip("/"), given_token(environment, "INGEST_ADMIN_TOKEN"))
    folder = data or DEFAULT_DATA
    known = read_admin(folder)
    if known is None:
        raise StartError(
            f"No system of this machine has run on the data folder {folder}.",
            "name its folder: --data DIR (make demo: DATA_DIR)",
            _NAME_INGEST,
        )
    return Ingest(known.ingest, known.token, sample=read_kind(folder) == "sample")


def _refusal(answer: httpx2.Response, *, shown: bool) -> StartError:
    try:
        problem = ProblemAnswer.model_validate_json(answer.content)
    except ValidationError:
        return StartError(f"Ingest answered {answer.status_code}.", "is this the address of ingest?")
    if answer.status_code == HTTPStatus.UNAUTHORIZED and not shown:
        return StartError(
            "Ingest changes sources only for those who show its token.",
            "set INGEST_ADMIN_TOKEN, or INGEST_ADMIN_TOKEN_FILE to a file that holds it",
        )
    ways = {
        HTTPStatus.UNAUTHORIZED: "the token is not the one that ingest was started with (INGEST_ADMIN_TOKEN)",
        HTTPStatus.FORBIDDEN: "start ingest with INGEST_ADMIN_TOKEN",
        HTTPStatus.NOT_FOUND: "the ids: silkwire sources list",
        HTTPStatus.SERVICE_UNAVAILABLE: "try again in some seconds",
    }
    way = ways.get(HTTPStatus(answer.status_code))
    if problem.type.endswith(":unknown-backfill"):
        way = "its id is the first word of what `silkwire backfill` prints"
    faults = [
        f"{fault.name}: {fault.message}" for fault in problem.errors if fault.message not in problem.detail
    ]
    return StartError(problem.detail or problem.title, *faults, *([way] if way else []))


def as_json(answer: httpx2.Response) -> Any:
    """What an answer holds."""
    return answer.json()
