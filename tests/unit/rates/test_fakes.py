"""The fakes that other tests rely on keep the promises of the real stores."""

from datetime import UTC, datetime

import pytest

from shared.testing.clock import FixedClock
from tests.suites.rates_fakes import MemoryBoardStore, MemoryObservationStore, MemoryPollClaims
from tests.suites.rates_history import HistoryStoreSuite, MemoryHistory
from tests.suites.rates_stores import BoardStoreSuite, ObservationStoreSuite, PollClaimsSuite


class TestMemoryObservationStore(ObservationStoreSuite):
    @pytest.fixture
    def observations(self) -> MemoryObservationStore:
        return MemoryObservationStore()


class TestMemoryHistory(HistoryStoreSuite):
    @pytest.fixture
    def observations(self) -> MemoryObservationStore:
        return MemoryObservationStore()

    @pytest.fixture
    def history(self, observations: MemoryObservationStore) -> MemoryHistory:
        return MemoryHistory(observations)


class TestMemoryBoardStore(BoardStoreSuite):
    @pytest.fixture
    def boards(self) -> MemoryBoardStore:
        return MemoryBoardStore()


class TestMemoryPollClaims(PollClaimsSuite):
    @pytest.fixture
    def claims(self) -> MemoryPollClaims:
        return MemoryPollClaims(FixedClock(datetime(2026, 4, 2, 12, 0, tzinfo=UTC)))
