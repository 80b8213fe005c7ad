"""The stores in memory behave as any store must."""

import pytest

from shared.testing.clock import FixedClock
from tests.suites.ingest_fakes import MemoryItemStore, MemorySourceStore
from tests.suites.ingest_stores import NOW, ItemStoreSuite, SourceStoreSuite


class TestMemorySourceStore(SourceStoreSuite):
    clock = FixedClock(NOW)

    @pytest.fixture
    def sources(self) -> MemorySourceStore:
        return MemorySourceStore(self.clock)

    async def let_pass(self, seconds: float) -> None:
        self.clock.advance(seconds)


class TestMemoryItemStore(ItemStoreSuite):
    @pytest.fixture
    def items(self) -> MemoryItemStore:
        return MemoryItemStore()
