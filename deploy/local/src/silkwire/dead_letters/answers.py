"""What each of the four commands does."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import typer

from shared.bus.dead_letter_choice import Choice
from shared.contracts.catalogue import LIVE, QUEUES
from silkwire.dead_letters import words
from silkwire.dead_letters.place import Place, find
from silkwire.dead_letters.run import closing, run
from silkwire.dead_letters.tell import Tell
from silkwire.dead_letters.wanted import Wanted
from silkwire.dead_letters.work import Asked, Drop, Replay, Show, as_json_line, as_row, as_whole
from silkwire.errors import StartError

WORK_QUEUES = tuple(queue for queue in QUEUES if queue != LIVE)


def list_letters(wanted: Wanted) -> None:
    """Lists letters, and how many there are of each queue and cause.

    Raises:
        StartError: Something stands in the way; so also of the others.
    """
    asked = _asked(wanted)
    lines = as_json_line(with_content=False) if wanted.as_json else as_row(asked.now)
    head = None if wanted.as_json else words.head()
    tally = run(asked, _place(wanted), lambda _stop: Show(lines, head), Tell("listed"))
    if not wanted.as_json:
        for line in words.summary(tally.done):
            print(line)


def show(wanted: Wanted) -> None:
    """Shows letters in full."""
    lines = as_json_line(with_content=True) if wanted.as_json else as_whole
    tally = run(_asked(wanted), _place(wanted), lambda _stop: Show(lines), Tell("shown"))
    if not tally.done:
        ids = " or ".join(wanted.ids or ())
        raise StartError(f"No dead letter's id begins with {ids}.", "list them: silkwire dead-letters list")


def replay(wanted: Wanted, rate: float) -> None:
    """Has letters heard again, at most `rate` a second; 0 is no bound."""
    asked, place = _asked(wanted), _place(wanted)
    bound = rate if rate and place.amqp_url is not None else None
    more = "" if place.amqp_url else " They are heard at the system's next start."
    close = closing("replayed", as_json=wanted.as_json, more=more)
    run(asked, place, lambda stop: Replay(bound, stop), Tell("replayed"), close=close)


def drop(wanted: Wanted, *, meant: bool, backup: Path | None, keep: bool) -> None:
    """Takes letters out for good.

    Args:
        wanted: Which.
        meant: Whether all of them are really meant where no filter is given.
        backup: Where they are kept; None for the data folder.
        keep: Whether they are kept at all.
    """
    asked, place = _asked(wanted), _place(wanted)
    if backup is not None and not keep:
        raise StartError("Give either --backup or --no-backup, not both.")
    if asked.choice.open and not wanted.queues and not meant:
        _confirm(place)
    file = (backup or place.letters / f"dropped-{asked.now:%Y%m%dT%H%M%SZ}.jsonl") if keep else None
    more = "" if file is None else f" They are kept in {file}."
    close = closing("dropped", as_json=wanted.as_json, more=more, backup=file)
    run(asked, place, lambda _stop: Drop(file), Tell("dropped"), close=close)


def _asked(wanted: Wanted) -> Asked:
    for queue in wanted.queues or ():
        if queue not in WORK_QUEUES:
            raise StartError(f"There is no work queue {queue}.", f"there are: {', '.join(WORK_QUEUES)}")
    choice = Choice(
        ids=tuple(wanted.ids or ()),
        types=tuple(wanted.types or ()),
        causes=tuple(wanted.causes or ()),
        reason=wanted.reason,
        older_than=wanted.older_than,
        newer_than=wanted.newer_than,
    )
    # A queue that is named twice is walked past once.
    queues = tuple(dict.fromkeys(wanted.queues or WORK_QUEUES))
    return Asked(queues, choice, wanted.limit, datetime.now(UTC))


def _place(wanted: Wanted) -> Place:
    return find(wanted.broker, wanted.data, os.environ.get("AMQP_URL"))


def _confirm(place: Place) -> None:
    if not sys.stdin.isatty():
        raise StartError(
            "Drop all dead letters?",
            "say so: --all",
            "or name those that are meant: --cause, --type, --reason, --older-than, --id, ...",
            "or look first: --dry-run",
        )
    if not typer.confirm(f"Drop all dead letters of {place.name}?", err=True):
        raise typer.Exit(1)
