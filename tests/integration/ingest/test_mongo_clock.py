"""All replicas go by the database's time, whatever their own clocks say; with both drivers."""

import asyncio
import gc
import warnings
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog
from prometheus_client import CollectorRegistry

from ingest.adapters import mongo_clock
from ingest.adapters.mongo_clock import MongoClock
from ingest.metrics import Metrics
from ingest.ports import StoreDownError
from shared import mongo
from shared.testing.clock import FixedClock
from shared.testing.eventually import eventually

NEAR = timedelta(seconds=10)
"""The server's clock is this machine's; so late a test may look at it."""

MONTH = timedelta(days=30)


def _near(one: datetime, other: datetime) -> bool:
    return abs(one - other) < NEAR


def _clock(database: mongo.Database, own: FixedClock) -> tuple[MongoClock, CollectorRegistry]:
    registry = CollectorRegistry()
    return MongoClock(database, own, Metrics(registry)), registry


async def test_a_replica_whose_clock_is_a_month_off_knows_the_time(database: mongo.Database) -> None:
    """Else its articles would be first seen next month, and a redirect of a minute be a month old."""
    clock, registry = _clock(database, FixedClock(datetime.now(UTC) + MONTH))
    await clock.ask()
    assert _near(clock.now(), datetime.now(UTC))
    off_s = registry.get_sample_value("ingest_clock_off_seconds")
    assert off_s == pytest.approx(MONTH.total_seconds(), abs=NEAR.total_seconds())


async def test_time_goes_on_between_two_looks_at_the_server(database: mongo.Database) -> None:
    own = FixedClock(datetime.now(UTC) - MONTH)
    clock, _ = _clock(database, own)
    await clock.ask()
    before = clock.now()
    own.advance(7)
    assert clock.now() - before == timedelta(seconds=7)
    assert clock.monotonic() == own.monotonic()


async def test_before_the_server_was_asked_a_replica_has_nothing_but_its_own_clock(
    database: mongo.Database,
) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert _clock(database, FixedClock(at))[0].now() == at


async def test_a_clock_that_is_off_is_told_once_and_so_is_that_it_is_right_again(
    database: mongo.Database,
) -> None:
    """Whoever runs the machine should mend it: logs and other programs go by it."""
    own = FixedClock(datetime.now(UTC) + MONTH)
    clock, _ = _clock(database, own)
    with structlog.testing.capture_logs() as told:
        await clock.ask()
        await clock.ask()
        own._at = datetime.now(UTC)
        await clock.ask()
    assert [line["event"] for line in told] == ["own_clock_off", "own_clock_right"]


async def test_a_server_that_does_not_answer_leaves_the_time_as_it_was(
    database: mongo.Database, mongo_driver: mongo.Driver
) -> None:
    own = FixedClock(datetime.now(UTC) + MONTH)
    clock, _ = _clock(database, own)
    await clock.ask()
    before = asyncio.all_tasks()
    client = mongo.connect("mongodb://127.0.0.1:9/", driver=mongo_driver, deadline_ms=200)
    clock._database = client.database("nowhere")
    with pytest.raises(StoreDownError):
        await clock.ask()
    await client.close()
    assert _near(clock.now(), datetime.now(UTC))
    del client, clock
    await _connecting_is_over(asyncio.all_tasks() - before)


async def _connecting_is_over(tasks: set[asyncio.Task[Any]]) -> None:
    """Take away the socket that PyMongo's async client leaves behind when it is closed while it connects.

    Its `_async_create_connection` closes it after an error, but not when its task is cancelled; the warning would be
    taken for a fault of whatever test the garbage collector happens to run in.
    """
    if tasks:
        await asyncio.wait(tasks, timeout=10)
    tasks.clear()
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):
        gc.collect()


async def test_the_server_is_asked_again_and_again(
    database: mongo.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own clock may be set right while we run."""
    monkeypatch.setattr(mongo_clock, "ASK_EVERY_S", 0.01)
    own, stop = FixedClock(datetime.now(UTC) + MONTH), asyncio.Event()
    clock, _ = _clock(database, own)
    running = asyncio.create_task(clock.run(stop))

    async def asked() -> bool:
        return _near(clock.now(), datetime.now(UTC))

    await eventually(asked, within_s=10, what="the server's time")
    stop.set()
    await running
