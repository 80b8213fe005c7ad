"""Our own search, on servers of its own: the record filled as the store writes it, the service as a process, asked over HTTP.

The record is written by several processes at once, since only what follows it is measured: the service finds the articles
in MongoDB, builds its view from them and answers.
"""

import asyncio
import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from search.adapters.mongo_documents import ARTICLES, update_for
from search.adapters.mongo_migration import migrate
from search.adapters.mongo_story_record import STORIES
from search.domain.article import Article
from shared import mongo
from shared.outbox import bucket_of
from silkwire.backing import mongod, rabbitmq
from silkwire.backing.ports import free_port
from tests.bench.comparing import CHUNK, Asked, ask_engine
from tests.bench.machine import cpu_s, folder_bytes, own_mib, peak_mib
from tests.bench.mix import Line
from tests.bench.news import article
from tests.faults.processes import Service

DATABASE = "silkwire_search"
_WRITERS = 2
_CACHE_GB = 4.0
"""Of MongoDB, as of one that has a machine of 9 GiB to itself: half of what one GiB leaves."""
_READY_WITHIN_S = 7200.0


@dataclass(frozen=True)
class View:
    """What it took to build the view from the record: seconds from the process's start until it was ready."""

    seconds: float
    cpu_s: float
    peak_mib: float


@dataclass(frozen=True)
class Servers:
    """The servers behind a service that is measured."""

    database: mongod.Mongod
    broker: rabbitmq.RabbitNode

    def search(self, folder: Path) -> Service:
        """Return a search service of theirs, not yet started."""
        port = free_port(100)
        environment = {
            "MONGODB_URI": self.database.uri,
            "AMQP_URL": self.broker.url,
            "SEARCH_PORT": str(port),
            "SEARCH_HOST": "127.0.0.1",
            "SEARCH_DATA_DIR": str(folder / "views"),
        }
        return Service("search", "search", port, environment, folder)


@asynccontextmanager
async def servers(folder: Path) -> AsyncIterator[Servers]:
    """Start a MongoDB and a RabbitMQ, and stop them in the end."""
    _compile()
    async with AsyncExitStack() as opened:
        database = mongod.start(folder / "mongodb", cache_gb=_CACHE_GB)
        opened.callback(database.stop)
        broker = rabbitmq.start(folder / "rabbitmq")
        opened.callback(broker.stop)
        yield Servers(database, broker)


def _compile() -> None:
    """Leave the service's modules compiled, as its image has them: to compile them takes a second of each start."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    modules = (
        "import search.__main__, search.app, search.adapters.piped_process, search.adapters.document_workers"
    )
    subprocess.run((sys.executable, "-c", modules), env=environment, check=True)  # noqa: S603  our own words


def fill_record(uri: str, size: int, said: Callable[[int], None]) -> float:
    """Write all articles of a size into the record, as the store would have; return the seconds that it took.

    Args:
        uri: of the MongoDB.
        size: how many.
        said: told from time to time how many there are.
    """
    began, done = time.perf_counter(), 0
    asyncio.run(_prepare(uri))
    with ProcessPoolExecutor(_WRITERS, mp_context=get_context("spawn")) as pool:
        for count in pool.map(partial(_fill_part, uri, size), range(0, size, CHUNK)):
            done += count
            said(done)
    seconds = time.perf_counter() - began
    note_stories_as_told(uri)
    return seconds


async def _prepare(uri: str) -> None:
    """Make the indexes of the record, which a replica that starts finds there."""
    client = mongo.connect(uri)
    try:
        await migrate(client.database(DATABASE), words=None)
    finally:
        await client.close()


def note_stories_as_told(uri: str) -> None:
    """Let the worker of stories have read everything, as it would have while the articles came.

    Else it reads a million of them in the process that is measured, for minutes.
    """
    with MongoClient[dict[str, Any]](uri) as client:
        now = client[DATABASE].command("hello")["operationTime"]
        place = {"token": None, "time": [now.time, now.inc]}
        lease = {"bucket": 0, "owner": None, "until": None, "epoch": 0}
        client[DATABASE][STORIES].insert_one({"_id": "bucket:0", **lease, "place": place})


def _fill_part(uri: str, size: int, start: int) -> int:
    rows = [_document(article(number, size)) for number in range(start, min(start + CHUNK, size))]
    with MongoClient[dict[str, Any]](uri) as client:
        client[DATABASE][ARTICLES].insert_many(rows, ordered=False)
    return len(rows)


def _document(told: Article) -> dict[str, Any]:
    """Return what the store leaves of an article once its announcement has been published."""
    stored = {"stored_at": datetime.now(UTC), "bucket": bucket_of(told.id), "pending": []}
    return {"_id": told.id, **update_for(told)["$set"], **stored}


async def build_view(search: Service) -> View:
    """Start the service and wait until its view is level with the record."""
    began = time.perf_counter()
    await search.start()
    await search.ready(within_s=_READY_WITHIN_S)
    return View(time.perf_counter() - began, cpu_s(search.pid), peak_mib(search.pid))


def ask_over_http(search: Service, warming: Iterable[Line], lines: Sequence[Line]) -> Asked:
    """Ask queries one after the other on one connection; the time is from the request to the answer's last byte."""
    connection = http.client.HTTPConnection("127.0.0.1", search.port, timeout=60)

    def answer(line: Line) -> bytes:
        connection.request("GET", line.path)
        response = connection.getresponse()
        body = response.read()
        assert response.status == 200, (line.path, response.status, body[:300])
        return body

    try:
        return ask_engine(answer, _total, warming, lines, lambda: own_mib(search.pid))
    finally:
        connection.close()


def _total(body: bytes) -> int:
    return int(json.loads(body)["results"]["total"])


def view_bytes(folder: Path) -> int:
    """Return what the views take on disk."""
    return folder_bytes(folder / "views")


def record_bytes(uri: str) -> int:
    """Return what the record takes on disk, indexes included."""
    with MongoClient[dict[str, Any]](uri) as client:
        told = client[DATABASE].command("collStats", ARTICLES)
    return int(told["storageSize"]) + int(told["totalIndexSize"])
