"""The sources of a running system and how they do, over its public API."""

from datetime import datetime
from typing import Any

import httpx2

from shared.contracts.http.sources import SourceHealth
from silkwire.errors import StartError

COLUMNS = "{:<34} {:<4} {:<4} {:>9}  {:<17} {}"


def fetch(address: str) -> Any:
    """The JSON that `address` answers with.

    Raises:
        StartError: Nobody answers there, or not with JSON.
    """
    try:
        response = httpx2.get(address, trust_env=False, timeout=10)
        response.raise_for_status()
        return response.json()
    except httpx2.HTTPStatusError as err:
        raise StartError(f"{address} answered {err.response.status_code}.") from err
    except (httpx2.HTTPError, ValueError) as err:
        raise StartError(
            f"No running Silkwire answers at {address}.",
            "start one: silkwire up",
            "or name its address: --url http://host:port (or SILKWIRE_URL)",
        ) from err


def table(found: list[SourceHealth]) -> list[str]:
    """The sources as lines for people."""
    head = COLUMNS.format("source", "land", "lang", "articles", "last success", "state")
    return [head, *(_line(source) for source in found), f"{len(found)} sources"]


def _line(source: SourceHealth) -> str:
    return COLUMNS.format(
        source.name[:34],
        source.country or "-",
        source.language or "-",
        source.articles,
        _minute(source.last_success_at),
        _state(source),
    )


def _state(source: SourceHealth) -> str:
    told = "ok" if source.state == "active" else source.state
    return told if source.last_failure is None else f"{told}: {source.last_failure}"


def _minute(at: datetime | None) -> str:
    return "never" if at is None else f"{at:%Y-%m-%d %H:%MZ}"
