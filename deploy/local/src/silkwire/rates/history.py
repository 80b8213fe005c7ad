"""`silkwire rates history`: a pair's past as a table, a plot, CSV or JSON, over the public API of a running system."""

import json
import shutil
import sys
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import httpx2
import typer

from shared.contracts.http.rate_history import HistoryAnswer, PeriodsAnswer
from silkwire.errors import StartError
from silkwire.rates.client import refusal
from silkwire.rates.plot import plot
from silkwire.rates.words import table

_ANSWERS_WITHIN_S = 30.0
_DAY = ["%Y-%m-%d"]


class Group(StrEnum):
    """What a row stands for."""

    WEEK = "week"
    MONTH = "month"


def history(
    pair: Annotated[str, typer.Argument(metavar="BASE/QUOTE", help="Such as KGS/USD, USD/KGS or KGS/UZS.")],
    *,
    first: Annotated[
        datetime | None, typer.Option("--from", formats=_DAY, help="First session; else a year back.")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=_DAY, help="Last session; else the newest.")
    ] = None,
    group: Annotated[Group | None, typer.Option(help="By weeks or months, by their last fixing.")] = None,
    plotted: Annotated[bool, typer.Option("--plot", help="A line in place of the table.")] = False,
    csv: Annotated[
        Path | None, typer.Option(help="Write CSV to a file, or with - to standard output.", allow_dash=True)
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="The answer as it is, for programs.")] = False,
    url: Annotated[
        str, typer.Option(envvar="SILKWIRE_URL", help="Address of the running system.")
    ] = "http://127.0.0.1:8000",
) -> None:
    """Show what a pair was worth: eleven years at most by sessions, all there is by weeks or months."""
    query = {
        "after": None if first is None else f"{first:%Y-%m-%d}",
        "before": None if last is None else f"{last:%Y-%m-%d}",
        "group": None if group is None else group.value,
    }
    given = {name: value for name, value in query.items() if value is not None}
    address = f"{url.rstrip('/')}/api/v1/rates/{_codes(pair)}/history"
    if csv is not None:
        _write(csv, _asked(address, {**given, "format": "csv"}))
        return
    body = _asked(address, given)
    if json_:
        print(json.dumps(json.loads(body), ensure_ascii=False, indent=2))
        return
    model = HistoryAnswer if group is None else PeriodsAnswer
    found: HistoryAnswer | PeriodsAnswer = model.model_validate_json(body)
    if plotted and found.rows:
        columns = shutil.get_terminal_size().columns
        print(plot(found.pair, [(row.session_on, row.exact_value) for row in found.rows], columns=columns))
        return
    for line in table(found):
        print(line)


def _codes(pair: str) -> str:
    base, slash, quote = pair.upper().partition("/")
    if not slash or not (base.isalpha() and quote.isalpha() and base.isascii() and quote.isascii()):
        raise StartError(f"{pair} is no pair of codes.", "such as KGS/USD: what one som is worth in dollars")
    return f"{base}/{quote}"


def _asked(address: str, query: dict[str, str]) -> bytes:
    try:
        answer = httpx2.get(address, params=query, trust_env=False, timeout=_ANSWERS_WITHIN_S)
    except (httpx2.HTTPError, httpx2.InvalidURL) as err:
        raise StartError(
            f"No running Silkwire answers at {address}.",
            "start one: silkwire up",
            "or name its address: --url http://host:port (or SILKWIRE_URL)",
        ) from err
    if not answer.is_success:
        raise refusal(answer)
    return bytes(answer.content)


def _write(path: Path, content: bytes) -> None:
    if str(path) == "-":
        sys.stdout.write(content.decode())
        return
    try:
        path.write_bytes(content)
    except OSError as err:
        raise StartError(f"{path} cannot be written: {err.strerror}.") from err
    print(f"{path}: {len(content.splitlines()) - 1} rows")
