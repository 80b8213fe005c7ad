"""The stores in memory behave as any store must."""

from datetime import datetime

import pytest

from shared.testing.clock import FixedClock
from tests.suites.ingest_fakes import MemoryItemStore, MemorySourceStore
from tests.suites.ingest_identity import IdentitySuite, LookStoreSuite
from tests.suites.ingest_pages import MemoryLookStore
from tests.suites.ingest_stores import NOW, SourceStoreSuite


class TestMemorySourceStore(SourceStoreSuite):
    clock = FixedClock(NOW)

    @pytest.fixture
    def sources(self) -> MemorySourceStore:
        return MemorySourceStore(self.clock)

    async def let_pass(self, seconds: float) -> None:
        self.clock.advance(seconds)


class TestMemoryItemStore(IdentitySuite):
    @pytest.fixture
    def items(self) -> MemoryItemStore:
        return MemoryItemStore()


class TestMemoryLookStore(LookStoreSuite):
    clock = FixedClock(NOW)

    @pytest.fixture
    def items(self) -> MemoryItemStore:
        return MemoryItemStore()

    @pytest.fixture
    def looks(self, items: MemoryItemStore) -> MemoryLookStore:
        type(self).clock = FixedClock(NOW)
        return MemoryLookStore(items, self.clock)

    def now(self) -> datetime:
        return self.clock.now()

    async def let_pass(self, seconds: float) -> None:
        self.clock.advance(seconds)
