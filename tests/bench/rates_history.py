"""What a reader of thirty years of rates waits for: `python -m tests.bench.rates_history`.

Thirty years of sessions of the four banks stand in a MongoDB of this program's own, and what Kazakhstan's prints of the
other three, so that every number of theirs has a witness; the real service runs as a process of its own and is asked over
HTTP, one request after the other, for eight pairs: four against the dollar, four crosses. "At the service" is from its own
metric of request seconds, "over HTTP" is what the one who asks waits for. Nothing is stored meanwhile, but for the rows
that say so. BENCH_YEARS and BENCH_REQUESTS make it smaller.
"""

import asyncio
import os
import platform
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import httpx2
from prometheus_client.parser import text_string_to_metric_families

from rates.adapters.mongo_observation_store import MongoObservationStore
from rates.api.at_hand import FRESH_S
from rates.domain.banks import BANKS, NBK, Bank
from rates.domain.observations import Observation
from rates.domain.sources import SOURCES
from shared import mongo
from shared.testing.eventually import eventually
from silkwire.backing import mongod, rabbitmq
from silkwire.backing.ports import free_port
from tests.faults.processes import Service
from tests.suites.rates_builders import observation

YEARS = int(os.environ.get("BENCH_YEARS", "30"))
REQUESTS = int(os.environ.get("BENCH_REQUESTS", "400"))
LAST = date(2026, 11, 20)
PAIRS = ("KGS/USD", "KZT/USD", "TJS/USD", "UZS/USD", "KGS/KZT", "TJS/UZS", "KZT/UZS", "KGS/TJS")
LATEST_WITHIN_MS, RANGE_WITHIN_MS = 1.0, 20.0
_STARTS = {"KGS": "87.4500", "KZT": "475.09", "TJS": "9.3450", "UZS": "12142.10"}
_HISTORY, _LATEST = "/v1/rates/{base}/{quote}/history", "/v1/rates/{base}/{quote}"


@dataclass(frozen=True)
class Measured:
    """A row of the table, in milliseconds; the mean at the service, since its metric has no finer steps."""

    what: str
    p50_ms: float
    p99_ms: float
    service_ms: float
    aim_ms: float | None = None


def _numbers(bank: Bank) -> dict[date, str]:
    """Return what a bank prints of the dollar in each session of all those years: numbers that wander."""
    dice, number = random.Random(bank.id), _STARTS[bank.money]  # noqa: S311  numbers of a bench
    digits = len(number.partition(".")[2])
    units, lowest = int(number.replace(".", "")), int(number.replace(".", "")) * 6 // 10
    days = (LAST - timedelta(days=back) for back in range(YEARS * 365, -1, -1))
    said = {}
    for day in (day for day in days if day.weekday() < 5):
        units = max(lowest, units + dice.randint(-units // 500, units // 500))
        said[day] = f"{units // 10**digits}.{units % 10**digits:0{digits}d}"
    return said


def _witnessed(own: dict[date, str], others: dict[date, str], money: str) -> Iterator[Observation]:
    """Yield what Kazakhstan's bank prints of a hundred units of another bank's money."""
    for day, tenge in own.items():
        yield observation(
            NBK, day, f"{Decimal(tenge) * 100 / Decimal(others[day]):.4f}", nominal=100, base=money
        )


async def _filled(uri: str, name: str) -> int:
    client = mongo.connect(uri)
    store, stored = MongoObservationStore(client.database(name)["observations"]), 0
    await store.prepare()
    numbers = {bank.id: _numbers(bank) for bank in BANKS}
    for bank in BANKS:
        said = [observation(bank, day, number) for day, number in numbers[bank.id].items()]
        if bank.id != NBK.id:
            said += _witnessed(numbers[NBK.id], numbers[bank.id], bank.money)
        for start in range(0, len(said), 1000):
            stored += await store.append(said[start : start + 1000])
    await client.close()
    return stored


class Asking:
    """One who asks the service, and reads its metrics."""

    def __init__(self, port: int) -> None:
        self._client = httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30)
        self._metrics = f"http://127.0.0.1:{port + 100}/metrics"

    async def close(self) -> None:
        """Close the connection."""
        await self._client.aclose()

    async def get(self, address: str) -> float:
        """Return how many milliseconds an answer took."""
        began = time.perf_counter()
        answer = await self._client.get(address)
        while answer.status_code == httpx2.codes.SERVICE_UNAVAILABLE:
            # What takes too long is made all the same, and then at hand.
            answer = await self._client.get(address)
        took_ms = (time.perf_counter() - began) * 1000
        answer.raise_for_status()
        return took_ms

    async def many(
        self, what: str, address: Callable[[str], str], route: str, aim_ms: float | None = None
    ) -> Measured:
        """Ask for each pair in turn, again and again."""
        count, seconds = await self.total(route)
        took = sorted([await self.get(address(PAIRS[number % len(PAIRS)])) for number in range(REQUESTS)])
        counted, spent = await self.total(route)
        mean_ms = (spent - seconds) / (counted - count) * 1000
        return Measured(what, took[len(took) // 2], took[len(took) * 99 // 100], mean_ms, aim_ms)

    async def total(self, route: str) -> tuple[float, float]:
        """Return how many requests of a route the service has answered, and in how many seconds."""
        text = (await self._client.get(self._metrics)).text
        found = {"count": 0.0, "sum": 0.0}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.labels.get("route") == route and sample.labels.get("method") == "GET":
                    for name in found:
                        found[name] += sample.value if sample.name.endswith(f"seconds_{name}") else 0
        return found["count"], found["sum"]


async def _measured(asking: Asking, uri: str, database: str) -> AsyncIterator[Measured]:
    ten, month = LAST - timedelta(days=3652), LAST - timedelta(days=30)
    cold = [await asking.get(f"/v1/rates/{pair}/history?after={ten}") for pair in PAIRS]
    cold.sort()
    yield Measured("first history of a pair, just after a start", cold[len(cold) // 2], cold[-1], 0)
    yield await asking.many(
        "ten years by sessions, JSON",
        lambda pair: f"/v1/rates/{pair}/history?after={ten}",
        _HISTORY,
        RANGE_WITHIN_MS,
    )
    yield await asking.many(
        "ten years by sessions, CSV",
        lambda pair: f"/v1/rates/{pair}/history?after={ten}&format=csv",
        _HISTORY,
        RANGE_WITHIN_MS,
    )
    yield await asking.many("a month", lambda pair: f"/v1/rates/{pair}/history?after={month}", _HISTORY)
    yield await asking.many(
        f"{YEARS} years by months",
        lambda pair: f"/v1/rates/{pair}/history?after=1990-01-01&group=month",
        _HISTORY,
    )
    yield await asking.many(
        "an amount at a date",
        lambda pair: f"/v1/convert?amount=100&from={pair[:3]}&to={pair[4:]}&on={month}",
        "/v1/convert",
    )
    yield await asking.many("latest of a pair", lambda pair: f"/v1/rates/{pair}", _LATEST, LATEST_WITHIN_MS)
    yield await _unhurried(asking)
    client = mongo.connect(uri)
    yield await _changed(asking, MongoObservationStore(client.database(database)["observations"]))
    await client.close()


async def _changed(asking: Asking, store: MongoObservationStore) -> Measured:
    """Ask just after an older session came, which every row must be derived again for."""
    again, first_on = [], LAST - timedelta(days=YEARS * 365 + 20)
    for number in range(5):
        late = observation(BANKS[0], first_on + timedelta(days=number), _STARTS[BANKS[0].money])
        await store.append([late])
        await asyncio.sleep(FRESH_S)
        again.append(await asking.get(f"/v1/rates/{PAIRS[0]}/history?after={LAST - timedelta(days=3652)}"))
    again.sort()
    return Measured("ten years, just after an older session came", again[len(again) // 2], again[-1], 0)


async def _unhurried(asking: Asking) -> Measured:
    """Ask for the latest when nobody has for a while, so that each request reads the database."""
    count, seconds = await asking.total(_LATEST)
    took = []
    for number in range(20):
        await asyncio.sleep(FRESH_S * 1.2)
        took.append(await asking.get(f"/v1/rates/{PAIRS[number % len(PAIRS)]}"))
    counted, spent = await asking.total(_LATEST)
    took.sort()
    mean_ms = (spent - seconds) / (counted - count) * 1000
    return Measured("latest of a pair, asked for seldom", took[len(took) // 2], took[-1], mean_ms)


async def main() -> int:
    """Start the servers and the service, measure, print the table."""
    async with AsyncExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="silkwire-bench-")))
        database = await asyncio.to_thread(mongod.start, folder / "mongodb")
        opened.callback(database.stop)
        broker = await asyncio.to_thread(rabbitmq.start, folder / "rabbitmq")
        opened.callback(broker.stop)
        stored, port = await _filled(database.uri, "bench_rates"), free_port()
        service = Service("rates", "rates", port, _environment(database.uri, broker.url, port), folder)
        opened.push_async_callback(service.close)
        await service.start()
        await service.ready()
        asking = Asking(port)
        opened.push_async_callback(asking.close)
        await _boards(database.uri)
        rows = [row async for row in _measured(asking, database.uri, "bench_rates")]
    print(
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()}, MongoDB "
        f"{database.version}; {stored} observations, {REQUESTS} requests a row\n"
    )
    print(
        "| what | over HTTP, p50 | p99 | at the service, mean | aim at the service |\n|---|---|---|---|---|"
    )
    for row in rows:
        mean = f"{row.service_ms:.2f} ms" if row.service_ms else ""
        aim = f"below {row.aim_ms:g} ms" if row.aim_ms else ""
        print(f"| {row.what} | {row.p50_ms:.2f} ms | {row.p99_ms:.2f} ms | {mean} | {aim} |")
    missed = [row.what for row in rows if row.aim_ms and row.service_ms >= row.aim_ms]
    print(f"\nnot kept: {', '.join(missed)}" if missed else "\nthe aims are kept")
    return 1 if missed else 0


def _environment(uri: str, amqp_url: str, port: int) -> dict[str, str]:
    nowhere = {f"RATES_{bank.id}_URL": "http://127.0.0.1:9" for bank in BANKS}
    nowhere |= {f"RATES_{bank.id}_URL": "off" for bank in SOURCES if bank not in BANKS}
    told = {"MONGODB_URI": uri, "AMQP_URL": amqp_url, "RATES_PORT": str(port), "RATES_HOST": "127.0.0.1"}
    return {**told, **nowhere, "RATES_MONGODB_DATABASE": "bench_rates", "RATES_POLL_INTERVAL_S": "86400"}


async def _boards(uri: str) -> None:
    """Wait for the boards: each bank's first poll fails, and shows what is stored all the same."""
    client = mongo.connect(uri)
    boards = client.database("bench_rates")["board"]

    async def all_there() -> bool:
        return await boards.count_documents({}) == len(BANKS)

    await eventually(all_there, within_s=60, every_s=0.2, what="the boards")
    await client.close()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
