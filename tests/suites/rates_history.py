"""What every implementation of rates' history store must show, and the one without a database."""

from abc import abstractmethod
from datetime import date
from typing import Any

import httpx2
import pytest

from rates.domain.observations import Observation, SeriesKey
from rates.ports import HistoryStore, ObservationStore, StoreUnavailableError
from tests.suites.rates_builders import CBU, NBK, observation
from tests.suites.rates_fakes import MemoryObservationStore

MON, TUE, WED = date(2026, 3, 30), date(2026, 3, 31), date(2026, 4, 1)


async def get(client: httpx2.AsyncClient, address: str, status: int = 200) -> Any:
    """Return the JSON of an answer with this status."""
    response = await client.get(address)
    assert response.status_code == status, response.text
    return response.json()


class MemoryHistory:
    """The past of what a memory store keeps; it counts how often all of it was read."""

    def __init__(self, store: MemoryObservationStore) -> None:
        self.down = False
        self.read_whole = 0
        self._store = store

    async def count(self) -> int:
        """Return how many observations are kept."""
        if self.down:
            raise StoreUnavailableError("told to be down")
        return len(self._store.kept)

    async def every(self, key: SeriesKey, base: str, quote: str) -> list[Observation]:
        """Return all observations with all their revisions."""
        self.read_whole += 1
        return self._of(key, base, quote)

    async def sessions(
        self, key: SeriesKey, base: str, quote: str, *, first_on: date, last_on: date
    ) -> set[date]:
        """Return which sessions between two days are known."""
        return {
            item.session_on for item in self._of(key, base, quote) if first_on <= item.session_on <= last_on
        }

    def _of(self, key: SeriesKey, base: str, quote: str) -> list[Observation]:
        if self.down:
            raise StoreUnavailableError("told to be down")
        return [item for item in self._store.kept if (item.key, item.base, item.quote) == (key, base, quote)]


class HistoryStoreSuite:
    """What was kept of a currency can be read whole, by its end, or by its days alone."""

    @pytest.fixture
    @abstractmethod
    def observations(self) -> ObservationStore:
        """An empty store."""

    @pytest.fixture
    @abstractmethod
    def history(self, observations: ObservationStore) -> HistoryStore:
        """The past of what that store keeps."""

    async def test_all_of_one_currency_is_read_with_its_revisions(
        self, observations: ObservationStore, history: HistoryStore
    ) -> None:
        wanted = [
            observation(CBU, MON, "12194.21"),
            observation(CBU, TUE, "12142.10"),
            observation(CBU, TUE, "12142.20", revision=2),
        ]
        await observations.append([*wanted, observation(CBU, TUE, "150", base="RUB")])
        await observations.append([observation(NBK, TUE, "475.09")])
        found = await history.every(CBU.key, "USD", "UZS")
        assert sorted(found, key=lambda item: (item.session_on, item.revision)) == wanted

    async def test_the_count_grows_with_whatever_is_kept(
        self, observations: ObservationStore, history: HistoryStore
    ) -> None:
        """Who keeps a copy learns by it that the copy is old, also when a correction or an old session came."""
        assert await history.count() == 0
        for number, new in enumerate(
            [
                observation(CBU, TUE, "12142.10"),
                observation(CBU, TUE, "12142.20", revision=2),
                observation(CBU, MON, "1"),
                observation(NBK, TUE, "150", base="RUB"),
            ],
            start=1,
        ):
            await observations.append([new])
            await observations.append([new])
            assert await history.count() == number

    async def test_known_sessions_are_told_by_their_days(
        self, observations: ObservationStore, history: HistoryStore
    ) -> None:
        await observations.append(
            [
                observation(CBU, MON, "12194.21"),
                observation(CBU, TUE, "12142.10"),
                observation(CBU, TUE, "12142.20", revision=2),
                observation(CBU, WED, "12142.10"),
            ]
        )
        assert await history.sessions(CBU.key, "USD", "UZS", first_on=MON, last_on=TUE) == {MON, TUE}
        assert await history.sessions(CBU.key, "EUR", "UZS", first_on=MON, last_on=TUE) == set()
