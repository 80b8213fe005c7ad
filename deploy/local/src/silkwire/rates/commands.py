"""`silkwire rates`: history, backfill."""

import typer

from silkwire.rates.backfill import backfill
from silkwire.rates.history import history

app = typer.Typer(help="The exchange rates of a running system.", no_args_is_help=True)
app.command("history")(history)
app.command("backfill")(backfill)


@app.callback()
def rates() -> None:
    """The exchange rates of a running system."""
