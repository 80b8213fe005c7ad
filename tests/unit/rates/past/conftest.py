"""The API of the past over a few sessions of three banks, without a database."""

from collections.abc import AsyncIterator
from datetime import date, timedelta

import httpx2
import pytest
from prometheus_client import CollectorRegistry

from rates.api.history import make_history_router
from rates.api.history_book import HistoryBook
from rates.domain.plans import PLANS
from shared.testing.clock import FixedClock
from shared.web import create_api
from tests.suites.rates_builders import CBU, NBK, NBKR, SEEN_AT, observation
from tests.suites.rates_fakes import MemoryBoardStore, MemoryObservationStore
from tests.suites.rates_history import MemoryHistory

MON, TUE, WED, THU = (date(2026, 3, 30) + timedelta(days=day) for day in range(4))


@pytest.fixture
def store() -> MemoryObservationStore:
    kept = MemoryObservationStore()
    kept.kept = [
        observation(CBU, MON, "12194.21"),
        observation(CBU, TUE, "12142.10"),
        observation(CBU, WED, "12149.39"),
        observation(NBK, TUE, "475.09"),
        observation(NBKR, TUE, "87.4500"),
    ]
    return kept


@pytest.fixture
def history(store: MemoryObservationStore) -> MemoryHistory:
    return MemoryHistory(store)


@pytest.fixture
def boards() -> MemoryBoardStore:
    return MemoryBoardStore()


@pytest.fixture
async def client(history: MemoryHistory, boards: MemoryBoardStore) -> AsyncIterator[httpx2.AsyncClient]:
    api = create_api("rates", "rates", registry=CollectorRegistry())
    api.include_router(make_history_router(HistoryBook(history, boards, PLANS), FixedClock(SEEN_AT)))
    transport = httpx2.ASGITransport(app=api)
    async with httpx2.AsyncClient(transport=transport, base_url="http://rates") as asking:
        yield asking
