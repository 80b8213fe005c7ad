"""The form without a broker: the four services in one event loop, on the memory bus.

Each has its own settings, metrics registry and stop event, as it has in a process of its own.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TypeVar

from prometheus_client import CollectorRegistry

import gateway.app
import ingest.app
import rates.app
import search.app
from gateway.settings import Settings as GatewaySettings
from ingest.settings import Settings as IngestSettings
from rates.settings import Settings as RatesSettings
from search.settings import Settings as SearchSettings
from shared.bus.memory import MemoryBus
from shared.service import Context
from shared.settings import ServiceSettings, SettingsError, load
from shared.telemetry import logging
from silkwire.errors import StartError
from silkwire.newsroom import serve_newsroom
from silkwire.parts import ServiceTask
from silkwire.wiring import LOCAL

Settings = TypeVar("Settings", bound=ServiceSettings)
Run = Callable[[Settings, Context], Awaitable[None]]


def service_tasks(told: Mapping[str, str], folder: Path) -> list[ServiceTask]:
    """The four services as tasks.

    Args:
        told: The environment variables that say where everything is; they become this process's own.
        folder: Where the bus keeps dead letters.

    Raises:
        StartError: A setting is wrong.
    """
    for key, value in told.items():
        if value:
            os.environ[key] = value
        else:
            os.environ.pop(key, None)
    common = _load("silkwire", ServiceSettings)
    logging.configure(common.log_level, common.log_format, "silkwire")
    bus = MemoryBus(folder / "dead-letters", CollectorRegistry(), retry_delays_s=common.retry_delays_s)
    return [
        _task("search", SearchSettings, search.app.run, bus),
        _task("rates", RatesSettings, rates.app.run, bus),
        _task("ingest", IngestSettings, ingest.app.run, bus),
        _task("gateway", GatewaySettings, gateway.app.run, bus),
    ]


def _load(name: str, settings_type: type[Settings]) -> Settings:
    try:
        return load(settings_type)
    except SettingsError as err:
        raise StartError(f"{name} refuses its settings.", *err.faults) from err


def _task(name: str, settings_type: type[Settings], run: Run[Settings], bus: MemoryBus) -> ServiceTask:
    settings = _load(name, settings_type)

    async def live(stop: asyncio.Event) -> None:
        # A registry for each start: a service that is started again registers its metrics again.
        await run(settings, Context(registry=CollectorRegistry(), stop=stop, bus=bus))

    return ServiceTask(name, live)


def newsroom_task(port: int, folder: Path) -> ServiceTask:
    """The sample newsroom and its banks as a task."""

    async def live(stop: asyncio.Event) -> None:
        await serve_newsroom(LOCAL, port, stop, folder)

    return ServiceTask("newsroom", live)
