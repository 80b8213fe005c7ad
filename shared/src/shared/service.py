"""How a process lives: settings, logs, signals, start, bounded drain, exit code. Only this file touches signals."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import NoReturn, TypeVar

import structlog
import uvloop
from prometheus_client import CollectorRegistry

from shared import failpoints
from shared.bus.ports import Bus
from shared.clock import Clock, SystemClock
from shared.settings import ServiceSettings, SettingsError, load
from shared.telemetry import logging
from shared.telemetry.metrics import process_registry
from shared.web import PortTakenError

EXIT_OK = 0
EXIT_CRASHED = 1
EXIT_WRONG_SETTING = 2
EXIT_DRAIN_CUT = 3

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Context:
    """What a service is given by whoever runs it, so that several can live in one process.

    Attributes:
        registry: where the service's metrics go.
        stop: set when the service is to finish its work in hand and return.
        clock: where time comes from.
        bus: the bus shared by all services of a one-process system; None where the service opens its own.
    """

    registry: CollectorRegistry = field(default_factory=process_registry)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    clock: Clock = field(default_factory=SystemClock)
    bus: Bus | None = None


SettingsType = TypeVar("SettingsType", bound=ServiceSettings)
Run = Callable[[SettingsType, Context], Awaitable[None]]


def main(name: str, settings_type: type[SettingsType], run: Run[SettingsType]) -> NoReturn:
    """Run one service as this process, until SIGTERM or SIGINT, and exit.

    Exit codes: 0 stopped as asked, 1 crashed, 2 a setting is wrong, 3 work in hand was cut off at the drain's bound.
    """
    try:
        settings = load(settings_type)
    except SettingsError as error:
        for fault in error.faults:
            sys.stderr.write(f"{name}: {fault}\n")
        sys.exit(EXIT_WRONG_SETTING)
    try:
        armed = failpoints.arm(os.environ.get(failpoints.VARIABLE, ""))
    except failpoints.FailpointError as error:
        sys.stderr.write(f"{name}: {failpoints.VARIABLE}: {error}\n")
        sys.exit(EXIT_WRONG_SETTING)
    logging.configure(settings.log_level, settings.log_format, name)
    if armed:
        _log.warning("failpoints_armed", points=armed, reason=f"{failpoints.VARIABLE} is set, for tests")
    sys.exit(uvloop.run(_live(name, settings, run)))


async def _live(name: str, settings: SettingsType, run: Run[SettingsType]) -> int:
    context = Context()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _ask_to_stop, context.stop, number)
    _log.info("service_started", service=name, port=settings.port, ops_port=settings.ops_port)
    try:
        drained = await run_until_stopped(run(settings, context), context.stop, settings.shutdown_s)
    except (
        SettingsError
    ) as error:  # of a kind that shows only when it is used, such as a file that cannot be read
        _log.error("service_failed", service=name, outcome="error", reason=str(error))
        return EXIT_WRONG_SETTING
    except PortTakenError as error:
        _log.error("service_failed", service=name, outcome="error", reason=str(error))
        return EXIT_CRASHED
    except Exception:  # noqa: BLE001  the last line of defence: whatever it was is logged and ends the process
        _log.exception("service_failed", service=name, outcome="error")
        return EXIT_CRASHED
    _log.info("service_stopped", service=name, outcome="ok" if drained else "cut")
    return EXIT_OK if drained else EXIT_DRAIN_CUT


def _ask_to_stop(stop: asyncio.Event, number: int) -> None:
    if not stop.is_set():
        _log.info("service_stopping", signal=signal.Signals(number).name)
    stop.set()


async def run_until_stopped(work: Awaitable[None], stop: asyncio.Event, shutdown_s: float) -> bool:
    """Await `work`; once `stop` is set, give it `shutdown_s` more seconds, then cut it off.

    Returns:
        True when the work came to its own end, False when it was cut off.
    """
    task = asyncio.ensure_future(work)
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    done, _pending = await asyncio.wait({task}, timeout=shutdown_s)
    if done:
        task.result()
        return True
    task.cancel()
    await asyncio.wait({task}, timeout=1)
    return False
