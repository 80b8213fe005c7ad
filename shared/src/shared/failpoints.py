"""Named points at which a test makes this process die, to see that nothing is lost; unless armed they do nothing.

    SILKWIRE_FAILPOINTS=outbox.after_confirm:3              dies, as by kill -9, when the point is reached the third time
    SILKWIRE_FAILPOINTS=search.handle:match=Poison          dies whenever it handles an event about such a text
    SILKWIRE_FAILPOINTS=ingest.after_fetch:1,bus.sent:2     several, separated by commas

Only `shared.service.main` reads the variable and arms the points. One that is off costs 32 ns (CPython 3.11): a call
and a look at an empty dictionary.
"""

import asyncio
import os
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

VARIABLE = "SILKWIRE_FAILPOINTS"
EXIT_KILLED = 137
"""The exit code of a process that was killed with signal 9, as shells and orchestrators show it."""

TURNS = 100
"""Turns of the event loop that a sent message is given to get out: about a millisecond."""

INGEST_AFTER_FETCH = "ingest.after_fetch"
INGEST_AFTER_STORE = "ingest.after_store"
INGEST_AFTER_ETAG = "ingest.after_etag"
OUTBOX_BEFORE_PUBLISH = "outbox.before_publish"
OUTBOX_AFTER_CONFIRM = "outbox.after_confirm"
BUS_SENT = "bus.sent"
BUS_RETRY_SENT = "bus.retry_sent"
BUS_RETRY_CONFIRMED = "bus.retry_confirmed"
SEARCH_HANDLE = "search.handle"
SEARCH_BEFORE_WRITE = "search.before_write"
SEARCH_AFTER_WRITE = "search.after_write"

POINTS = {
    INGEST_AFTER_FETCH: "A source has answered; nothing of the answer is stored.",
    INGEST_AFTER_STORE: "An article's revision and its pending event are stored, in one write.",
    INGEST_AFTER_ETAG: "All entries of an answer are stored, and so is what the answer is recognised by.",
    OUTBOX_BEFORE_PUBLISH: "A pending event was read and is about to be published.",
    OUTBOX_AFTER_CONFIRM: "The bus has confirmed an event that is still pending in its document.",
    BUS_SENT: "A message other than a retry is sent to the broker; its confirm, if it came, was not looked at.",
    BUS_RETRY_SENT: "An event is sent to a retry queue; its confirm, if it came, was not looked at.",
    BUS_RETRY_CONFIRMED: "A retry queue has an event whose delivery is not yet acknowledged.",
    SEARCH_HANDLE: "An event was read from the bus; matches by its subject or title.",
    SEARCH_BEFORE_WRITE: "A batch of articles is about to be stored.",
    SEARCH_AFTER_WRITE: "A batch of articles is stored, and its deliveries are not yet acknowledged.",
}
"""Every point and what has happened when it is reached."""

_MATCHING = frozenset({SEARCH_HANDLE})
"""The points that tell what they are about."""

Answer = TypeVar("Answer")


class FailpointError(ValueError):
    """The text that is to arm failpoints cannot be followed."""


@dataclass(slots=True)
class _Trigger:
    """When to die: at the hit after `left` more, or at every hit about `match`."""

    left: int = 0
    match: str | None = None

    def due(self, about: tuple[str, ...]) -> bool:
        if self.match is not None:
            return any(self.match in text for text in about)
        self.left -= 1
        return self.left == 0


_armed: dict[str, list[_Trigger]] = {}


def arm(spec: str) -> list[str]:
    """Arm the points that `spec` names, and no others; an empty one disarms all.

    Args:
        spec: `name:nth` or `name:match=TEXT`, several separated by commas.

    Returns:
        The names of the armed points.

    Raises:
        FailpointError: an unknown name, or a condition that is none; nothing is armed then.
    """
    wanted: dict[str, list[_Trigger]] = {}
    for part in filter(None, (piece.strip() for piece in spec.split(","))):
        name, _, condition = part.partition(":")
        if name not in POINTS:
            known = "".join(f"\n  {point}: {says}" for point, says in POINTS.items())
            raise FailpointError(f"there is no failpoint {name!r}; those known are{known}")
        wanted.setdefault(name, []).append(_trigger(name, condition))
    _armed.clear()
    _armed.update(wanted)
    return sorted(wanted)


def failpoint(name: str, *about: str) -> None:
    """Be a point at which a test may make this process die.

    Args:
        name: one of `POINTS`.
        about: texts for `match`.
    """
    if _armed:
        _hit(name, about)


def unanswered(name: str, asking: Coroutine[Any, Any, Answer]) -> Coroutine[Any, Any, Answer]:
    """Be a point between a message's leaving and the look at its answer; await what this returns.

    Args:
        name: one of `POINTS`.
        asking: sends the message and waits for the answer.
    """
    return _ask(name, asking) if _armed else asking


async def _ask(name: str, asking: Coroutine[Any, Any, Answer]) -> Answer:
    if not _due(name, ()):
        return await asking
    task = asyncio.ensure_future(asking)
    for _ in range(TURNS):
        if not task.done():
            await asyncio.sleep(0)
    return _die(name)


def _hit(name: str, about: tuple[str, ...]) -> None:
    if _due(name, about):
        _die(name)


def _due(name: str, about: tuple[str, ...]) -> bool:
    # All are asked, since asking counts the hit.
    due = [trigger.due(about) for trigger in _armed.get(name, ())]
    return True in due


def _die(name: str) -> NoReturn:
    os.write(2, f"failpoint {name}: this process ends as if killed\n".encode())
    os._exit(EXIT_KILLED)


def _trigger(name: str, condition: str) -> _Trigger:
    kind, equals, text = condition.partition("=")
    if equals and kind == "match" and text:
        if name not in _MATCHING:
            raise FailpointError(
                f"{name} does not tell what it is about; only {', '.join(_MATCHING)} can match"
            )
        return _Trigger(match=text)
    if not (condition.isascii() and condition.isdigit()) or int(condition) < 1:
        raise FailpointError(f"{name}:{condition}: after the name comes a number from 1 on, or match=TEXT")
    return _Trigger(left=int(condition))
