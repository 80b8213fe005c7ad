"""Takes one safeguard away, to see that the runner would notice: in this process, or in a service that it runs.

python -m tests.faults.sabotage SAFEGUARD MODULE
"""

import runpy
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import motor.motor_asyncio

from shared.bus.connection import BROKER_ERRORS, Link
from shared.bus.handling import Handling
from shared.bus.inbox import Inbox
from shared.bus.retry import Done

Change = tuple[object, str, object]
"""Where something is replaced, its name, and by what."""


def without_confirms() -> Change:
    """Publish without waiting for anybody: the channel knows no confirms, and a publish returns once it is written."""
    opening = Link.open_channel

    async def open_channel(self: Link, *, confirms: bool) -> Any:
        del confirms
        return await opening(self, confirms=False)

    return Link, "open_channel", open_channel


def without_majority() -> Change:
    """Write with w=1 and j=false, acknowledged from memory, as is usual elsewhere."""
    client: Any = motor.motor_asyncio.AsyncIOMotorClient

    def connect(uri: str, **options: Any) -> Any:
        return client(uri, **{**options, "w": 1, "journal": False})

    return motor.motor_asyncio, "AsyncIOMotorClient", connect


def with_early_ack() -> Change:
    """Acknowledge a batch first and handle it then."""

    async def run(self: Handling[Any], batch: Sequence[Any]) -> None:
        await self._settle(batch, Done())
        await self._call(batch)

    return Handling, "run", run


def with_process() -> Change:
    """Reject whatever is in hand when the consumer ends, as the library's `process()` does when it is cancelled."""
    leaving = Inbox.__aexit__

    async def leave(self: Inbox, *error: Any) -> None:
        for message in self._unsettled:
            if not message.settled:
                with suppress(*BROKER_ERRORS):
                    await message.hand.channel.basic_reject(message.tag, requeue=False)
        await leaving(self, *error)

    return Inbox, "__aexit__", leave


SAFEGUARDS: dict[str, Callable[[], Change]] = {
    "confirms": without_confirms,
    "majority": without_majority,
    "late-ack": with_early_ack,
    "no-process": with_process,
}


@contextmanager
def taken_away(safeguard: str) -> Iterator[None]:
    """Take a safeguard away from this process for the time of the block."""
    place, name, replacement = SAFEGUARDS[safeguard]()
    original = getattr(place, name)
    setattr(place, name, replacement)
    try:
        yield
    finally:
        setattr(place, name, original)


def main(arguments: Sequence[str]) -> None:
    """Run a service without a safeguard."""
    safeguard, module = arguments
    sys.argv = [module]
    with taken_away(safeguard):
        runpy.run_module(module, run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])
