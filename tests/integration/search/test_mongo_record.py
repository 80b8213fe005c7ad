"""Where following the record begins: nothing that is stored afterwards may stand before it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from search.adapters.mongo_article_store import MongoArticleStore
from search.adapters.mongo_documents import ARTICLES
from search.adapters.mongo_record import MongoRecord
from search.adapters.mongo_story_record import MongoStoryRecord
from shared.clock import SystemClock
from shared.mongo import Database, Document, Timestamp, changes_at_hand, connect
from shared.testing.eventually import eventually
from silkwire.backing import mongod
from tests.suites.article_builders import a_record, an_article

HANGS = "hangAfterCollectionInserts"
"""A point of MongoDB's own at which an insertion has its time in the oplog and cannot be seen yet."""


async def by_view(database: Database) -> Timestamp:
    return await MongoRecord(database).time()


async def by_stories(database: Database) -> Timestamp:
    return Timestamp(*await MongoStoryRecord(database).now())


@asynccontextmanager
async def hanging(
    admin: MongoClient[dict[str, Any]], inserting: Coroutine[Any, Any, object], article_id: str
) -> AsyncIterator[None]:
    """Let the insertion of an article hang while the block runs, and end behind it."""
    point = {"collectionNS": f"search.{ARTICLES}", "first_id": article_id}
    before = admin.admin.command("configureFailPoint", HANGS, mode="alwaysOn", data=point)["count"]
    task = asyncio.create_task(inserting)
    try:
        entered: Document = {"waitForFailPoint": HANGS, "timesEntered": before + 1, "maxTimeMS": 4000}
        await asyncio.to_thread(admin.admin.command, entered)
        yield
    finally:
        admin.admin.command("configureFailPoint", HANGS, mode="off")
        await task


@pytest.mark.parametrize("now", [by_view, by_stories])
async def test_an_article_under_way_when_following_begins_is_told_afterwards(
    mongo_driver: str, tmp_path: Path, now: Callable[[Database], Awaitable[Timestamp]]
) -> None:
    """Another write, begun later, was stored sooner: by the time of that one the article would never be found."""
    server = await asyncio.to_thread(
        mongod.start, tmp_path / "mongod", options=["--setParameter", "enableTestCommands=1"]
    )
    client = connect(server.uri, driver="motor" if mongo_driver == "motor" else "pymongo")
    try:
        database = client.database("search")
        store = MongoArticleStore(database, SystemClock())
        await store.prepare()
        await store.save([a_record(an_article("early"))])
        with MongoClient[dict[str, Any]](server.uri, w=1, journal=False) as beside:
            async with hanging(beside, store.save([a_record(an_article("late"))]), "late"):
                beside["other"]["things"].insert_one({})
                since = await now(database)
                assert [one["_id"] for one in await MongoRecord(database).page("", 10)] == ["early"]
        async with MongoRecord(database).changes(None, since) as stream:

            async def told() -> bool:
                return "late" in [one["documentKey"]["_id"] for one in await changes_at_hand(stream, 10)]

            await eventually(told, within_s=5, what="the article that was under way")
    finally:
        await client.close()
        await asyncio.to_thread(server.stop)
