"""`silkwire sources`: the news sources of a running system, over HTTP."""

import json
from datetime import datetime
from typing import Annotated, Any

import httpx2
import typer

from shared.contracts.http.sources import SourceHealth, SourcesAnswer
from silkwire.errors import StartError

app = typer.Typer(help="The news sources of a running system.", no_args_is_help=True)
COLUMNS = "{:<34} {:<4} {:<4} {:>9}  {:<17} {}"


@app.callback()
def sources() -> None:
    """The news sources of a running system."""


@app.command("list")
def list_sources(
    *,
    url: Annotated[
        str, typer.Option(envvar="SILKWIRE_URL", help="Address of the running system.")
    ] = "http://127.0.0.1:8000",
    as_json: Annotated[bool, typer.Option("--json", help="The answer as it is, for programs.")] = False,
) -> None:
    """List the sources and how each is doing."""
    body = fetch(f"{url.rstrip('/')}/api/v1/sources")
    if as_json:
        print(json.dumps(body, ensure_ascii=False, indent=2))
        return
    for line in table(SourcesAnswer.model_validate(body).sources):
        print(line)


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
        source.last_failure or "ok",
    )


def _minute(at: datetime | None) -> str:
    return "never" if at is None else f"{at:%Y-%m-%d %H:%MZ}"
