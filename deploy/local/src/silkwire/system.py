"""`silkwire up`: start everything, run until told to stop, stop everything, in reverse and within bounds."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Iterator
from pathlib import Path

import uvloop

from silkwire.backing import rabbitmq
from silkwire.folder import DataFolder
from silkwire.logs import LogWatch
from silkwire.options import Broker, Options, choose_broker
from silkwire.progress import Progress
from silkwire.start import Start
from silkwire.supervisor import Supervisor

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(options: Options, progress: Progress) -> None:
    """Runs the system until SIGINT, SIGTERM or SIGHUP.

    Raises:
        StartError: Something stands in the way; whatever had been started by then is stopped again.
    """
    broker = choose_broker(options.broker, os.environ, installed=rabbitmq.find_server() is not None)
    if broker.note:
        progress.say(broker.note)
    with contextlib.closing(DataFolder(options.data)) as folder, _own_log(folder, broker) as own_log:
        uvloop.run(_live(options, broker, folder, progress, own_log))


async def _live(
    options: Options, broker: Broker, folder: DataFolder, progress: Progress, own_log: Path | None
) -> None:
    stop = asyncio.Event()
    for number in SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    supervisor = Supervisor(progress.say)
    watch = LogWatch(progress.say, [own_log] if own_log else [])
    watching = asyncio.create_task(watch.run())
    start = Start(
        options=options,
        broker=broker,
        folder=folder,
        progress=progress,
        supervisor=supervisor,
        watch=watch,
    )
    try:
        if await _unless(stop, supervisor, start.everything()):
            await _unless(stop, supervisor, stop.wait())
        progress.say("Stopping; work in hand is finished first.")
    finally:
        watching.cancel()
        await supervisor.stop()
    progress.say("Stopped.")


async def _unless(stop: asyncio.Event, supervisor: Supervisor, work: Awaitable[object]) -> bool:
    """Does `work` until `stop` is set; whether it came to its end.

    Raises:
        StartError: A part failed in a way that starting it again cannot heal.
    """
    working = asyncio.ensure_future(work)
    stopping = asyncio.ensure_future(stop.wait())
    failing = asyncio.ensure_future(supervisor.failed())
    try:
        await asyncio.wait({working, stopping, failing}, return_when=asyncio.FIRST_COMPLETED)
        if failing.done():
            failing.result()
        if working.done():
            working.result()
        return working.done() and not stop.is_set()
    finally:
        for task in (working, stopping, failing):
            task.cancel()
        await asyncio.gather(working, stopping, failing, return_exceptions=True)


@contextlib.contextmanager
def _own_log(folder: DataFolder, broker: Broker) -> Iterator[Path | None]:
    """Where the services live in this process, its log lines go to a file, as they do in processes of their own."""
    if broker.kind != "memory":
        yield None
        return
    path = folder.log("silkwire")
    with path.open("a", encoding="utf-8", buffering=1) as stream, contextlib.redirect_stderr(stream):
        yield path
