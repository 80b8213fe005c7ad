"""The whole service on a real RabbitMQ and a real MongoDB, asking banks on local ports."""

import asyncio
import socket
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date
from pathlib import Path

import aio_pika
import httpx2
import pytest
from prometheus_client import CollectorRegistry

from rates.app import run
from rates.domain.sources import CBR, CBT, ECB, MARKET
from rates.settings import Settings
from shared import mongo
from shared.bus.memory import MemoryBus
from shared.contracts.base import EventModel
from shared.contracts.catalogue import LIVE
from shared.contracts.envelope import from_headers, open_envelope
from shared.contracts.http.rates import RatesAnswer
from shared.contracts.rates import RateFixed
from shared.service import Context
from shared.testing.clock import FixedClock
from shared.testing.eventually import eventually
from shared.web import PortTakenError
from silkwire.backing.ports import free_port
from tests.suites import rates_documents as documents
from tests.suites import rates_further_documents as further
from tests.suites.rates_bank_server import BankServer, bank_server, endless
from tests.suites.rates_builders import CBU, NBK, NBKR, NBT, NO_MONGODB
from tests.suites.rates_rig import afternoon

TUE, WED, THU = date(2026, 3, 31), date(2026, 4, 1), date(2026, 4, 2)
TICKER = [
    "KGS/USD = 0.01144 0%",
    "KZT/USD = 0.00210 0.77%",
    "TJS/USD = 0.10701 0.05%",
    "UZS/USD = 0.00008 0.43%",
]


@pytest.fixture
async def banks() -> AsyncIterator[BankServer]:
    """All four banks on one port; their paths differ."""
    async with bank_server() as server:
        server.put(NBK.latest(WED)[0].path, documents.nbk_rss("02.04.2026", "475.09"))
        server.put(NBK.archived(WED).path, documents.nbk(WED, "478.77"))
        server.put(NBKR.latest(WED)[0].path, documents.nbkr(THU, "87,4500"))
        server.put(NBKR.archived(WED).path, documents.nbkr_history((WED, "87,4500")))
        server.put(NBT.latest(WED)[0].path, documents.nbt(WED, "9.3450"))
        server.put(NBT.archived(TUE).path, documents.nbt(TUE, "9.3500"))
        server.put(CBU.latest(WED)[0].path, documents.cbu(THU, "12142.10"))
        server.put(CBU.archived(WED).path, documents.cbu(WED, "12194.21"))
        yield server


class Replica:
    """One running service and a client of its API."""

    def __init__(self, client: httpx2.AsyncClient, ops: httpx2.AsyncClient) -> None:
        self.client = client
        self.ops = ops

    async def ticker(self) -> list[str]:
        """The lines it shows."""
        try:
            response = await self.client.get("/v1/rates")
        except httpx2.ConnectError:
            return []
        return [entry.text for entry in RatesAnswer.model_validate_json(response.content).rates]

    def shows(self, expected: list[str]) -> Callable[[], Awaitable[bool]]:
        """A probe for `eventually`."""

        async def probe() -> bool:
            shown = await self.ticker()
            assert shown == expected
            return True

        return probe


@pytest.fixture
def make_settings(
    banks: BankServer, amqp_url: str, mongodb_uri: str, database_name: str, mongo_driver: mongo.Driver
) -> Callable[[], Settings]:
    def make(further_address: str = "off") -> Settings:
        return Settings(
            amqp_url=amqp_url,
            mongodb_uri=mongodb_uri,
            mongo_driver=mongo_driver,
            mongodb_database=database_name,
            host="127.0.0.1",
            port=free_port(100),
            poll_interval_s=0.3,
            fetch_timeout_s=15,
            nbk_url=banks.address,
            nbkr_url=banks.address,
            nbt_url=banks.address,
            cbu_url=banks.address,
            cbr_url=further_address,
            ecb_url=further_address,
            cbt_url=further_address,
            market_url=further_address,
        )

    return make


@asynccontextmanager
async def replica(settings: Settings) -> AsyncIterator[Replica]:
    """Run one replica on a Wednesday afternoon."""
    context = Context(registry=CollectorRegistry(), stop=asyncio.Event(), clock=FixedClock(afternoon(WED)))
    async with serving(settings, context) as running:
        yield running


@asynccontextmanager
async def serving(settings: Settings, context: Context) -> AsyncIterator[Replica]:
    """Run the service; at the end it is stopped and must end by itself."""
    running = asyncio.create_task(run(settings, context))
    try:
        async with (
            httpx2.AsyncClient(base_url=f"http://127.0.0.1:{settings.port}") as client,
            httpx2.AsyncClient(base_url=f"http://127.0.0.1:{settings.ops_port}") as ops,
        ):
            yield Replica(client, ops)
    finally:
        context.stop.set()
        await asyncio.wait_for(running, 15)


async def said(amqp_url: str) -> list[EventModel]:
    """Every event on the live stream, from its beginning; one that was said again, by a relay that was stopped, once."""
    connection = await aio_pika.connect(amqp_url)
    async with connection:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=100)
        queue = await channel.get_queue(LIVE, ensure=False)
        events: dict[tuple[str, int], EventModel] = {}
        try:
            async with queue.iterator(arguments={"x-stream-offset": "first"}, timeout=0.8) as messages:
                async for message in messages:
                    event = open_envelope(from_headers(message.headers, message.body))
                    events[event.event_subject, event.event_rev] = event
                    await message.ack()
        except TimeoutError:
            return list(events.values())
    return list(events.values())


async def test_from_the_banks_bytes_to_the_ticker_and_the_live_stream(
    make_settings: Callable[[], Settings], amqp_url: str
) -> None:
    async with replica(make_settings()) as rates:
        await eventually(rates.shows(TICKER), within_s=30)

        async def connected() -> bool:
            ready = (await rates.ops.get("/readyz")).json()
            return bool(ready["dependencies"] == {"mongodb": "up", "broker": "up"})

        # On a busy machine the first table is there before the broker is.
        await eventually(connected, within_s=30)

        async def counted() -> bool:
            return (
                'rates_polls_total{bank="CBU",outcome="fixed"} 1.0' in (await rates.ops.get("/metrics")).text
            )

        await eventually(counted, within_s=30)

        async def relayed() -> bool:
            # Not `outbox_pending`: it is measured seldom, and the less often the busier the machine is.
            metrics = (await rates.ops.get("/metrics")).text
            assert 'outbox_relayed_total{result="ok"} 4.0' in metrics, metrics
            return len(await said(amqp_url)) == 4

        await eventually(relayed, within_s=30)
    events = await said(amqp_url)
    assert all(isinstance(event, RateFixed) for event in events)
    assert sorted((event.event_subject, event.event_rev) for event in events) == [
        (f"{code}/USD", 1) for code in ("KGS", "KZT", "TJS", "UZS")
    ]


async def test_further_sources_give_their_pairs_behind_the_four_and_confirm_the_ticker(
    make_settings: Callable[..., Settings], banks: BankServer
) -> None:
    """The rouble, the euro and the yuan stand behind the ticker's four, and the market vouches for the so'm."""
    banks.put(CBR.latest(WED)[0].path, further.cbr(THU, "75,5273"))
    banks.put(CBR.archived(WED).path, further.cbr(WED, "75,0000"))
    days = ((WED, {"USD": "1.1831", "CNY": "7.3512"}), (TUE, {"USD": "1.1752", "CNY": "7.3300"}))
    banks.put(ECB.latest(WED)[0].path, further.ecb(days[0]))
    banks.put(ECB.archived(TUE).path, further.ecb(*days))
    banks.put(CBT.latest(WED)[0].path, further.cbt("02.04.2026", {"KGS": "87.45", "UZS": "12150.10"}))
    market = {"KGS": 87.45, "KZT": 475.1, "TJS": 9.3, "UZS": 12160.5, "EUR": 0.84521}
    banks.put(MARKET.latest(WED)[0].path, further.market(THU, market))
    async with replica(make_settings(banks.address)) as rates:
        behind = ["CNY/USD = 0.16094 0.38%", "EUR/USD = 1.18310 0.67%", "RUB/USD = 0.01324 -0.7%"]
        await eventually(rates.shows([*TICKER, *behind, "TMT/USD = 0.28571"]), within_s=30)
        entries = (await rates.client.get("/v1/rates")).json()["rates"]
        assert [entry["status"] for entry in entries[:4]] == ["ok"] * 4
        asked = (await rates.client.get("/v1/banks")).json()["banks"]
        assert {entry["bank"]["id"]: entry["pair"] for entry in asked[4:]} == {
            "CBR": "RUB/USD",
            "ECB": "EUR/USD",
            "CBT": None,
            "MARKET": None,
        }


async def test_two_replicas_make_one_fixing_per_session_and_a_restart_none(
    make_settings: Callable[[], Settings], banks: BankServer, amqp_url: str
) -> None:
    async with AsyncExitStack() as running:
        first = await running.enter_async_context(replica(make_settings()))
        second = await running.enter_async_context(replica(make_settings()))
        await eventually(first.shows(TICKER), within_s=30)
        await eventually(second.shows(TICKER), within_s=30)
    asked = len(banks.asked)
    async with replica(make_settings()) as again:

        async def polled_anew() -> bool:
            return len(banks.asked) >= asked + 8

        await eventually(polled_anew, within_s=30)
        assert await again.ticker() == TICKER
        banks.put(CBU.latest(WED)[0].path, documents.cbu(date(2026, 4, 3), "12149.39"))
        await eventually(again.shows([*TICKER[:3], "UZS/USD = 0.00008 -0.06%"]), within_s=30)

        async def told() -> bool:
            fixings = [event for event in await said(amqp_url) if isinstance(event, RateFixed)]
            # A replica may show another's session before for the moment until that one has kept its newest.
            sessions: dict[str, list[date]] = defaultdict(list)
            for event in sorted(fixings, key=lambda event: event.seq):
                sessions[event.pair].append(event.session_on)
            assert all(days == sorted(set(days)) for days in sessions.values()), sessions
            return {pair: days[-1] for pair, days in sessions.items()} == {
                "KGS/USD": WED,
                "KZT/USD": WED,
                "TJS/USD": TUE,
                "UZS/USD": THU,
            }

        await eventually(told, within_s=30)


async def test_banks_that_answer_nonsense_stop_nothing_else(
    make_settings: Callable[[], Settings], banks: BankServer
) -> None:
    for ask in NBK.latest(WED):
        banks.put(ask.path, endless)
    banks.put(CBU.latest(WED)[0].path, documents.HTML)
    async with replica(make_settings()) as rates:
        await eventually(rates.shows([TICKER[0], TICKER[2]]), within_s=30)

        async def told() -> bool:
            entries = (await rates.client.get("/v1/banks")).json()["banks"]
            reasons = {entry["bank"]["id"]: entry["reason"] for entry in entries}
            return reasons == {"NBKR": "", "NBK": "too_large", "NBT": "", "CBU": "html"}

        await eventually(told, within_s=30)
        banks.put(CBU.latest(WED)[0].path, documents.cbu(THU, "12142.10"))
        await eventually(rates.shows([TICKER[0], TICKER[2], TICKER[3]]), within_s=30)


async def test_a_database_that_is_away_at_the_start_is_told_and_waited_for(tmp_path: Path) -> None:
    """Restarting the service would heal no database; it stays, says what is missing, and ends when asked."""
    settings = Settings(
        mongodb_uri=NO_MONGODB,
        mongodb_database="rates_nowhere",
        host="127.0.0.1",
        port=free_port(100),
    )
    registry = CollectorRegistry()
    context = Context(registry=registry, stop=asyncio.Event(), bus=MemoryBus(tmp_path, registry))
    async with serving(settings, context) as rates:

        async def answers() -> bool:
            try:
                return (await rates.client.get("/v1/rates")).status_code == 503
            except httpx2.ConnectError:
                return False

        await eventually(answers, within_s=30)
        ready = await rates.ops.get("/readyz")
        assert (ready.status_code, ready.json()["dependencies"]["mongodb"]) == (200, "down")


async def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    settings = Settings(mongodb_uri=NO_MONGODB, host="127.0.0.1", port=free_port(100))
    registry = CollectorRegistry()
    context = Context(registry=registry, stop=asyncio.Event(), bus=MemoryBus(tmp_path, registry))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", settings.port))
        taken.listen()
        with pytest.raises(PortTakenError, match=str(settings.port)):
            await asyncio.wait_for(run(settings, context), 15)
