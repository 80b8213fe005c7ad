"""`silkwire rates backfill`: the past from the banks' archives, fetched by rates; shown here until it is done."""

import json
import os
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from shared.contracts.http.rate_backfills import RateBackfill, RateBackfillsAnswer
from silkwire.errors import OptionError, StartError
from silkwire.rates.client import RatesAdmin, find
from silkwire.rates.words import backfill_line, totals

LOOK_EVERY_S = 2.0
_DAY = ["%Y-%m-%d"]
_UP = "\x1b[{}A"
_CLEAR_LINE = "\r\x1b[K"


def backfill(
    *,
    first: Annotated[
        datetime | None, typer.Option("--from", formats=_DAY, help="The first session that is wanted.")
    ] = None,
    last: Annotated[
        datetime | None,
        typer.Option("--to", formats=_DAY, help="The last one; by default the youngest not polled for."),
    ] = None,
    bank: Annotated[str | None, typer.Option(help="Id of a bank: NBK, NBKR, NBT, CBU; else all.")] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Only show those that were begun before.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="The answer as it is, for programs.")] = False,
    rates_url: Annotated[
        str | None, typer.Option(metavar="http://...", help="Address of rates; else --data, else RATES_URL.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Data folder of the `silkwire up` that is meant.")] = None,
) -> None:
    """Fetch past sessions of the banks from their archives; eleven years of a bank by date take about an hour.

    Rates works on it by itself, over restarts too; Ctrl-C only stops showing it. What is known is not asked for again.
    """
    if (first is None) != follow or (follow and last is not None):
        raise OptionError("Say either --from or --follow.", "silkwire rates backfill --from 2015-01-01")
    if first is not None and last is not None and first > last:
        raise OptionError(f"--from {first:%Y-%m-%d} is later than --to {last:%Y-%m-%d}.")
    rates = find(rates_url, data, os.environ)
    if first is not None:
        wanted = {"first_on": f"{first:%Y-%m-%d}"}
        wanted |= {} if last is None else {"last_on": f"{last:%Y-%m-%d}"}
        wanted |= {} if bank is None else {"bank": bank.upper()}
        rates.ask("POST", "/backfills", wanted)
    done = _shown(rates, None if bank is None else bank.upper())
    if follow and bank is not None and not done:
        raise StartError(f"No backfill of {bank.upper()} is known.", "all: silkwire rates backfill --follow")
    if json_:
        told = RateBackfillsAnswer(backfills=list(done))
        print(json.dumps(told.model_dump(mode="json"), ensure_ascii=False, indent=2))
    else:
        for one in done:
            print(backfill_line(one))
        print(totals(done))
    failed = [one.bank for one in done if one.state == "failed"]
    if failed:
        raise StartError(
            f"The backfill of {', '.join(failed)} failed.", "what came is stored; begin it again later"
        )


def _shown(rates: RatesAdmin, bank: str | None) -> Sequence[RateBackfill]:
    """Shows backfills on standard error until all are done."""
    terminal, drawn, told = sys.stderr.isatty(), 0, ""
    began, begun_with = time.monotonic(), dict[str, int]()
    while True:
        answer = RateBackfillsAnswer.model_validate(rates.ask("GET", "/backfills"))
        known = [one for one in answer.backfills if bank in {None, one.bank}]
        if not any(one.state == "running" for one in known):
            sys.stderr.write(f"{_UP.format(drawn)}\x1b[J" if drawn else "")
            return known
        lines = [backfill_line(one, left_s=_left_s(one, begun_with, began)) for one in known]
        if terminal:
            sys.stderr.write(_UP.format(drawn) if drawn else "")
            sys.stderr.writelines(f"{_CLEAR_LINE}{line[:150]}\n" for line in lines)
            drawn = len(lines)
        elif (said := "\n".join(backfill_line(one) for one in known)) != told:
            sys.stderr.write(f"{said}\n")
            told = said
        sys.stderr.flush()
        time.sleep(LOOK_EVERY_S)


def _left_s(known: RateBackfill, begun_with: dict[str, int], began: float) -> float | None:
    """Seconds to go at the pace since this was first looked at; None while that is not known."""
    done = begun_with.setdefault(known.bank, known.sessions_left) - known.sessions_left
    return (time.monotonic() - began) / done * known.sessions_left if done > 0 else None
