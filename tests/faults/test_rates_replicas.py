"""Three rates processes ask banks that answer out of order, and are killed; what readers and hearers get is counted."""

import asyncio
import os
import random
import signal
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import aio_pika
import httpx2
import pytest
from pymongo import MongoClient

from rates.domain import display
from rates.domain.calendars import working_day_after
from shared.contracts.base import EventModel
from shared.contracts.catalogue import LIVE
from shared.contracts.envelope import from_headers, open_envelope
from shared.contracts.http.rates import RatesAnswer, TickerEntry
from shared.contracts.rates import RateFixed
from shared.failpoints import EXIT_KILLED, OUTBOX_AFTER_CONFIRM
from shared.testing.eventually import eventually
from silkwire.backing.ports import free_port
from tests.faults.processes import Service
from tests.suites import rates_documents as documents
from tests.suites.rates_bank_server import BankServer, Behaviour, answer, bank_server
from tests.suites.rates_builders import CBU, NBK, NBKR

pytestmark = [pytest.mark.timeout(240), pytest.mark.rabbitmq, pytest.mark.mongodb]

SETTLED_S = 45.0
ORDER = (0, 2, 1, 3)
"""In which order the banks give out the tables of four sessions: one comes after the one that follows it."""

NUMBERS: Mapping[str, Sequence[str]] = {
    "KGS": ("87.4500", "87.4500", "87.4101", "87.3000"),
    "KZT": ("478.77", "475.09", "481.13", "480.20"),
    "UZS": ("12194.21", "12142.10", "12149.38", "12160.00"),
}
SEED = 4
DATABASE = "rates_replicas"


def four_sessions() -> list[date]:
    """The last four days before today on which all three banks work."""
    today = datetime.now(UTC).date()
    days = (today - timedelta(days=back) for back in range(1, 40))
    worked = [day for day in days if all(bank.calendar.works_on(day) for bank in (NBKR, NBK, CBU))]
    return sorted(worked[: len(ORDER)])


@dataclass
class Shelf:
    """One bank's tables; whoever asks for the latest gets any that was given out, as from caches that lag.

    Attributes:
        write: a session's table as bytes.
        given: which are given out, by their place among the sessions, in the order of their giving.
    """

    write: Callable[[date, str], bytes]
    sessions: Sequence[date]
    numbers: Sequence[str]
    chance: random.Random
    given: list[int] = field(default_factory=list)

    def behave(self) -> Behaviour:
        async def any_of_them(writer: asyncio.StreamWriter) -> None:
            place = self.chance.choice([max(self.given), self.given[-1], self.chance.choice(self.given)])
            await asyncio.sleep(self.chance.uniform(0, 0.05))
            await answer(self.write(self.sessions[place], self.numbers[place]))(writer)

        return any_of_them

    def line(self, pair: str) -> str:
        """What the ticker must say, given what was given out."""
        money = [Decimal(self.numbers[place]) for place in sorted(self.given)[-2:]]
        change = display.percent((money[0] / money[1] - 1) * 100) + "%" if len(money) > 1 else ""
        return f"{pair} = {display.five_decimals(1 / money[-1])} {change}".rstrip()


@asynccontextmanager
async def banks() -> AsyncIterator[tuple[BankServer, dict[str, Shelf]]]:
    """NBKR, NBK and CBU on one port; NBT is not to be had."""
    sessions, chance = four_sessions(), random.Random(SEED)  # noqa: S311  which cache answers is no secret

    def nbk(session_on: date, usd: str) -> bytes:
        return documents.nbk_rss(f"{session_on + timedelta(days=1):%d.%m.%Y}", usd)

    def nbkr(session_on: date, usd: str) -> bytes:
        return documents.nbkr(session_on + timedelta(days=1), usd.replace(".", ","))

    def cbu(session_on: date, usd: str) -> bytes:
        return documents.cbu(working_day_after(session_on, CBU.calendar), usd)

    async with bank_server() as server:
        shelves = {}
        for bank, write in ((NBKR, nbkr), (NBK, nbk), (CBU, cbu)):
            shelves[str(bank.pair)] = shelf = Shelf(write, sessions, NUMBERS[bank.money], chance)
            server.put(bank.latest(sessions[-1])[0].path, shelf.behave())
        yield server, shelves


@dataclass
class Reader:
    """Whoever looks at one gateway again and again.

    Attributes:
        url: the gateway's.
        shown: every different answer, in the order in which they came.
    """

    url: str
    client: httpx2.AsyncClient
    shown: list[list[TickerEntry]] = field(default_factory=list)

    async def look(self) -> list[TickerEntry]:
        """What the gateway shows now; empty while it shows nothing."""
        try:
            told = await self.client.get(f"{self.url}/api/v1/rates")
        except httpx2.HTTPError:
            return []
        entries = RatesAnswer.model_validate_json(told.content).rates if told.is_success else []
        if entries and (not self.shown or self.shown[-1] != entries):
            self.shown.append(entries)
        return entries

    async def rate(self, pair: str) -> TickerEntry:
        """What the gateway answers about one pair; no answer is a probe's failure, which may be tried again."""
        try:
            told = (await self.client.get(f"{self.url}/api/v1/rates/{pair}")).raise_for_status()
        except httpx2.HTTPError as error:
            raise AssertionError(repr(error)) from error
        return TickerEntry.model_validate_json(told.content)

    async def watch(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(0.05)

    def went_back(self) -> list[tuple[str, datetime, datetime]]:
        """Where a pair showed an older session after a newer one."""
        return [
            (new.pair, old.as_of, new.as_of)
            for before, after in pairwise(self.shown)
            for old in before
            for new in after
            if old.pair == new.pair and new.as_of < old.as_of
        ]


def rates_settings(servers: tuple[str, str], bank_address: str, port: int) -> dict[str, str]:
    addresses = {f"RATES_{bank}_URL": bank_address for bank in ("NBK", "NBKR", "NBT", "CBU", "CBR", "ECB")}
    return {
        "MONGODB_URI": servers[0],
        "RATES_MONGODB_DATABASE": DATABASE,
        "AMQP_URL": servers[1],
        "RATES_HOST": "127.0.0.1",
        "RATES_PORT": str(port),
        "RATES_POLL_INTERVAL_S": "0.2",
        "RATES_LEASE_S": "2",
        **addresses,
    }


def gateway_settings(rates: Service, port: int) -> dict[str, str]:
    nowhere = f"http://127.0.0.1:{free_port()}"
    return {
        "GATEWAY_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "GATEWAY_RATES_URL": f"http://127.0.0.1:{rates.port}",
        "GATEWAY_SEARCH_URL": nowhere,
        "GATEWAY_INGEST_URL": nowhere,
        "GATEWAY_TICKER_REFRESH_S": "0.1",
        "GATEWAY_BREAKER_OPEN_S": "0.5",
    }


async def deliveries(amqp_url: str) -> list[EventModel]:
    """Every delivery of the live stream from its beginning, repeats included."""
    connection = await aio_pika.connect(amqp_url)
    heard: list[EventModel] = []
    async with connection:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=100)
        queue = await channel.get_queue(LIVE, ensure=False)
        try:
            async with queue.iterator(arguments={"x-stream-offset": "first"}, timeout=1) as messages:
                async for message in messages:
                    heard.append(open_envelope(from_headers(message.headers, message.body)))
                    await message.ack()
        except TimeoutError:
            return heard
    return heard


def latest(heard: Iterable[EventModel]) -> dict[str, RateFixed]:
    """What a hearer keeps by the rule of the contract: of each pair's fixings the one with the highest seq."""
    kept: dict[str, RateFixed] = {}
    for event in heard:
        if isinstance(event, RateFixed) and (event.pair not in kept or event.seq > kept[event.pair].seq):
            kept[event.pair] = event
    return kept


@dataclass
class World:
    """Banks that lag, three replicas that ask them, two gateways that ask two of these, and who looks at them."""

    shelves: Mapping[str, Shelf]
    replicas: Sequence[Service]
    readers: Sequence[Reader]

    def give_out(self, place: int) -> None:
        """Let every bank give out the table of a session."""
        for shelf in self.shelves.values():
            shelf.given.append(place)


@asynccontextmanager
async def running(folder: Path, servers: tuple[str, str]) -> AsyncIterator[World]:
    """Start everything but the replicas of rates."""
    async with AsyncExitStack() as closing:
        bank, shelves = await closing.enter_async_context(banks())
        client = await closing.enter_async_context(httpx2.AsyncClient(trust_env=False, timeout=2))
        world = World(shelves, replicas := [], readers := [])
        for number in range(3):
            settings = rates_settings(servers, bank.address, port := free_port(100))
            replicas.append(Service(f"rates-{number}", "rates", port, settings, folder))
            closing.push_async_callback(replicas[-1].close)
        for number in range(2):
            settings = gateway_settings(replicas[number], port := free_port(100))
            gateway = Service(f"gateway-{number}", "gateway", port, settings, folder)
            closing.push_async_callback(gateway.close)
            await gateway.start()
            readers.append(Reader(f"http://127.0.0.1:{port}", client))
        async with asyncio.TaskGroup() as tasks:
            watching = [tasks.create_task(reader.watch()) for reader in readers]
            yield world
            for task in watching:
                task.cancel()


async def test_one_fixing_a_session_whoever_polls_dies_or_answers_late(
    tmp_path: Path, mongodb_uri: str, amqp_url: str
) -> None:
    """A reader sees each session once and never goes back; a hearer of repeated, shuffled events ends at the same."""
    async with running(tmp_path, (mongodb_uri, amqp_url)) as world:
        world.give_out(ORDER[0])
        for replica in world.replicas:
            # Each dies once between the broker's confirm and its own note of it, so that events are delivered twice.
            await replica.start(failpoints=f"{OUTBOX_AFTER_CONFIRM}:1")
        # Until one did nothing else may kill them: whoever holds the leases might be killed before its first publish.
        await one_has_ended(world.replicas)
        for replica in world.replicas:
            replica.keep()
        await settled(world)
        for place, replica in zip(ORDER[1:], world.replicas, strict=True):
            world.give_out(place)
            await eventually(lambda: asyncio.sleep(0, replica.alive), what="a replica to kill")  # noqa: B023  awaited here
            with suppress(ProcessLookupError):  # it may have died by itself a moment ago
                os.kill(replica.pid, signal.SIGKILL)
            await settled(world)
        crossed = await eventually(
            lambda: world.readers[0].rate("KGS/UZS"), within_s=SETTLED_S, what="a cross rate"
        )
        heard = await everything_said(mongodb_uri, amqp_url)
    assert [reader.went_back() for reader in world.readers] == [[], []]
    assert crossed.text == "KGS/UZS = 139.28981 0.21%"
    once_each(heard)
    assert len(heard) > len({(event.event_subject, event.event_rev) for event in heard}), "nothing came twice"
    shown = {entry.pair: (entry.exact_value, entry.as_of.date()) for entry in world.readers[1].shown[-1]}
    for seed in range(20):
        jumbled = heard * 2
        random.Random(seed).shuffle(jumbled)  # noqa: S311  an order, not a secret
        kept = latest(jumbled)
        assert {pair: (f"{event.value:f}", event.session_on) for pair, event in kept.items()} == shown


async def one_has_ended(replicas: Sequence[Service]) -> None:
    """Wait until a replica has died at its failpoint."""
    ends = [asyncio.create_task(replica.ended()) for replica in replicas]
    done, others = await asyncio.wait(ends, timeout=SETTLED_S, return_when=asyncio.FIRST_COMPLETED)
    for other in others:
        other.cancel()
    assert {end.result() for end in done} == {EXIT_KILLED}


async def settled(world: World) -> None:
    """Wait until every gateway shows what follows from all that the banks have given out."""
    expected = [world.shelves[pair].line(pair) for pair in ("KGS/USD", "KZT/USD", "UZS/USD")]

    async def shows() -> bool:
        for reader in world.readers:
            assert [entry.text for entry in await reader.look()] == expected
        return True

    await eventually(shows, within_s=SETTLED_S, every_s=0.1, what="the ticker of both gateways")


async def everything_said(mongodb_uri: str, amqp_url: str) -> list[EventModel]:
    """Wait until no event waits in the outbox and the stream has as many as the boards count; return all deliveries."""

    def boards() -> list[dict[str, Any]]:
        with MongoClient[dict[str, Any]](mongodb_uri) as client:
            return list(client[DATABASE]["board"].find({}, {"seq": 1, "pending": 1}))

    async def relayed() -> list[EventModel]:
        stored = await asyncio.to_thread(boards)
        assert [board["_id"] for board in stored if board["pending"]] == []
        heard = await deliveries(amqp_url)
        for board in stored:
            assert board["seq"] in {event.event_rev for event in heard if event.event_subject == board["_id"]}
        return heard

    return await eventually(relayed, within_s=SETTLED_S, every_s=0.2, what="an empty outbox")


def once_each(heard: Iterable[EventModel]) -> None:
    """Each pair's events are numbered without a gap, a session has one number, and none is older than one before."""
    by_pair: dict[str, dict[int, EventModel]] = defaultdict(dict)
    for event in heard:
        first = by_pair[event.event_subject].setdefault(event.event_rev, event)
        assert first == event, "two events of one seq"
    assert set(by_pair) == {"KGS/USD", "KZT/USD", "UZS/USD"}
    for pair, by_seq in by_pair.items():
        assert sorted(by_seq) == list(range(1, len(by_seq) + 1)), pair
        fixed = [event for _seq, event in sorted(by_seq.items()) if isinstance(event, RateFixed)]
        assert all(before.session_on <= after.session_on for before, after in pairwise(fixed)), pair
        assert {event.revision for event in fixed} == {1}, pair
        numbers = {(event.session_on, event.value) for event in fixed}
        assert [session_on for session_on, _value in sorted(numbers)] == sorted(
            {one.session_on for one in fixed}
        ), pair
