"""Speaks with the administration of rates: finds where it is and which token it wants, and tells what it refuses."""

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
from silkwire.folder import DEFAULT_DATA, read_admin

_ANSWERS_WITHIN_S = 20.0
_OPTIONS = {"first_on": "--from", "last_on": "--to", "bank": "--bank"}
"""What the administration calls a field, by what is typed here."""

_NAME_RATES = (
    "name rates and its token: --rates-url http://host:8002 and RATES_ADMIN_TOKEN (or RATES_ADMIN_TOKEN_FILE)"
)


@dataclass(frozen=True)
class RatesAdmin:
    """The administration of rates.

    Attributes:
        url: Its address.
        token: What it asks administrators for.
    """

    url: str
    token: str

    def ask(self, method: str, path: str, body: Mapping[str, str] | None = None) -> Any:
        """Its answer to a request below `/v1`.

        Raises:
            StartError: It does not answer, or refuses; in its own words.
        """
        try:
            answer = httpx2.request(
                method,
                f"{self.url}/v1{path}",
                json=body,
                headers={"Authorization": f"Bearer {self.token}"},
                trust_env=False,
                timeout=_ANSWERS_WITHIN_S,
            )
        except (httpx2.HTTPError, httpx2.InvalidURL) as err:
            raise StartError(
                f"No rates service answers at {self.url}.",
                "start a system: silkwire up",
                "or name the data folder of one that runs: --data DIR",
                _NAME_RATES,
            ) from err
        if answer.status_code >= HTTPStatus.BAD_REQUEST:
            raise refusal(answer)
        return answer.json()


def find(rates_url: str | None, data: Path | None, environment: Mapping[str, str]) -> RatesAdmin:
    """Where rates is: as asked, else RATES_URL, else what the data folder of `silkwire up` says.

    Args:
        rates_url: The address that was asked for.
        data: The data folder that was asked for.
        environment: Environment variables.

    Raises:
        StartError: Nobody says where it is, or what its token is.
    """
    url = rates_url or (environment.get("RATES_URL") if data is None else None)
    if url:
        token = given_token(environment, "RATES_ADMIN_TOKEN")
        if not token:
            raise StartError("Rates fetches the past only for those who show its token.", _NAME_RATES)
        return RatesAdmin(url.rstrip("/"), token)
    folder = data or DEFAULT_DATA
    known = read_admin(folder)
    if known is None or not known.rates:
        raise StartError(
            f"No system of this machine has run on the data folder {folder}.",
            "name its folder: --data DIR (make demo: DATA_DIR)",
            _NAME_RATES,
        )
    return RatesAdmin(known.rates, known.token)


def refusal(answer: httpx2.Response, *, named: Mapping[str, str] = _OPTIONS) -> StartError:
    """What a service or the gateway said no to, in its own words, with the way out where there is one.

    Args:
        answer: Its answer.
        named: What its parameters are called here; where one of them is wrong, no name is told but that of the option.
    """
    try:
        problem = ProblemAnswer.model_validate_json(answer.content)
    except ValidationError:
        return StartError(f"{answer.url} answered {answer.status_code}.", "is this the right address?")
    ways = {
        HTTPStatus.UNAUTHORIZED: "the token is not the one that rates was started with (RATES_ADMIN_TOKEN)",
        HTTPStatus.FORBIDDEN: "start rates with RATES_ADMIN_TOKEN",
        HTTPStatus.SERVICE_UNAVAILABLE: "try again in some seconds",
    }
    way = ways.get(HTTPStatus(answer.status_code))
    if problem.errors:
        faults = [f"{named.get(fault.name, fault.name)} {fault.message}." for fault in problem.errors]
        return StartError(*faults, *([way] if way else []))
    return StartError(problem.detail or problem.title, *([way] if way else []))
