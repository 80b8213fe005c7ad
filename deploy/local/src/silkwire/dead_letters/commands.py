"""`silkwire dead-letters`: list, show, replay, drop."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from silkwire.dead_letters.spans import parse_span
from silkwire.dead_letters.wanted import Wanted

app = typer.Typer(
    help="Events that were given up on: look, have them heard again, drop.", no_args_is_help=True
)

DEFAULT_RATE = 100.0


def _span(text: str) -> timedelta:
    try:
        return parse_span(text)
    except ValueError as err:
        raise typer.BadParameter(str(err)) from err


Broker = Annotated[
    str | None,
    typer.Option(
        metavar="amqp://...",
        help="The broker; else --data, else AMQP_URL, else .silkwire.",
        show_default=False,
    ),
]
Data = Annotated[
    Path | None,
    typer.Option(help="Data folder of the `silkwire up` whose dead letters are meant.", show_default=False),
]
Queues = Annotated[
    list[str] | None,
    typer.Option("--queue", help="Work queue; all of them unless given.", show_default=False),
]
Types = Annotated[list[str] | None, typer.Option("--type", help="Event type.", show_default=False)]
Causes = Annotated[
    list[str] | None,
    typer.Option(
        "--cause",
        help="undecodable, unsupported, rejected, exhausted, crash_suspect, delivery_limit, ...",
        show_default=False,
    ),
]
Reason = Annotated[str, typer.Option(help="Part of the reason, in any case.", show_default=False)]
Older = Annotated[
    timedelta | None,
    typer.Option(
        "--older-than",
        parser=_span,
        metavar="SPAN",
        help="Given up on longer ago, as 2h.",
        show_default=False,
    ),
]
Newer = Annotated[
    timedelta | None,
    typer.Option(
        "--newer-than", parser=_span, metavar="SPAN", help="Given up on since, as 30m.", show_default=False
    ),
]
Ids = Annotated[
    list[str] | None, typer.Option("--id", help="Event id, or its beginning.", show_default=False)
]
Limit = Annotated[int | None, typer.Option(min=1, help="At most so many letters.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="JSON lines, for programs.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="List what is meant and change nothing.")]


@app.callback()
def dead_letters() -> None:
    """Events that were given up on: look, have them heard again, drop."""


@app.command("list")
def list_letters(
    *,
    queue: Queues = None,
    type_: Types = None,
    cause: Causes = None,
    reason: Reason = "",
    older_than: Older = None,
    newer_than: Newer = None,
    id_: Ids = None,
    limit: Limit = None,
    broker: Broker = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """List dead letters, oldest first, and how many there are of each queue and cause."""
    from silkwire.dead_letters import answers  # noqa: PLC0415  loads the bus, which `silkwire up` need not spend

    wanted = Wanted(
        queues=queue,
        types=type_,
        causes=cause,
        reason=reason,
        older_than=older_than,
        newer_than=newer_than,
        ids=id_,
        limit=limit,
        broker=broker,
        data=data,
        as_json=as_json,
    )
    answers.list_letters(wanted)


@app.command()
def show(
    id_: Annotated[str, typer.Argument(metavar="ID", help="Event id, or its beginning.")],
    *,
    queue: Queues = None,
    broker: Broker = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show dead letters in full: history, headers, body."""
    from silkwire.dead_letters import answers  # noqa: PLC0415  loads the bus, which `silkwire up` need not spend

    answers.show(Wanted(queues=queue, ids=[id_], broker=broker, data=data, as_json=as_json))


@app.command()
def replay(
    *,
    queue: Queues = None,
    type_: Types = None,
    cause: Causes = None,
    reason: Reason = "",
    older_than: Older = None,
    newer_than: Newer = None,
    id_: Ids = None,
    limit: Limit = None,
    rate: Annotated[
        float, typer.Option(min=0, help="At most so many events a second; 0 for no bound. On a broker only.")
    ] = DEFAULT_RATE,
    dry_run: DryRun = False,
    broker: Broker = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Have dead letters heard again by the one queue they died in, as if they had never failed."""
    from silkwire.dead_letters import answers  # noqa: PLC0415  loads the bus, which `silkwire up` need not spend

    wanted = Wanted(
        queues=queue,
        types=type_,
        causes=cause,
        reason=reason,
        older_than=older_than,
        newer_than=newer_than,
        ids=id_,
        limit=limit,
        broker=broker,
        data=data,
        as_json=as_json,
    )
    if dry_run:
        answers.list_letters(wanted)
    else:
        answers.replay(wanted, rate)


@app.command()
def drop(
    *,
    queue: Queues = None,
    type_: Types = None,
    cause: Causes = None,
    reason: Reason = "",
    older_than: Older = None,
    newer_than: Newer = None,
    id_: Ids = None,
    limit: Limit = None,
    all_: Annotated[
        bool, typer.Option("--all", help="Really all of them, where no filter is given.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    backup: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False, help="Keep them in this file; else in the data folder.", show_default=False
        ),
    ] = None,
    no_backup: Annotated[bool, typer.Option("--no-backup", help="Keep them nowhere.")] = False,
    dry_run: DryRun = False,
    broker: Broker = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Take dead letters out for good; they are kept in a file."""
    from silkwire.dead_letters import answers  # noqa: PLC0415  loads the bus, which `silkwire up` need not spend

    wanted = Wanted(
        queues=queue,
        types=type_,
        causes=cause,
        reason=reason,
        older_than=older_than,
        newer_than=newer_than,
        ids=id_,
        limit=limit,
        broker=broker,
        data=data,
        as_json=as_json,
    )
    if dry_run:
        answers.list_letters(wanted)
    else:
        answers.drop(wanted, meant=all_ or yes, backup=backup, keep=not no_backup)
