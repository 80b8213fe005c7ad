"""Rates' whole pipeline on fakes: banks whose documents a test writes, stores it can look into, a clock it moves."""

from datetime import UTC, date, datetime

from prometheus_client import CollectorRegistry

from rates.domain import display
from rates.domain.banks import Bank
from rates.domain.plans import PLANS
from rates.metrics import Metrics
from rates.pipeline.ask import Asker
from rates.pipeline.poll import Poller
from rates.pipeline.publish import Publisher
from rates.pipeline.record import Recorder
from shared.contracts.base import EventModel
from shared.contracts.envelope import open_envelope
from shared.testing.clock import FixedClock
from tests.suites.rates_fakes import Answer, FakeBanks, MemoryBoardStore, MemoryObservationStore


def afternoon(day: date) -> datetime:
    """17:00 in Almaty, Dushanbe and Tashkent."""
    return datetime(day.year, day.month, day.day, 12, 0, tzinfo=UTC)


class Rig:
    """One replica.

    Args:
        today: what day it is; the time is that of a working afternoon.
        beside: another replica, whose banks and stores this one shares.
    """

    def __init__(self, today: date, *, beside: "Rig | None" = None) -> None:
        self.clock = FixedClock(afternoon(today))
        self.banks: FakeBanks = beside.banks if beside else FakeBanks()
        self.observations: MemoryObservationStore = (
            beside.observations if beside else MemoryObservationStore()
        )
        self.boards: MemoryBoardStore = beside.boards if beside else MemoryBoardStore()
        self.registry = CollectorRegistry()
        self.announced = 0
        metrics = Metrics(self.registry)
        self.publisher = Publisher(
            self.observations, self.boards, clock=self.clock, metrics=metrics, announce=self._announce
        )
        self.asker = Asker(self.banks, clock=self.clock, metrics=metrics)
        self.recorder = Recorder(self.observations, metrics=metrics)
        self.poller = Poller(
            self.asker, self.recorder, self.publisher, plans=PLANS, clock=self.clock, metrics=metrics
        )

    def _announce(self) -> None:
        self.announced += 1

    def latest(self, bank: Bank, answer: Answer) -> None:
        """Let the bank answer so to its first way of asking for the latest table, as of the clock's day."""
        self.banks.put(bank.id, bank.latest(bank.today_on(self.clock.now()))[0].path, answer)

    def archived(self, bank: Bank, label_on: date, answer: Answer) -> None:
        """Let the bank answer so when asked for the table labelled with a day."""
        self.banks.put(bank.id, bank.archived(label_on).path, answer)

    def move_to(self, today: date) -> None:
        """Move the clock to the afternoon of another day."""
        self.clock.advance((afternoon(today) - self.clock.now()).total_seconds())

    def shown(self, bank: Bank) -> str | None:
        """The ticker's text of the bank's pair."""
        board = self.boards.boards.get(str(bank.pair))
        if board is None:
            return None
        fixing = board.line.fixing
        return display.ticker_text(board.pair, fixing.value, fixing.change_pct)

    def events(self) -> list[EventModel]:
        """Every event said so far."""
        return [open_envelope(envelope) for envelope in self.boards.events]

    def count(self, name: str, **labels: str) -> float:
        """A metric's value; 0 where it was never touched."""
        return self.registry.get_sample_value(name, labels) or 0.0
