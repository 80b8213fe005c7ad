"""Everything one experiment runs on: a broker, a database, services as processes, proxies between them; all its own."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pymongo.errors import PyMongoError

from shared.bus import topology
from shared.bus.connection import BROKER_ERRORS
from shared.contracts.catalogue import SEARCH_ARTICLES
from silkwire.backing.ports import free_port
from tests.faults.oracle import Served, Tally, compare
from tests.faults.origin import Origin
from tests.faults.processes import Service
from tests.faults.proxy import Proxy
from tests.faults.report import Figure, Result
from tests.faults.servers import INGEST, SEARCH, Broker, Database

LADDER_S = (0.2, 1.0, 3.0)
"""Retry delays of all experiments but E9, so that an hour is enough for all of them."""

VERSIONS: set[str] = set()
"""The servers that experiments ran on, such as `RabbitMQ 3.10.8`."""

_OBSERVE_S = 0.5

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """How large an experiment is to be.

    Attributes:
        quick: a short form of it, for every change.
        seed: of everything that is left to chance.
        say: tells whoever waits what is going on.
        folder: where it may keep things.
    """

    quick: bool
    seed: int
    say: Say
    folder: Path

    def size(self, full: int, quick: int) -> int:
        """Return the number for this run."""
        return quick if self.quick else full

    def bound(self, most: float) -> float:
        """Return an upper bound; short runs have company and little to average over, so there it is three times as high."""
        return most * 3 if self.quick else most

    def seconds(self, full: float, quick: float) -> float:
        """Return the duration for this run."""
        return quick if self.quick else full


class Rig:
    """The servers and the services of one experiment; made by `rigged`."""

    def __init__(self, plan: Plan, broker: Broker, database: Database, ladder_s: Sequence[float]) -> None:
        self.plan = plan
        self.broker = broker
        self.database = database
        self.ladder_s = tuple(ladder_s)
        self.services: dict[str, Service] = {}
        self.amqp = Proxy(broker.port)
        self.mongo = Proxy(database.port)
        self._observing: asyncio.Task[None] | None = None

    @property
    def amqp_url(self) -> str:
        """The broker's address for services, through the proxy."""
        return f"amqp://guest:guest@127.0.0.1:{self.amqp.port}/"

    def add(self, module: str, *, name: str = "", settings: Mapping[str, str] | None = None) -> Service:
        """Add a replica of a service; it is not started yet."""
        name = name or module
        port, prefix = free_port(100), module.upper()
        folder = self.plan.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        environment = {
            "AMQP_URL": self.amqp_url,
            "MONGODB_URI": f"mongodb://127.0.0.1:{self.mongo.port}/?directConnection=true",
            "RETRY_DELAYS_S": ",".join(f"{delay:g}" for delay in self.ladder_s),
            "LOG_FORMAT": "json",
            f"{prefix}_HOST": "127.0.0.1",
            f"{prefix}_PORT": str(port),
            "SEARCH_DATA_DIR": str(folder / "index"),
            "INGEST_ALLOW_PRIVATE_ADDRESSES": "true",
            "INGEST_DEFAULT_INTERVAL_S": "0.3",
            "INGEST_MIN_INTERVAL_S": "0.3",
            "INGEST_MAX_INTERVAL_S": "0.3",
            "INGEST_HOST_GAP_S": "0",
            "INGEST_LEASE_S": "10",
        }
        service = Service(name, module, port, environment | dict(settings or {}), folder)
        self.services[name] = service
        return service

    async def up(self, *modules: str) -> None:
        """Add these services, start them and wait until they are ready."""
        for module in modules:
            await self.add(module).start()
        for module in modules:
            await self.services[module].ready()

    def feed(self, origin: Origin) -> dict[str, str]:
        """Write the origin's list of sources; return the setting that names it."""
        path = self.plan.folder / "sources.opml"
        path.write_text(origin.opml(), encoding="utf-8")
        return {"INGEST_SOURCES": str(path)}

    async def watch(self) -> None:
        """Look at all metrics from time to time."""

        async def observe() -> None:
            while True:
                await asyncio.sleep(_OBSERVE_S)
                await asyncio.gather(*(one.observe() for one in self.services.values() if one.alive))

        self._observing = asyncio.create_task(observe())

    async def settled(self, served: Callable[[], Mapping[str, Served]], within_s: float = 120) -> float:
        """Wait until everything served is stored and nothing is on its way, or until the time is up.

        Returns:
            Seconds waited. That the time was up is no error: the oracle will tell what is missing.
        """
        began = time.monotonic()
        told = 0.0
        while time.monotonic() - began < within_s:
            with suppress(PyMongoError, *BROKER_ERRORS):
                wanted = served()
                count = await self.database.count()
                if time.monotonic() - told > 2:
                    told = time.monotonic()
                    self.plan.say(f"{count:,} of {len(wanted):,} stored")
                if count >= len(wanted) and await self._quiet(wanted):
                    return time.monotonic() - began
            await asyncio.sleep(0.25)
        return time.monotonic() - began

    async def _quiet(self, served: Mapping[str, Served]) -> bool:
        waiting = await self.database.pending(INGEST, "items")
        if waiting or await self.on_the_way():
            return False
        stored = await self.database.stored()
        return all(item in stored and stored[item].digest == one.digest for item, one in served.items())

    async def on_the_way(self) -> int:
        """Return how many events wait in the work and retry queues; dead letters and the stream are left out."""
        dead = topology.dead_letter_queue(SEARCH_ARTICLES)
        queues = topology.topology(self.ladder_s).queues
        return await self.broker.ready(
            *(one.name for one in queues if not one.is_stream and one.name != dead)
        )

    async def judge(self, served: Mapping[str, Served]) -> Tally:
        """Compare what was served with what is stored."""
        return compare(served, await self.database.stored(), await self.database.writes())

    async def result(self, served: Mapping[str, Served], *figures: Figure, dead_expected: int = 0) -> Result:
        """Give the result, with what the metrics and the dead letters say."""
        await asyncio.gather(*(one.observe() for one in self.services.values() if one.alive))
        tally = await self.judge(served)
        # The highest revision may have been heard without the ones below it: what was heard is at least what is stored.
        distinct = sum(one.rev for one in (await self.database.stored()).values())
        heard = sum(one.total("search_changes_total") for one in self.services.values())
        return Result(
            tally=tally,
            doubled_deliveries=max(0, round(heard) - distinct),
            dead=await self.broker.ready(topology.dead_letter_queue(SEARCH_ARTICLES)),
            figures=figures,
            dead_expected=dead_expected,
        )

    async def close(self) -> None:
        """End everything."""
        if self._observing is not None:
            self._observing.cancel()
            await asyncio.gather(self._observing, return_exceptions=True)
        await asyncio.gather(*(one.close() for one in self.services.values()), return_exceptions=True)
        await self.amqp.close()
        await self.mongo.close()


@asynccontextmanager
async def rigged(
    plan: Plan, *, ladder_s: Sequence[float] = LADDER_S, mongod_options: Sequence[str] = ()
) -> AsyncIterator[Rig]:
    """A fresh broker and a fresh database for one experiment."""
    plan.say("starting RabbitMQ and MongoDB")
    async with AsyncExitStack() as opened:
        broker, database = await asyncio.gather(
            asyncio.to_thread(Broker, plan.folder / "rabbitmq"),
            asyncio.to_thread(Database, plan.folder / "mongodb", mongod_options),
        )
        opened.push_async_callback(asyncio.to_thread, database.stop)
        opened.push_async_callback(asyncio.to_thread, broker.stop)
        VERSIONS.update((f"RabbitMQ {broker.version}", f"MongoDB {database.version}"))
        rig = Rig(plan, broker, database, ladder_s)
        opened.push_async_callback(rig.close)
        await rig.amqp.start()
        await rig.mongo.start()
        await rig.watch()
        yield rig


async def within(seconds: float, what: Awaitable[object]) -> float:
    """Await something; return how long it took, or `seconds` when it did not come in time."""
    began = time.monotonic()
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await what
    return time.monotonic() - began


__all__ = ["INGEST", "LADDER_S", "SEARCH", "Plan", "Rig", "Say", "rigged", "within"]
