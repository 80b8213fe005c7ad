"""`silkwire backfill`: older articles of a source, fetched by ingest; shown here until it is done."""

import json
import os
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from shared.contracts.http.backfills import BackfillAnswer
from silkwire.errors import OptionError, StartError
from silkwire.progress import CLEAR_LINE
from silkwire.sources.client import Ingest, as_json, find

LOOK_EVERY_S = 1.0


def backfill(
    address: Annotated[
        str | None,
        typer.Argument(
            metavar="URL", help="A feed, a news sitemap, an index of sitemaps, or the site itself."
        ),
    ] = None,
    *,
    source: Annotated[
        str | None, typer.Option(help="Id of the source; else the one of this address or host.")
    ] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Leave out what was published before.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Take so many articles at most.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    follow: Annotated[
        str | None, typer.Option(metavar="ID", help="Show a backfill that was begun before.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="The answer as it is, for programs.")] = False,
    ingest_url: Annotated[
        str | None, typer.Option(metavar="http://...", help="Ingest's address; else --data, else INGEST_URL.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Data folder of the `silkwire up` that is meant.")] = None,
) -> None:
    """Fetch older articles of a source: from the archive of its feed, or from news sitemaps.

    Ingest works on it by itself, over restarts too; Ctrl-C only stops showing it. What is known stays as it is.
    """
    if (address is None) == (follow is None):
        raise OptionError("Name either an address or a backfill to follow.", "silkwire backfill --help")
    ingest = find(ingest_url, data, os.environ)
    wanted = {
        "url": address,
        "source": source,
        "since": since.date().isoformat() if since else None,
        "limit": limit,
        "dry_run": dry_run,
    }
    if follow is None:
        begun = as_json(ingest.ask("POST", "/backfills", {k: v for k, v in wanted.items() if v is not None}))
        follow = str(begun["id"])
    done = _shown(ingest, follow)
    if json_:
        print(json.dumps(done.model_dump(mode="json"), ensure_ascii=False, indent=2))
    else:
        print(line_of(done))
    if done.state == "failed":
        raise StartError(f"The backfill {done.id} failed: {done.detail}")


def _shown(ingest: Ingest, job_id: str) -> BackfillAnswer:
    """Shows a backfill on standard error until it is done."""
    terminal, told = sys.stderr.isatty(), ""
    while True:
        known = BackfillAnswer.model_validate(as_json(ingest.ask("GET", f"/backfills/{job_id}")))
        line = line_of(known)
        if terminal:
            sys.stderr.write(CLEAR_LINE if known.state != "running" else f"{CLEAR_LINE}{line}"[:120])
        elif known.state == "running" and line != told:
            sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
        told = line
        if known.state != "running":
            return known
        time.sleep(LOOK_EVERY_S)


def line_of(known: BackfillAnswer) -> str:
    """How far it has come, in a line."""
    left_out = known.undated + known.older + known.unusable
    would = "would be new" if known.dry_run else "new"
    failed = f", {known.failed} pages failed ({known.detail})" if known.failed else ""
    return (
        f"{known.id} {known.state}: {known.pages} pages read, {known.pages_left} to go; "
        f"{known.new} {would}, {known.known} known, {left_out} left out{failed}"
    )
