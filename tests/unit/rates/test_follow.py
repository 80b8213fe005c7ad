"""Following a bank: polled when due, by one replica, whatever goes wrong, until told to stop."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date

import pytest

from rates.pipeline.follow import Follower
from rates.ports import BankHealth, Claim, StoreUnavailableError
from shared.testing.eventually import eventually
from tests.suites import rates_documents as documents
from tests.suites.rates_builders import CBU
from tests.suites.rates_fakes import FakeBanks, MemoryPollClaims
from tests.suites.rates_rig import Rig

WED, THU = date(2026, 4, 1), date(2026, 4, 2)


def stocked() -> Rig:
    rig = Rig(WED)
    rig.latest(CBU, documents.cbu(THU, "12142.10"))
    rig.archived(CBU, WED, documents.cbu(WED, "12194.21"))
    return rig


async def follow_until(
    rig: Rig, claims: MemoryPollClaims, done: Callable[[], Awaitable[object]], *, lease_s: float = 60
) -> None:
    """Follow CBU until a condition holds, then stop and wait for the end."""
    stop = asyncio.Event()
    following = asyncio.create_task(
        Follower(rig.poller, claims, interval_s=900, lease_s=lease_s).follow(CBU, stop)
    )
    try:
        await eventually(done, within_s=5)
    finally:
        stop.set()
        await asyncio.wait_for(following, 5)


def polled(claims: MemoryPollClaims) -> Callable[[], Awaitable[BankHealth | None]]:
    async def look() -> BankHealth | None:
        health = (await claims.health()).get("CBU")
        return health if health and health.outcome else None

    return look


async def test_a_due_bank_is_polled_and_the_poll_noted() -> None:
    rig = stocked()
    claims = MemoryPollClaims(rig.clock)
    await follow_until(rig, claims, polled(claims))
    state = await claims.state("CBU")
    assert (state.polled_at, state.leased_until, state.failures) == (rig.clock.now(), None, 0)
    assert rig.shown(CBU) == "UZS/USD = 0.00008 0.43%"


async def test_a_bank_in_another_replicas_hands_is_left_alone() -> None:
    rig = stocked()
    claims = MemoryPollClaims(rig.clock)
    state = await claims.state("CBU")
    await claims.claim("CBU", state.epoch, 60)
    looked = asyncio.Event()

    class Watched(MemoryPollClaims):
        async def state(self, bank_id: str) -> object:  # type: ignore[override]  # as the base, and it tells
            looked.set()
            return await claims.state(bank_id)

    await follow_until(rig, Watched(rig.clock), lambda: asyncio.sleep(0, looked.is_set()))
    assert rig.banks.asked == []


async def test_a_long_poll_keeps_its_claim_also_when_one_renewal_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A bank that answers slowly is asked by one replica, though leases are short for the sake of those that die."""
    rig = stocked()
    answered, renewed = asyncio.Event(), 0

    class Slow(FakeBanks):
        async def fetch(self, bank_id: str, path: str) -> bytes:
            await answered.wait()
            return await rig.banks.fetch(bank_id, path)

    class Counting(MemoryPollClaims):
        async def renew(self, claim: Claim, lease_s: float) -> bool:
            nonlocal renewed
            renewed += 1
            if renewed == 1:
                raise StoreUnavailableError("once")
            if renewed == 3:
                answered.set()
            return await super().renew(claim, lease_s)

    claims = Counting(rig.clock)
    monkeypatch.setattr(rig.asker, "_fetcher", Slow())
    await follow_until(rig, claims, polled(claims), lease_s=0.03)
    assert renewed >= 3
    assert (await claims.state("CBU")).epoch == 1


async def test_a_failed_poll_is_noted_with_its_reason() -> None:
    rig = stocked()
    rig.latest(CBU, documents.HTML)
    claims = MemoryPollClaims(rig.clock)
    await follow_until(rig, claims, polled(claims))
    health = (await claims.health())["CBU"]
    assert (health.outcome, health.reason, health.failures) == ("refused", "html", 1)


async def test_a_bug_in_one_poll_is_noted_and_does_not_end_the_following(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rig = stocked()

    async def explode(_bank_id: str, _path: str) -> bytes:
        raise ZeroDivisionError

    monkeypatch.setattr(rig.banks, "fetch", explode)
    claims = MemoryPollClaims(rig.clock)
    await follow_until(rig, claims, polled(claims))
    health = (await claims.health())["CBU"]
    assert (health.outcome, health.reason) == ("failed", "crashed")


async def test_a_store_that_is_away_is_asked_again() -> None:
    rig = stocked()
    away = 1

    class Shaky(MemoryPollClaims):
        async def claim(self, bank_id: str, epoch: int, lease_s: float) -> Claim | None:
            nonlocal away
            if away:
                away -= 1
                raise StoreUnavailableError("not now")
            return await super().claim(bank_id, epoch, lease_s)

    claims = Shaky(rig.clock)
    await follow_until(rig, claims, polled(claims))
    assert rig.shown(CBU) == "UZS/USD = 0.00008 0.43%"


async def test_a_board_that_cannot_be_read_fails_the_poll_by_name() -> None:
    rig = stocked()
    rig.boards.down = True
    claims = MemoryPollClaims(rig.clock)
    await follow_until(rig, claims, polled(claims))
    assert (await claims.health())["CBU"].reason == "store_unavailable"


async def test_a_stop_cuts_off_a_bank_that_does_not_answer_and_gives_the_claim_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A stopping replica must not keep others from the bank until its lease ends."""
    monkeypatch.setattr("rates.pipeline.follow.STOP_GRACE_S", 0.05)
    rig = stocked()
    asked = asyncio.Event()

    class Silent(FakeBanks):
        async def fetch(self, bank_id: str, path: str) -> bytes:
            del bank_id, path
            asked.set()
            await asyncio.Event().wait()
            return b""

    monkeypatch.setattr(rig.asker, "_fetcher", Silent())
    claims = MemoryPollClaims(rig.clock)
    await follow_until(rig, claims, lambda: asyncio.sleep(0, asked.is_set()))
    state = await claims.state("CBU")
    assert (state.epoch, state.polled_at, state.leased_until) == (1, None, None)
