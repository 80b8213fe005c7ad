"""Joins search's rules to the database, the bus and the disk: the one file that sees settings."""

import asyncio
import os
import socket
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from datetime import datetime

import structlog

from search.adapters.bounded_index import BoundedIndex, Limits
from search.adapters.folder_slot import FolderSlot
from search.adapters.free_memory import collect_seldom
from search.adapters.helper_process import open_helper
from search.adapters.index_switch import IndexName, IndexSwitch
from search.adapters.mongo_article_store import MongoArticleStore
from search.adapters.mongo_documents import ARTICLES
from search.adapters.mongo_follower import MongoFollower
from search.adapters.mongo_index import MongoIndex
from search.adapters.mongo_story_record import MongoStoryRecord
from search.adapters.mongo_story_worker import MongoStoryWorker
from search.adapters.mongo_walks import MongoWalks
from search.adapters.position_file import PositionFile
from search.adapters.tantivy_schema import VERSION, WORDS_VERSION
from search.adapters.tantivy_view import TantivyView
from search.adapters.walking_index import WalkingIndex
from search.api.routes import Aside, make_router
from search.api.view import make_view_router
from search.domain.near_duplicates import sketch_of
from search.handlers import collect, visible_among
from search.metrics import Metrics
from search.ports import ArticleIndex, IndexUnavailableError, Shown
from search.settings import Settings
from shared import mongo
from shared.bus import Bus, Probe, Subscription, open_bus
from shared.bus.waiting import pause
from shared.contracts.catalogue import SEARCH_ARTICLES
from shared.contracts.envelope import Envelope
from shared.contracts.http.view import ViewAnswer
from shared.outbox import Gate, OutboxMetrics, Relay
from shared.service import Context
from shared.telemetry.health import Health
from shared.telemetry.metrics import watch_loop_lag
from shared.web import AdminOnly, PortTakenError, create_api, serve

_PREPARE_RETRY_S = 1.0
_LEVEL_LOOK_S = 0.2
_API_DRAIN_SHARE = 0.5
_MONGO_SHARE = 0.9
_SWEEP_EVERY_S = 10.0
"""Announcements are made as their articles become visible; a sweep through all that wait only catches what fell through,
and reads thousands that may not be made yet where articles come faster than they are indexed."""

SWITCH_INTERVAL_S = 0.001
"""How long a thread that computes (a page of a hundred, words to index) may keep the others from Python. A plain
question changes threads a few times: with Python's own 5 ms, one of ten took over 21 ms while articles were indexed. Beside
hostile queries one millisecond made p99 1.6 to 2.5 times as long (three runs), two made it 2.1 times (one)."""

_log = structlog.get_logger()


async def run(settings: Settings, context: Context) -> None:
    """Serve until `context.stop` is set.

    Order: this process's own folder first, since nothing else can refuse to start; then the database and the bus;
    then the API, which MongoDB answers until the view has caught up; articles are heard once the indexes stand. At a
    stop the batch in hand is stored and acknowledged, the API drains, the view is closed and its folder let go.

    Raises:
        PortTakenError: another program has the port.
    """
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    collect_seldom()
    metrics = Metrics(context.registry)
    async with AsyncExitStack() as opened:
        local = await _open_view(settings, opened) if settings.index == "tantivy" else None
        client = mongo.connect(settings.mongodb_uri, driver=settings.mongo_driver, appname="search")
        opened.push_async_callback(client.close)
        bus = context.bus
        if bus is None:
            bus = open_bus(
                settings.amqp_url,
                service="search",
                registry=context.registry,
                retry_delays_s=settings.retry_delays_s,
            )
            opened.push_async_callback(bus.close)
        database = client.database(settings.mongodb_database)
        limits = Limits(seconds=settings.query_seconds, waiting=settings.queries_waiting)
        helper = await opened.enter_async_context(open_helper(limits, metrics))
        parts = _assemble(
            context,
            database,
            bus,
            local,
            limits=limits,
            metrics=metrics,
            probe=client.ping,
            words=_words(settings),
        )
        health = Health(context.registry)
        health.dependency("mongodb", client.ping)
        health.dependency("broker", bus.check)
        health.own_job("the view has not caught up with the record", parts.ready)
        if parts.follower is not None:
            follower = parts.follower
            health.limit("the view cannot be written", lambda: not follower.state().trouble)
            health.detail("view", lambda: asdict(follower.state()))
        await _serve(settings, context, parts, health, helper.do)


async def migrate(settings: Settings, context: Context) -> None:
    """Bring the record to the form that this version reads, and end; waits for MongoDB until `context.stop` is set."""
    client = mongo.connect(settings.mongodb_uri, driver=settings.mongo_driver, appname="search-migrate")
    database = client.database(settings.mongodb_database)
    store = MongoArticleStore(database, context.clock, words=_words(settings))
    try:
        while await _prepared(store, MongoWalks(database, context.clock)) is None:
            if await pause(context.stop, _PREPARE_RETRY_S):
                return
    finally:
        await client.close()


def _words(settings: Settings) -> str | None:
    """Return the version of the words to keep in the record, which only a MongoDB that answers for good needs.

    They make it three times as large, and take most of the time of storing an article (docs/performance.md).
    """
    return WORDS_VERSION if settings.index == "mongo" else None


@dataclass(frozen=True, slots=True)
class _Local:
    """This process's own view, in its own folder."""

    view: TantivyView
    position: PositionFile


@dataclass(frozen=True, slots=True)
class _Parts:
    """What runs, ready made."""

    bus: Bus
    subscription: Subscription
    store: MongoArticleStore
    walks: MongoWalks
    index: ArticleIndex
    relay: Relay
    local: _Local | None
    follower: MongoFollower | None
    stories: MongoStoryWorker

    def ready(self) -> bool:
        """Return whether search can do its own job: its view, if it has one, has caught up."""
        return self.follower is None or self.follower.caught_up

    async def view(self) -> ViewAnswer:
        """Return how far the view is; only where there is one."""
        assert self.follower is not None  # noqa: S101  see make_view_router below
        assert self.local is not None  # noqa: S101
        told = asdict(state := self.follower.state())
        as_of = None if state.behind_s is None else self.follower.as_of()
        return ViewAnswer(**told, articles=await self.local.view.count(), as_of=as_of)


async def _open_view(settings: Settings, opened: AsyncExitStack) -> _Local:
    slot = FolderSlot(settings.data_dir)
    opened.callback(slot.release)
    position = PositionFile(slot.path / "position.json")
    view = TantivyView(
        slot.path / "index", settings.writer_heap_mb * 1024 * 1024, processes=settings.build_processes
    )
    # What was there is read while it catches up with the record, and answers nothing before.
    if not await view.open(wait=False):
        position.remove()
    opened.push_async_callback(view.close)
    _log.info("view_opened", folder=str(slot.path), articles=await view.count(), outcome="ok")
    return _Local(view, position)


def _assemble(
    context: Context,
    database: mongo.Database,
    bus: Bus,
    local: _Local | None,
    *,
    limits: Limits,
    metrics: Metrics,
    probe: Probe,
    words: str | None,
) -> _Parts:
    clock, owner = context.clock, f"{socket.gethostname()}:{os.getpid()}"
    store, walks = MongoArticleStore(database, clock, words=words), MongoWalks(database, clock)
    # Before the limit of all: a MongoDB that does not answer is said to be away, not busy.
    record = WalkingIndex(MongoIndex(database, _MONGO_SHARE * limits.seconds, words=words is not None), walks)
    view = None if local is None else WalkingIndex(local.view, walks)

    follower: MongoFollower | None = None

    def works_off() -> bool:
        return follower is not None and follower.working_off

    relay = Relay(
        database[ARTICLES],
        bus,
        clock=clock,
        owner=owner,
        metrics=OutboxMetrics(context.registry),
        gate=_gate(None if local is None else local.view),
        poll_s=_SWEEP_EVERY_S,
        busy=works_off,
    )
    if local is not None:
        follower = MongoFollower(
            database,
            schema=VERSION,
            view=local.view,
            file=local.position,
            clock=clock,
            metrics=metrics,
            on_visible=relay.wake,
        )

    def choose() -> tuple[IndexName, ArticleIndex]:
        if (
            local is None
            or view is None
            or follower is None
            or not follower.caught_up
            or local.view.suspected
        ):
            return "mongo", record
        return "tantivy", view

    def as_of() -> datetime | None:
        return follower.as_of() if follower is not None and follower.state().stale else None

    async def hear(batch: Sequence[Envelope]) -> None:
        await collect(batch, store=store, clock=clock, metrics=metrics)
        if local is None:
            relay.wake(event.subject for event in batch)

    subscription = Subscription(SEARCH_ARTICLES, hear, probe=probe)
    stories = MongoStoryWorker(
        MongoStoryRecord(database),
        owner=owner,
        clock=clock,
        metrics=metrics,
        busy=works_off,
    )
    index = BoundedIndex(IndexSwitch(choose, as_of, metrics), limits, metrics)
    return _Parts(bus, subscription, store, walks, index, relay, local, follower, stories)


def _gate(view: Shown | None) -> Gate:
    """Return what lets announcements go: all of them, or those that are true of a view."""

    async def gate(pending: Sequence[tuple[object, Envelope]]) -> set[str]:
        events = [event for _document_id, event in pending]
        if view is None:
            return {event.id for event in events}
        try:
            return await visible_among(events, view=view)
        except IndexUnavailableError:
            return set()

    return gate


async def _serve(settings: Settings, context: Context, parts: _Parts, health: Health, aside: Aside) -> None:
    drained = asyncio.Event()
    api = create_api(
        "Silkwire search",
        "Articles, found by words and filters: exact totals, the same order on every replica.",
        registry=context.registry,
    )
    api.include_router(make_router(parts.index, parts.store, context.clock, aside))
    if parts.follower is not None:
        admin = AdminOnly(settings.admin_token, "SEARCH_ADMIN_TOKEN")
        api.include_router(make_view_router(parts.view, parts.follower.rebuild, admin))
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
    """Hear, follow, announce and group, as soon as the database has its indexes."""
    while (store_id := await _prepared(parts.store, parts.walks)) is None:
        if await pause(stop, _PREPARE_RETRY_S):
            return
    async with asyncio.TaskGroup() as tasks:
        if parts.follower is not None:
            tasks.create_task(parts.follower.run(store_id, stop))
        tasks.create_task(_hear(parts, stop))
        tasks.create_task(parts.relay.run(stop))
        tasks.create_task(_tell_stories(parts, stop))


async def _hear(parts: _Parts, stop: asyncio.Event) -> None:
    # The first sketch brings in what it takes: where that fails, the start must end, and not every event.
    await asyncio.to_thread(sketch_of, "", "")
    await parts.bus.consume(parts.subscription, stop)


async def _tell_stories(parts: _Parts, stop: asyncio.Event) -> None:
    """Group articles from when this replica's own view is level: until then its processors have more urgent work."""
    while not parts.ready():
        if await pause(stop, _LEVEL_LOOK_S):
            return
    await parts.stories.run(stop)


async def _prepared(store: MongoArticleStore, walks: MongoWalks) -> str | None:
    try:
        await walks.prepare()
        return await store.prepare()
    except mongo.MongoUnavailableError as error:
        _log.warning("record_not_prepared", outcome="retry", reason=str(error))
        return None
