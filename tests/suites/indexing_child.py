"""A process that does nothing but keep a view like the record, to be killed at any moment.

Its modules are loaded once, in a process that every such one is forked from, so that twenty of them take no longer than one.
"""

import asyncio
import multiprocessing
from multiprocessing.process import BaseProcess
from pathlib import Path

from prometheus_client import CollectorRegistry

from search.adapters import mongo_catching_up
from search.adapters.mongo_article_store import MongoArticleStore
from search.adapters.mongo_follower import MongoFollower
from search.adapters.position_file import PositionFile
from search.adapters.tantivy_schema import VERSION
from search.adapters.tantivy_view import TantivyView
from search.domain import backlog as a_backlog
from search.metrics import Metrics
from shared.clock import SystemClock
from shared.mongo import connect

HEAP_BYTES = 16 * 1024 * 1024


def start_indexing(uri: str, database: str, folder: Path, *, backlog: bool = False) -> BaseProcess:
    """Start a process that keeps the view in a folder like a record, until it is killed.

    Args:
        uri: of the record's MongoDB.
        database: the record's.
        folder: the view's.
        backlog: whether to take whatever comes for a backlog, and show it often.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    child = context.Process(target=_index, args=(uri, database, str(folder), backlog), daemon=True)
    child.start()
    return child


def _index(uri: str, database: str, folder: str, backlog: bool) -> None:
    if backlog:
        a_backlog.MANY = 1
        mongo_catching_up.SHOW_EVERY_S = 0.1
    asyncio.run(_follow(uri, database, Path(folder)))


async def _follow(uri: str, name: str, folder: Path) -> None:
    database = connect(uri).database(name)
    view = TantivyView(folder / "index", HEAP_BYTES)
    file = PositionFile(folder / "position.json")
    if not await view.open(wait=False):
        file.remove()
    store = MongoArticleStore(database, SystemClock())
    follower = MongoFollower(
        database,
        schema=VERSION,
        view=view,
        file=file,
        clock=SystemClock(),
        metrics=Metrics(CollectorRegistry()),
        on_visible=lambda _ids: None,
    )
    await follower.run(await store.prepare(), asyncio.Event())
