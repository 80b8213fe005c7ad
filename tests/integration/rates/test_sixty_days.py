"""Sixty days of four banks, hour by hour, over HTTP: every line equals what a second program works out.

The banks have weekends, holidays, a Saturday that was worked, an outage, a devaluation of 48 %, a table printed upside
down, one a hundredfold, a correction, a late table, weeks of rest, and a server that freezes; where each falls follows
from a seed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from rates.adapters.httpx2_bank import Httpx2BankFetcher
from rates.adapters.mongo_board import MongoBoard
from rates.adapters.mongo_observation_store import MongoObservationStore
from rates.domain import display
from rates.domain.board import Board
from rates.domain.plans import plans_for
from rates.metrics import Metrics
from rates.pipeline.ask import Asker
from rates.pipeline.poll import Poller
from rates.pipeline.publish import Publisher
from rates.pipeline.record import Recorder
from rates.ports import BankFetcher, BoardStore, FetchFailedError, FetchReason, ObservationStore
from shared import mongo
from shared.contracts.envelope import open_envelope
from shared.testing.clock import FixedClock
from tests.suites.rates_bank_server import Behaviour, answer, bank_server
from tests.suites.rates_builders import BY_ID
from tests.suites.rates_by_hand import BASES, JUMP, Learned, Shown, rounded
from tests.suites.rates_fakes import MemoryBoardStore, MemoryObservationStore
from tests.suites.rates_world import BANKS, HOURS, START, World

pytestmark = [pytest.mark.usefixtures("quiet_log"), pytest.mark.timeout(600)]
DEVALUED = Fraction(-47)
AWAY = answer(b"Service Unavailable", status="503 Service Unavailable")


@pytest.fixture
def quiet_log() -> Iterator[None]:
    """Keep 5,760 lines from being written out."""
    with capture_logs():
        yield


class WorldFetcher:
    """Asks a world without a network."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def fetch(self, bank_id: str, path: str) -> bytes:
        """Return what the bank says now."""
        del bank_id
        body = self._world.answer(path)
        if body is None:
            raise FetchFailedError(FetchReason.HTTP_STATUS, "status 503")
        return body


@dataclass(frozen=True, slots=True)
class Stores:
    """Where one run keeps what it learns."""

    observations: ObservationStore
    boards: BoardStore


class SixtyDays:
    """One run: the service on one side, the second program on the other, one clock for both.

    Args:
        world: the banks.
        fetcher: how the service asks them.
        stores: the service's.
    """

    def __init__(self, world: World, fetcher: BankFetcher, stores: Stores) -> None:
        self._world = world
        self._clock = FixedClock(START)
        self._stores = stores
        metrics = Metrics(CollectorRegistry())
        publisher = Publisher(
            stores.observations, stores.boards, clock=self._clock, metrics=metrics, announce=lambda: None
        )
        asker, recorder = (
            Asker(fetcher, clock=self._clock, metrics=metrics),
            Recorder(stores.observations, metrics=metrics),
        )
        self._poller = Poller(
            asker,
            recorder,
            publisher,
            plans=plans_for(BANKS, {}),
            clock=self._clock,
            metrics=metrics,
        )
        self._learned = {bank_id: Learned(bank) for bank_id, bank in world.banks.items()}
        self.expected: dict[str, list[Shown]] = {bank_id: [] for bank_id in BANKS}
        self.compared = 0

    async def run(self, hours: Sequence[int]) -> None:
        """Poll all banks at these hours, and compare every line after every poll."""
        for hour in hours:
            self._world.now = START + timedelta(hours=hour)
            self._clock.advance((self._world.now - self._clock.now()).total_seconds())
            for bank_id in BANKS:
                await self._poller.poll(BY_ID[bank_id])
                await self._compare(bank_id)

    async def _compare(self, bank_id: str) -> None:
        now, learned = self._world.now, self._learned[bank_id]
        learned.poll(now)
        expected = learned.line(now)
        board = await self._stores.boards.get(f"{BASES[bank_id]}/USD")
        assert (None if board is None else seen(board)) == (None if expected is None else told(expected)), (
            f"seed {self._world.seed}, {bank_id} at {now:%a %d %b %H:%M}Z"
        )
        if expected is None or board is None:
            return
        self.expected[bank_id].append(expected)
        self.compared += 1
        self._is_sure_only_of_what_is(bank_id, board, expected)

    def _is_sure_only_of_what_is(self, bank_id: str, board: Board, expected: Shown) -> None:
        """No spoilt number is ever shown, none is behind an `ok`, no jump at its first sight, and 0% means no move."""
        bank, now = self._world.banks[bank_id], self._world.now
        learned = self._learned[bank_id].sessions
        newest = learned[max(learned)][-1].numbers["USD"]
        assert board.line.status.value != "ok" or newest not in bank.wrong
        if expected.percent is not None and abs(expected.percent) > JUMP * 100:
            assert learned[expected.session_on][-1].meant or expected.session_on != max(learned)
        shown = {rounded(1 / Fraction(number), 12) for number in bank.wrong}
        assert rounded(1 / expected.number, 12) not in shown
        if seen(board)[0].endswith(" 0%"):
            earlier = (one for one in bank.prints if one.session_on < expected.session_on and one.at <= now)
            good = [one for one in earlier if one.numbers["USD"] not in bank.wrong]
            before = max(good, key=lambda one: (one.session_on, one.at))
            ratio = Fraction(before.numbers["USD"]) / expected.number
            assert abs(ratio - 1) < Fraction("0.00005")


def seen(board: Board) -> tuple[str, str, str]:
    """What a reader sees."""
    fixing = board.line.fixing
    text = display.ticker_text(board.pair, fixing.value, fixing.change_pct)
    return text, board.line.status.value, str(fixing.session_on)


def told(expected: Shown) -> tuple[str, str, str]:
    """What the second program says that a reader sees."""
    return expected.text, expected.status, str(expected.session_on)


def changes(lines: Sequence[Shown]) -> int:
    """How many times a reader had something new to see."""
    return sum(one != other for one, other in zip([None, *lines], lines, strict=False))


async def test_the_ticker_of_every_hour_of_sixty_days_is_what_a_second_program_says() -> None:
    """5,760 polls of one HTTP server, 5,760 lines; each change is one event, and nothing else is."""
    world = World(seed=1)

    def behave(target: str) -> Behaviour:
        body = world.answer(target)
        return AWAY if body is None else answer(body)

    async with bank_server() as server:
        server.otherwise = behave
        fetcher = Httpx2BankFetcher(
            dict.fromkeys(BANKS, server.address), user_agent="test", timeout_s=15, max_bytes=65536
        )
        boards = MemoryBoardStore()
        days = SixtyDays(world, fetcher, Stores(MemoryObservationStore(), boards))
        try:
            await days.run(range(HOURS))
        finally:
            await fetcher.close()
    assert days.compared == HOURS * len(BANKS)
    said = [open_envelope(envelope).event_subject for envelope in boards.events]
    assert {bank_id: said.count(f"{BASES[bank_id]}/USD") for bank_id in BANKS} == {
        bank_id: changes(days.expected[bank_id]) for bank_id in BANKS
    }
    for bank_id in BANKS:
        statuses = {line.status for line in days.expected[bank_id]}
        assert {"ok", "late", "held"} <= statuses
        assert any(line.percent is not None and line.percent < DEVALUED for line in days.expected[bank_id])


@pytest.mark.parametrize("seed", [2, 3, 4])
async def test_wherever_the_misfortunes_fall_the_lines_are_the_same(seed: int) -> None:
    """The same days without a network, each bank frozen in its turn."""
    world = World(seed=seed)
    days = SixtyDays(world, WorldFetcher(world), Stores(MemoryObservationStore(), MemoryBoardStore()))
    await days.run(range(HOURS))


async def test_on_a_real_database_the_lines_are_the_same(database: mongo.Database) -> None:
    """Every sixth hour: the store reads back what it was given, and nothing depends on what a process remembers."""
    observations, boards = MongoObservationStore(database["observations"]), MongoBoard(database["board"])
    await observations.prepare()
    world = World(seed=7)
    days = SixtyDays(world, WorldFetcher(world), Stores(observations, boards))
    for day in range(0, HOURS, 24):
        await days.run(range(day, day + 24, 6))
        # As the relay does: a board refuses to change while too many of its events wait.
        await database["board"].update_many({}, {"$set": {"pending": []}})
