"""Runs the work of one command: signals, the place, the closing line, the exit code."""

import asyncio
import signal
import sys
from collections.abc import Callable
from logging import CRITICAL, getLogger
from pathlib import Path

import typer

from shared.telemetry import logging
from silkwire.dead_letters import words
from silkwire.dead_letters.place import Place, open_store
from silkwire.dead_letters.tell import Tell
from silkwire.dead_letters.work import Action, Asked, Tally, work

EXIT_STOPPED = 130

Close = Callable[[Tally], None]
"""Says what came of work that takes letters out."""


def run(
    asked: Asked,
    place: Place,
    action: Callable[[asyncio.Event], Action],
    tell: Tell,
    *,
    close: Close | None = None,
) -> Tally:
    """Does the work; SIGINT and SIGTERM end it in order, with exit code 130.

    Args:
        asked: Which letters are meant.
        place: Where they are.
        action: Makes what is done to them, given what is set when the work is to end.
        tell: Tells how far it has come.
        close: Says what came of it, also when it broke off; its being there means that letters are taken out.
    """
    tally = Tally()
    logging.configure("error", "console", "silkwire")
    # What the broker's library says of a connection that fails, we say in words of our own.
    getLogger("aiormq").setLevel(CRITICAL)
    if place.note:
        print(place.note, file=sys.stderr)

    async def live() -> bool:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        async with open_store(place, changing=close is not None) as store:
            try:
                await work(store, asked, action(stop), tally, tell=tell, stop=stop)
            finally:
                if close is not None:
                    close(tally)
        return stop.is_set()

    stopped = asyncio.run(live())
    if tally.unseen:
        print(f"{tally.unseen} more were not looked at: too many to hold, or too long.", file=sys.stderr)
    if stopped:
        print("Stopped; what was not yet done is still there.", file=sys.stderr)
        raise typer.Exit(EXIT_STOPPED)
    return tally


def closing(what: str, *, as_json: bool, more: str, backup: Path | None = None) -> Close:
    """How the last line says what came of it."""

    def close(tally: Tally) -> None:
        done = tally.done.total()
        if as_json:
            by = [{"queue": queue, "cause": cause, "count": n} for (queue, cause), n in tally.done.items()]
            told = {what: done, "total": tally.total, "seconds": round(tally.seconds, 3), "by": by}
            if what == "dropped":
                told["backup"] = str(backup) if backup and done else None
            print(words.as_json(told))
            return
        print(
            f"{what.capitalize()} {done} of {tally.total} dead letters in {tally.seconds:.1f} s; "
            f"{tally.total - done} stay.{more if done else ''}"
        )

    return close
