"""Serves the newsroom: opens its journal, lets an article arrive now and then, answers until told to stop."""

import argparse
import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog

from shared.clock import Clock, SystemClock
from shared.web import PortTakenError, serve
from silkwire.newsroom.app import create_newsroom_app
from silkwire.newsroom.journal import Journal
from silkwire.newsroom.room import Entry, Newsroom

ARRIVALS_EVERY_S = 60.0
_DRAIN_S = 2.0

_log = structlog.get_logger()


async def serve_newsroom(
    host: str,
    port: int,
    stop: asyncio.Event,
    folder: Path,
    *,
    arrivals_every_s: float = ARRIVALS_EVERY_S,
    control: bool = False,
    clock: Clock | None = None,
) -> None:
    """Serve the sample newsroom until `stop` is set.

    Args:
        host: address to listen on.
        port: port to listen on.
        stop: ends it.
        folder: keeps when it was first started and what has happened since; a second start goes on from there.
        arrivals_every_s: seconds between new articles; 0 for none.
        control: whether tests may edit and publish through `/_control/`.
        clock: where time comes from.

    Raises:
        PortTakenError: another program has the port.
    """
    time = clock or SystemClock()
    journal = Journal(folder, time.now())
    # Half a second of work, which must not hold up the services that may share this loop.
    room = await asyncio.to_thread(
        Newsroom, journal.anchor, base_url=base_url(host, port), entries=journal.entries
    )

    def record(entry: Entry) -> None:
        journal.append(entry)
        room.apply(entry)

    app = create_newsroom_app(room, now=time.now, record=record, control=control)
    arriving = asyncio.create_task(_let_arrive(record, time, stop, arrivals_every_s))
    try:
        await serve(app, host, port, stop, drain_s=_DRAIN_S)
    finally:
        arriving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await arriving


def base_url(host: str, port: int) -> str:
    """Return the address at which a newsroom that listens on `host` is asked from this machine."""
    asked = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{asked}:{port}"


async def _let_arrive(
    record: Callable[[Entry], None], clock: Clock, stop: asyncio.Event, every_s: float
) -> None:
    while every_s > 0 and not stop.is_set():
        try:
            await asyncio.wait_for(stop.wait(), every_s)
        except TimeoutError:
            record(Entry("arrived", clock.now()))
            _log.info("newsroom_article_arrived", outcome="ok")


def main(arguments: Sequence[str]) -> int:
    """Serve by the command line's words; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m silkwire.newsroom", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8090, help="port to listen on")
    parser.add_argument(
        "--folder", type=Path, default=Path(".silkwire/newsroom"), help="where it keeps its journal"
    )
    parser.add_argument(
        "--arrivals-every-s", type=float, default=ARRIVALS_EVERY_S, help="seconds; 0 for none"
    )
    parser.add_argument(
        "--control", action="store_true", help="let tests edit and publish through /_control/"
    )
    wanted = parser.parse_args(arguments)
    print(f"newsroom: {base_url(wanted.host, wanted.port)}/", flush=True)
    try:
        asyncio.run(_run(wanted))
    except PortTakenError as error:
        print(f"{error}; choose another with --port", file=sys.stderr)
        return 1
    return 0


async def _run(wanted: argparse.Namespace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await serve_newsroom(
        wanted.host,
        wanted.port,
        stop,
        wanted.folder,
        arrivals_every_s=wanted.arrivals_every_s,
        control=wanted.control,
    )
