"""Joins rates' rules to the network: the one file that sees settings and opens connections."""

import asyncio
import os
import socket
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass

import structlog

from rates.adapters.httpx2_bank import Httpx2BankFetcher
from rates.adapters.mongo_backfill_store import MongoBackfillStore
from rates.adapters.mongo_board import MongoBoard
from rates.adapters.mongo_history import MongoHistory
from rates.adapters.mongo_observation_store import MongoObservationStore
from rates.adapters.mongo_poll_claims import MongoPollClaims
from rates.api.at_hand import FRESH_S, BoardsAtHand
from rates.api.backfills import make_backfills_router
from rates.api.history import make_history_router
from rates.api.history_book import HistoryBook
from rates.api.routes import make_router
from rates.domain.archives import ARCHIVES
from rates.domain.banks import Bank
from rates.domain.fixings import Band
from rates.domain.plans import plans_for
from rates.domain.sources import SOURCES
from rates.metrics import Metrics
from rates.pipeline.ask import Asker
from rates.pipeline.backfill import Backfiller
from rates.pipeline.follow import Follower
from rates.pipeline.poll import Poller
from rates.pipeline.publish import Publisher
from rates.pipeline.record import Recorder
from rates.ports import StoreUnavailableError
from rates.settings import Settings
from shared import mongo
from shared.bus import Bus, open_bus
from shared.bus.waiting import pause
from shared.outbox import OutboxMetrics, Relay
from shared.service import Context
from shared.telemetry.health import Health
from shared.telemetry.metrics import watch_loop_lag
from shared.web import AdminOnly, PortTakenError, create_api, serve

_PREPARE_RETRY_S = 1.0
_API_DRAIN_SHARE = 0.5

_log = structlog.get_logger()


async def run(settings: Settings, context: Context) -> None:
    """Serve until `context.stop` is set.

    Order: the database and the bus first, since all work ends there; then the banks' client; then API, health, relay
    and polls at once. The polls begin when the indexes stand, since "one per revision" is the database's word. At a
    stop no poll is begun, one in hand gets a few seconds, the API drains, and health answers to the last.

    Raises:
        PortTakenError: another program has the port.
    """
    async with AsyncExitStack() as opened:
        client = mongo.connect(settings.mongodb_uri, driver=settings.mongo_driver, appname="rates")
        opened.push_async_callback(client.close)
        bus = context.bus
        if bus is None:
            bus = open_bus(
                settings.amqp_url,
                service="rates",
                registry=context.registry,
                retry_delays_s=settings.retry_delays_s,
            )
            opened.push_async_callback(bus.close)
        fetcher = Httpx2BankFetcher(
            settings.addresses(),
            user_agent=settings.user_agent,
            timeout_s=settings.fetch_timeout_s,
            max_bytes=settings.fetch_max_bytes,
        )
        opened.push_async_callback(fetcher.close)
        health = Health(context.registry)
        health.dependency("mongodb", client.ping)
        health.dependency("broker", bus.check)
        parts = _assemble(settings, context, client.database(settings.mongodb_database), bus, fetcher)
        await _serve(settings, context, parts, health)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What runs, ready made."""

    banks: tuple[Bank, ...]
    observations: MongoObservationStore
    boards: MongoBoard
    boards_at_hand: BoardsAtHand
    book: HistoryBook
    claims: MongoPollClaims
    follower: Follower
    backfiller: Backfiller
    relay: Relay


def _assemble(
    settings: Settings, context: Context, database: mongo.Database, bus: Bus, fetcher: Httpx2BankFetcher
) -> _Parts:
    metrics, clock = Metrics(context.registry), context.clock
    owner = f"{socket.gethostname()}:{os.getpid()}"
    observations = MongoObservationStore(database["observations"])
    boards = MongoBoard(database["board"])
    claims = MongoPollClaims(database["polls"], owner=owner)
    relay = Relay(database["board"], bus, clock=clock, owner=owner, metrics=OutboxMetrics(context.registry))
    recorder, history = Recorder(observations, metrics=metrics), MongoHistory(database)
    addresses = settings.addresses()
    bands = {money: Band(low, high) for money, (low, high) in settings.bands.items()}
    plans = plans_for(addresses, bands)
    poller = Poller(
        Asker(fetcher, clock=clock, metrics=metrics),
        recorder,
        Publisher(observations, boards, clock=clock, metrics=metrics, announce=relay.wake),
        plans=plans,
        clock=clock,
        metrics=metrics,
    )
    follower = Follower(poller, claims, interval_s=settings.poll_interval_s, lease_s=settings.lease_s)
    backfiller = Backfiller(
        MongoBackfillStore(database["backfills"]),
        history,
        fetcher,
        recorder,
        archives=ARCHIVES,
        clock=clock,
        metrics=metrics,
        pace_s=settings.backfill_pace_s,
        answers_within_s=settings.fetch_timeout_s,
    )
    banks = tuple(bank for bank in SOURCES if bank.id in addresses)
    at_hand = BoardsAtHand(boards)
    book = HistoryBook(history, at_hand, plans, fresh_s=FRESH_S)
    return _Parts(banks, observations, boards, at_hand, book, claims, follower, backfiller, relay)


async def _serve(settings: Settings, context: Context, parts: _Parts, health: Health) -> None:
    drained = asyncio.Event()
    api = create_api(
        "Silkwire rates",
        "Official exchange rates of Central Asia's central banks.",
        registry=context.registry,
    )
    api.include_router(make_router(parts.boards_at_hand, parts.claims, parts.banks))
    api.include_router(make_history_router(parts.book, context.clock))
    admin = AdminOnly(settings.admin_token, "RATES_ADMIN_TOKEN")
    banks = _with_archives(parts.banks)
    api.include_router(make_backfills_router(parts.backfiller, banks, admin, context.clock))
    drain_s = settings.shutdown_s * _API_DRAIN_SHARE

    async def serve_api() -> None:
        try:
            await serve(api, settings.host, settings.port, context.stop, drain_s=drain_s)
        finally:
            drained.set()

    async def tell_stopping() -> None:
        await context.stop.wait()
        health.stopping()

    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(serve_api())
            tasks.create_task(serve(health.ops_app(), settings.host, settings.ops_port, drained, drain_s=1))
            tasks.create_task(tell_stopping())
            tasks.create_task(watch_loop_lag(health.metrics.loop_lag_seconds, context.stop))
            tasks.create_task(_work(parts, context.stop))
    except* PortTakenError as taken:
        raise taken.exceptions[0] from None


async def _work(parts: _Parts, stop: asyncio.Event) -> None:
    """Poll the banks and relay events, as soon as the database has its indexes."""
    while not await _prepared(parts):
        if await pause(stop, _PREPARE_RETRY_S):
            return
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(parts.relay.run(stop))
        tasks.create_task(_warm(parts.book))
        for bank in parts.banks:
            tasks.create_task(parts.follower.follow(bank, stop))
        for bank in _with_archives(parts.banks):
            tasks.create_task(parts.backfiller.work(bank, stop))


async def _warm(book: HistoryBook) -> None:
    # Not for the work's sake, but for that of the first reader: without, he does it himself.
    with suppress(StoreUnavailableError):
        await book.warm()


def _with_archives(banks: Sequence[Bank]) -> tuple[Bank, ...]:
    return tuple(bank for bank in banks if bank.id in ARCHIVES)


async def _prepared(parts: _Parts) -> bool:
    try:
        await parts.observations.prepare()
        await parts.boards.prepare()
    except StoreUnavailableError as error:
        _log.warning("rates_store_not_prepared", outcome="error", reason=str(error))
        return False
    return True
