"""A real RabbitMQ node and a real mongod of the runner's own, and what can be done to them."""

import asyncio
import random
import re
import signal
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aio_pika
from pymongo import MongoClient

from silkwire.backing import mongod, process, rabbitmq
from silkwire.backing.ports import is_free
from tests.faults.oracle import Stored, count_writes
from tests.faults.origin import digest_of

SEARCH = "silkwire_search"
INGEST = "silkwire_ingest"


class Broker:
    """One RabbitMQ node.

    Args:
        folder: where it keeps everything.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # Whoever looks for a free port does so from 20000 on, and would take this one while the node is down.
        self._node = rabbitmq.start(folder, port=_rarely_taken_port())

    @property
    def port(self) -> int:
        """Where clients connect; the same after every restart."""
        return self._node.port

    @property
    def url(self) -> str:
        """Its address, without a proxy."""
        return self._node.url

    @property
    def version(self) -> str:
        """Such as `3.10.8`."""
        return self._node.version

    async def control(self, *arguments: str) -> str:
        """Run rabbitmqctl; return what it printed."""
        return await asyncio.to_thread(self._node.control, *arguments)

    def said(self, words: str) -> list[str]:
        """Return the lines of its log that have these words."""
        logs = (self._folder / "log").glob("*.log")
        return [
            line for log in logs for line in log.read_text(errors="replace").splitlines() if words in line
        ]

    def said_at(self, words: str) -> float:
        """Return when its log last had these words, by the monotonic clock, in seconds; ValueError when it never had."""
        said = max(datetime.fromisoformat(line.split(" [", 1)[0]) for line in self.said(words))
        return time.monotonic() - (datetime.now(UTC) - said).total_seconds()

    async def kill(self) -> None:
        """Kill -9, and wait until it is gone."""
        self._signal(signal.SIGKILL)
        await asyncio.to_thread(self._node.process.wait)

    async def greets(self) -> bool:
        """Tell whether its port is open to clients."""
        return await asyncio.to_thread(rabbitmq.greeting, "127.0.0.1", self.port) is not None

    def freeze(self) -> None:
        """Stop it in the middle of whatever it does; its sockets stay open."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen one go on."""
        self._signal(signal.SIGCONT)

    async def start(self) -> None:
        """Start again on the same data and port; return once the port is open."""
        self._node = await asyncio.to_thread(lambda: rabbitmq.start(self._folder, port=self._node.port))

    async def ready(self, *queues: str) -> int:
        """Return how many messages these queues hold that are not with a consumer, as of now."""
        connection = await aio_pika.connect(self.url)
        async with connection, connection.channel() as channel:
            declared = [await channel.declare_queue(queue, passive=True) for queue in queues]
        return sum(queue.declaration_result.message_count or 0 for queue in declared)

    async def depths(self) -> dict[str, int]:
        """Return how many messages each queue holds, delivered ones included, as of some seconds ago."""
        listed = await self.control("list_queues", "--no-table-headers", "--silent", "name", "messages")
        found = (line.split() for line in listed.splitlines() if line.strip())
        return {name: int(count) for name, count in found}

    def stop(self) -> None:
        """End it."""
        self.thaw()
        self._node.stop()

    def _signal(self, number: signal.Signals) -> None:
        process.end_group(self._node.process.pid, number)


class Database:
    """One mongod, a replica set of one node.

    Args:
        folder: where it keeps everything.
        options: more of its command line.
    """

    def __init__(self, folder: Path, options: Sequence[str] = ()) -> None:
        self._folder = folder
        self._options = tuple(options)
        self._server = mongod.start(folder, options=self._options)
        self._client: MongoClient[dict[str, Any]] = MongoClient(
            self._server.uri, tz_aware=True, serverSelectionTimeoutMS=3000, socketTimeoutMS=20_000
        )

    @property
    def port(self) -> int:
        """Where clients connect; the same after every restart."""
        return self._server.port

    @property
    def version(self) -> str:
        """Such as `6.0.5`."""
        return self._server.version

    async def kill(self) -> None:
        """Kill -9, and wait until it is gone."""
        self._signal(signal.SIGKILL)
        await asyncio.to_thread(self._server.process.wait)

    def freeze(self) -> None:
        """Stop it in the middle of whatever it does."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen one go on."""
        self._signal(signal.SIGCONT)

    async def start(self) -> None:
        """Start again on the same data and port."""
        self._server = await asyncio.to_thread(lambda: mongod.start(self._folder, options=self._options))

    async def command(self, command: Mapping[str, Any]) -> dict[str, Any]:
        """Run an administrator's command."""
        return await asyncio.to_thread(lambda: self._client.admin.command(dict(command)))

    async def stored(self) -> dict[str, Stored]:
        """Return search's record, by the last part of the articles' addresses."""

        def read() -> dict[str, Stored]:
            found = self._client[SEARCH]["articles"].find({}, {"rev": 1, "url": 1, "title": 1, "text": 1})
            return {
                str(one.get("url", one["_id"])).rpartition("/")[2]: Stored(
                    one["rev"], digest_of(one.get("title", ""), one.get("text", ""))
                )
                for one in found
            }

        return await asyncio.to_thread(read)

    async def count(self) -> int:
        """Return how many articles search's record holds."""
        return await asyncio.to_thread(lambda: self._client[SEARCH]["articles"].count_documents({}))

    async def pending(self, database: str, collection: str) -> int:
        """Return how many documents of an outbox hold events that wait."""
        where = {"pending.id": {"$exists": True}}
        return await asyncio.to_thread(lambda: self._client[database][collection].count_documents(where))

    async def read(self, database: str, collection: str, *fields: str) -> list[dict[str, Any]]:
        """Return these fields of all documents of a collection."""
        shape = dict.fromkeys(fields, 1)
        return await asyncio.to_thread(lambda: list(self._client[database][collection].find({}, shape)))

    async def writes(self) -> dict[tuple[str, int], int]:
        """Return how often the record was changed to a revision, as the oplog tells."""

        def read() -> dict[tuple[str, int], int]:
            where = {"ns": f"{SEARCH}.articles", "op": {"$in": ["i", "u"]}}
            # The changes carry whole texts: only what the oracle looks at is read.
            shape = {
                "op": 1,
                "o2": 1,
                "o._id": 1,
                "o.rev": 1,
                "o.diff.u.rev": 1,
                "o.diff.i.rev": 1,
            }
            return count_writes(self._client["local"]["oplog.rs"].find(where, shape))

        return await asyncio.to_thread(read)

    def stop(self) -> None:
        """End it."""
        self.thaw()
        self._client.close()
        self._server.stop()

    def _signal(self, number: signal.Signals) -> None:
        process.end_group(self._server.process.pid, number)


def _rarely_taken_port() -> int:
    ports = random.sample(range(12_000, 20_000), 100)
    return next(port for port in ports if is_free(port))


def rss_bytes(pid: int) -> int:
    """Return how much memory a process holds, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) * 1024 if found else 0


def open_files(pid: int) -> int:
    """Return how many files and sockets a process holds open."""
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
