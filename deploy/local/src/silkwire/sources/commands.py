"""`silkwire sources`: list, add, import, export, remove, pause, resume, revive, poll."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from shared.contracts.articles import Rights
from shared.contracts.http.source_admin import FeedPreview, ImportAnswer, PreviewAnswer, SourceSettings
from shared.contracts.http.sources import SourcesAnswer
from silkwire.errors import StartError
from silkwire.sources.client import Ingest, as_json, find
from silkwire.sources.listing import table
from silkwire.sources.words import feed_lines, import_lines, nothing_found

app = typer.Typer(help="The news sources of a running system.", no_args_is_help=True)

IngestUrl = Annotated[
    str | None,
    typer.Option(
        metavar="http://...", help="Ingest's address; else --data, else INGEST_URL.", show_default=False
    ),
]
Data = Annotated[
    Path | None,
    typer.Option(help="Data folder of the `silkwire up` that is meant; else .silkwire.", show_default=False),
]
Json = Annotated[bool, typer.Option("--json", help="The answer as it is, for programs.")]
Id = Annotated[
    str, typer.Argument(metavar="ID", help="Id of the source, as `silkwire sources list` shows it.")
]


@app.callback()
def sources() -> None:
    """The news sources of a running system."""


@app.command("list")
def list_sources(*, json_: Json = False, ingest_url: IngestUrl = None, data: Data = None) -> None:
    """List the sources, their ids, and how each is doing. Needs no token."""
    body = as_json(find(ingest_url, data, os.environ).ask("GET", "/sources"))
    if json_:
        _print_json(body)
        return
    for line in table(SourcesAnswer.model_validate(body).sources):
        print(line)


@app.command()
def add(
    address: Annotated[
        str, typer.Argument(metavar="URL", help="A feed, or any page of the publisher's site.")
    ],
    *,
    name: Annotated[str | None, typer.Option(help="Shown to readers; the feed's title by default.")] = None,
    outlet: Annotated[str | None, typer.Option(help="The publisher; by default the address's host.")] = None,
    country: Annotated[str | None, typer.Option(help="Two letters, such as KG.")] = None,
    language: Annotated[str | None, typer.Option(help="A code, such as ky.")] = None,
    rights: Annotated[
        Rights | None, typer.Option(help="How much of its texts may be shown; excerpt by default.")
    ] = None,
    interval: Annotated[float | None, typer.Option(help="Seconds between polls; else by its rhythm.")] = None,
    time_zone: Annotated[
        str | None,
        typer.Option(help="Zone of dates without one, such as Asia/Bishkek; the country's by default."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Add it without asking.")] = False,
    first: Annotated[bool, typer.Option("--first", help="Of several feeds take the likeliest.")] = False,
    json_: Json = False,
    ingest_url: IngestUrl = None,
    data: Data = None,
) -> None:
    """Look for the feed behind an address, show it, and add it as a source.

    With --json and without --yes it is only shown.
    """
    ingest = find(ingest_url, data, os.environ)
    found = _found(ingest, address if "://" in address else f"https://{address}", quiet=json_)
    if json_ and not yes:
        _print_json(found.model_dump(mode="json"))
        return
    if not found.feeds:
        raise StartError(f"No feed was found behind {found.url}.", *nothing_found(found))
    feed = _chosen(found.feeds, ask=not (first or json_))
    if not json_:
        print("\n".join(feed_lines(feed, beside_sample=ingest.sample)))
    if feed.source_id is not None:
        raise StartError(f"It is already here, as the source {feed.source_id}.")
    if not yes and not typer.confirm("Add it?"):
        return
    wanted = {
        "url": feed.url,
        "name": name or feed.title,
        "outlet": outlet,
        "country": country,
        "language": language or feed.language,
        "rights": rights or "excerpt",
        "interval_s": interval,
        "time_zone": time_zone,
        "link": feed.link,
    }
    given = {key: value for key, value in wanted.items() if value not in {None, ""}}
    made = as_json(ingest.ask("POST", "/sources", given))
    _tell(made, "added", json_=json_)


def _found(ingest: Ingest, address: str, *, quiet: bool) -> PreviewAnswer:
    if not quiet:
        print(f"Looking for a feed behind {address}, which may take up to a minute.", file=sys.stderr)
    return PreviewAnswer.model_validate(as_json(ingest.ask("POST", "/sources/preview", {"url": address})))


def _chosen(feeds: list[FeedPreview], *, ask: bool) -> FeedPreview:
    if len(feeds) == 1 or not ask:
        return feeds[0]
    for number, feed in enumerate(feeds, start=1):
        print(f"{number}. {feed.title or 'no title'}  ({feed.kind}, {feed.entries} entries)  {feed.url}")
    more = _more_than(len(feeds))
    if not sys.stdin.isatty():
        raise StartError(
            f"{len(feeds)} feeds were found.",
            *more,
            "take the likeliest: --first",
            "or name the address of one of them",
        )
    for line in more:
        print(f"({line})")
    chosen: int = typer.prompt("Which one", type=int, default=1)
    if not 1 <= chosen <= len(feeds):
        raise StartError(f"There is no number {chosen}.", f"choose one of 1 to {len(feeds)}")
    return feeds[chosen - 1]


def _more_than(found: int) -> list[str]:
    """What is to be said where the search stopped at so many, if it did."""
    from ingest.pipeline.discovery import MAX_FEEDS  # noqa: PLC0415  loads ingest, which other commands need not spend

    return (
        [f"no more than {found} are looked at: if the right one is missing, name its address"]
        if found >= MAX_FEEDS
        else []
    )


@app.command("import")
def import_list(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="An OPML list.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be changed.")] = False,
    json_: Json = False,
    ingest_url: IngestUrl = None,
    data: Data = None,
) -> None:
    """Merge a list: rows add or change sources, others stay. Safe to repeat."""
    ingest = find(ingest_url, data, os.environ)
    query = {"dry_run": "1"} if dry_run else {}
    body = as_json(ingest.ask("POST", "/sources/opml", content=file.read_bytes(), **query))
    if json_:
        _print_json(body)
        return
    for line in import_lines(ImportAnswer.model_validate(body)):
        print(line)


@app.command()
def export(
    file: Annotated[Path | None, typer.Argument(help="Where to; standard output by default.")] = None,
    *,
    ingest_url: IngestUrl = None,
    data: Data = None,
) -> None:
    """Write all sources with all their settings as OPML."""
    opml = find(ingest_url, data, os.environ).ask("GET", "/sources.opml").content
    if file is None:
        sys.stdout.write(opml.decode("utf-8"))
        return
    try:
        file.write_bytes(opml)
    except OSError as err:
        raise StartError(f"{file} cannot be written: {err.strerror}.") from err


@app.command()
def remove(
    source: Id,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Remove it without asking.")] = False,
    ingest_url: IngestUrl = None,
    data: Data = None,
) -> None:
    """Poll a source no more and show it no more; its articles stay."""
    ingest = find(ingest_url, data, os.environ)
    known = SourceSettings.model_validate(as_json(ingest.ask("GET", f"/sources/{source}")))
    if not yes and not typer.confirm(f"Remove {known.name} ({known.url})? Its articles stay."):
        return
    ingest.ask("DELETE", f"/sources/{source}")
    print(f"removed {known.name}  ({known.id})")


@app.command()
def pause(source: Id, *, json_: Json = False, ingest_url: IngestUrl = None, data: Data = None) -> None:
    """Keep a source from being polled."""
    _act(source, "pause", "paused", json_=json_, ingest_url=ingest_url, data=data)


@app.command()
def resume(source: Id, *, json_: Json = False, ingest_url: IngestUrl = None, data: Data = None) -> None:
    """Poll a paused source again, at once."""
    _act(source, "resume", "resumed", json_=json_, ingest_url=ingest_url, data=data)


@app.command()
def revive(source: Id, *, json_: Json = False, ingest_url: IngestUrl = None, data: Data = None) -> None:
    """Take a source into use again that was given up."""
    _act(source, "revive", "in use:", json_=json_, ingest_url=ingest_url, data=data)


@app.command()
def poll(source: Id, *, json_: Json = False, ingest_url: IngestUrl = None, data: Data = None) -> None:
    """Poll a source now."""
    _act(source, "poll", "will be polled now:", json_=json_, ingest_url=ingest_url, data=data)


def _act(
    source: str, action: str, told: str, *, json_: bool, ingest_url: str | None, data: Path | None
) -> None:
    ingest = find(ingest_url, data, os.environ)
    _tell(as_json(ingest.ask("POST", f"/sources/{source}/{action}")), told, json_=json_)


def _tell(body: Any, told: str, *, json_: bool) -> None:
    if json_:
        _print_json(body)
        return
    made = SourceSettings.model_validate(body)
    print(f"{told} {made.name}  ({made.id})")


def _print_json(body: Any) -> None:
    print(json.dumps(body, ensure_ascii=False, indent=2))
