"""The command line: `silkwire up`, `sources`, `articles`, `backfill`, `rates`, `dead-letters`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from silkwire import articles, backfill, system
from silkwire.dead_letters import commands as dead_letters
from silkwire.errors import OptionError, SilkwireError
from silkwire.folder import DEFAULT_DATA
from silkwire.options import Options
from silkwire.progress import Progress
from silkwire.rates import commands as rates
from silkwire.sources import commands as sources

app = typer.Typer(
    name="silkwire",
    help="Central Asia's news and official exchange rates as one feed, on this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(sources.app, name="sources")
app.add_typer(articles.app, name="articles")
app.add_typer(rates.app, name="rates")
app.add_typer(dead_letters.app, name="dead-letters")
app.command("backfill")(backfill.backfill)


@app.callback()
def silkwire() -> None:
    """Central Asia's news and official exchange rates as one feed, on this machine."""


@app.command()
def up(
    *,
    port: Annotated[int, typer.Option(min=1, max=65435, help="TCP port of the page and the API.")] = 8000,
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for all.")] = "127.0.0.1",
    data: Annotated[Path, typer.Option(help="Folder that keeps everything.")] = DEFAULT_DATA,
    opml: Annotated[
        Path | None,
        typer.Option(
            "--sources", exists=True, dir_okay=False, help="OPML file of real sources; no sample then."
        ),
    ] = None,
    sample: Annotated[
        bool | None,
        typer.Option(help="The sample newsroom and banks; on unless --sources is given.", show_default=False),
    ] = None,
    broker: Annotated[
        str,
        typer.Option(
            metavar="auto|memory|amqp://...",
            help="auto: AMQP_URL, else an own RabbitMQ node, else one process on the memory bus.",
        ),
    ] = "auto",
    mongo: Annotated[
        str,
        typer.Option(
            metavar="embedded|mongodb://...", envvar="MONGODB_URI", help="A replica set, or our own."
        ),
    ] = "embedded",
) -> None:
    """Start the whole system, print the page's address, and run until Ctrl-C."""
    with_sample = opml is None if sample is None else sample
    options = Options(
        host=host, port=port, data=data, sources=opml, sample=with_sample, broker=broker, mongo=mongo
    )
    system.run(options, Progress())


def main() -> None:
    """Runs the command line; what stands in the way is told in one message with the way out.

    Exit codes: 1 something stands in the way, 2 an option is wrong.
    """
    try:
        app()
    except SilkwireError as err:
        print(f"silkwire: {err}", file=sys.stderr)
        sys.exit(2 if isinstance(err, OptionError) else 1)
