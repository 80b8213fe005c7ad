"""`silkwire rates history`: a pair's past as a table, a plot, CSV or JSON, over the public API of a running system."""

import json
import os
import shutil
import sys
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from silkwire.errors import OptionError, StartError
from silkwire.rates.plot import plot
from silkwire.rates.public import gateway_at
from silkwire.rates.words import table

_DAY = ["%Y-%m-%d"]
_CODE_LETTERS = 3


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
        str | None,
        typer.Option(
            metavar="http://...", help="Address of the running system; else --data, else SILKWIRE_URL."
        ),
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Data folder of the `silkwire up` that is meant.")] = None,
) -> None:
    """Show what a pair was worth, by sessions, weeks or months; a long past is asked for in parts."""
    if sum((plotted, csv is not None, json_)) > 1:
        raise OptionError("Give one of --plot, --csv and --json, not two.")
    if first is not None and last is not None and first > last:
        raise OptionError(f"--from {first:%Y-%m-%d} is later than --to {last:%Y-%m-%d}.")
    asked = _codes(pair)
    system = gateway_at(url, data, os.environ)
    begin, end = (None if moment is None else moment.date() for moment in (first, last))
    if csv is not None:
        _write(csv, system.csv(asked, begin, end, group))
        return
    found = system.history(asked, begin, end, group)
    if json_:
        print(json.dumps(found.model_dump(mode="json"), ensure_ascii=False, indent=2))
    elif plotted and found.rows:
        columns = shutil.get_terminal_size().columns
        print(plot(found.pair, [(row.session_on, row.exact_value) for row in found.rows], columns=columns))
    else:
        for line in table(found):
            print(line)


def _codes(pair: str) -> str:
    codes = pair.upper().split("/")
    if len(codes) != 2 or not all(
        len(code) == _CODE_LETTERS and code.isalpha() and code.isascii() for code in codes
    ):
        raise StartError(f"{pair} is no pair of codes.", "such as KGS/USD: what one som is worth in dollars")
    return "/".join(codes)


def _write(path: Path, text: str) -> None:
    if str(path) == "-":
        sys.stdout.write(text)
        return
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as err:
        raise StartError(f"{path} cannot be written: {err.strerror}.") from err
    rows = len(text.splitlines()) - 1
    print(f"{path}: {rows} {'row' if rows == 1 else 'rows'}")
