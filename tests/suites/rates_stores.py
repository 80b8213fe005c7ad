"""What every implementation of rates' stores must show, in memory and on MongoDB with either driver."""

import asyncio
from abc import abstractmethod
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from rates.domain.board import Board
from rates.domain.derivation import derive
from rates.domain.fixings import Line, Method, Status
from rates.domain.observations import Observation
from rates.domain.schedule import PollState
from rates.domain.sources import ECB, MARKET
from rates.ports import BoardStore, Claim, ObservationStore, Outcome, PollClaims, PollReport
from shared.contracts.envelope import Envelope, seal
from shared.contracts.rates import RateStale
from tests.suites.rates_builders import CBU, NBK, PLAN_OF, SEEN_AT, line, observation

MON, TUE, WED = date(2026, 3, 30), date(2026, 3, 31), date(2026, 4, 1)
NOW = datetime(2026, 4, 2, 12, 0, tzinfo=UTC)
GOOD = PollReport(Outcome.UNCHANGED)


class ObservationStoreSuite:
    """Observations are kept once each, as they were, for ever."""

    @pytest.fixture
    @abstractmethod
    def observations(self) -> ObservationStore:
        """An empty store."""

    async def test_an_observation_is_read_back_as_it_was(self, observations: ObservationStore) -> None:
        """The two zeros of 87.4500 say how exact the number is."""
        kept = observation(CBU, MON, "12142.1000", nominal=10)
        assert await observations.append([kept]) == 1
        assert await observations.recent(CBU.key, "USD", "UZS") == [kept]
        [found] = await observations.of_session(CBU.key, MON)
        assert str(found.value) == "12142.1000"
        assert found.fetched_at.tzinfo is not None

    async def test_a_revision_is_kept_once(self, observations: ObservationStore) -> None:
        first = observation(CBU, MON, "12142.10")
        other = observation(CBU, MON, "149.97", base="RUB")
        assert await observations.append([first]) == 1
        assert await observations.append([replace(first, value=Decimal(1)), other]) == 1
        found = await observations.of_session(CBU.key, MON)
        assert sorted(found, key=lambda item: item.base) == [other, first]

    async def test_two_replicas_at_once_keep_each_revision_once(self, observations: ObservationStore) -> None:
        table = [observation(CBU, MON, "12142.10", base=base) for base in ("USD", "RUB", "EUR", "CNY")]
        assert sum(await asyncio.gather(*(observations.append(table) for _ in range(5)))) == len(table)
        assert len(await observations.of_session(CBU.key, MON)) == len(table)

    async def test_sessions_currencies_and_series_are_told_apart(
        self, observations: ObservationStore
    ) -> None:
        wanted = [
            observation(CBU, MON, "12194.21"),
            observation(CBU, TUE, "12142.10"),
            observation(CBU, TUE, "12142.20", revision=2),
        ]
        others = [observation(CBU, TUE, "150", base="RUB"), observation(NBK, TUE, "475.09")]
        await observations.append([*wanted, *others])
        found = await observations.recent(CBU.key, "USD", "UZS")
        assert sorted(found, key=_age) == wanted
        assert len(await observations.of_session(CBU.key, TUE)) == 3

    async def test_the_last_thirty_sessions_are_read(self, observations: ObservationStore) -> None:
        many = [observation(CBU, MON + timedelta(days=day), "12142.10") for day in range(40)]
        await observations.append(many)
        found = sorted(await observations.recent(CBU.key, "USD", "UZS"), key=_age)
        assert found[-30:] == many[-30:]

    async def test_a_number_seen_again_is_noted_once_and_stays_what_it_was(
        self, observations: ObservationStore
    ) -> None:
        """A jump is believed by a second look at the bank; the first look's number must not move with it."""
        table = [observation(CBU, MON, "12142.10"), observation(CBU, MON, "149.97", base="RUB")]
        later = observation(CBU, MON, "12142.20", revision=2)
        await observations.append([*table, later, observation(CBU, TUE, "12142.10")])
        await observations.see_again(table, SEEN_AT)
        await observations.see_again(table[:1], SEEN_AT + timedelta(hours=1))
        found = await observations.of_session(CBU.key, MON)
        noted = {(item.base, item.revision): item.seen_again_at for item in found}
        assert noted == {("USD", 1): SEEN_AT, ("RUB", 1): SEEN_AT, ("USD", 2): None}
        assert {replace(item, seen_again_at=None) for item in found} == {*table, later}
        [other_day] = await observations.of_session(CBU.key, TUE)
        assert other_day.seen_again_at is None


def _age(item: Observation) -> tuple[date, int]:
    return (item.session_on, item.revision)


def board(seq: int, *said: Observation) -> Board:
    """NBK's board after some events."""
    return Board(NBK.pair, seq, line(NBK, *(said or (observation(NBK, MON, "478.77"),))), NOW)


def event(seq: int) -> Envelope:
    """An event about NBK's board."""
    model = RateStale(pair="KZT/USD", seq=seq, status="held", reason="a test", since=NOW)
    return seal(model, source="/silkwire/rates", at=NOW)


class BoardStoreSuite:
    """A board is changed together with its event, by one writer at a time."""

    @pytest.fixture
    @abstractmethod
    def boards(self) -> BoardStore:
        """An empty store."""

    async def test_a_pair_unknown_has_no_board(self, boards: BoardStore) -> None:
        assert await boards.get("KZT/USD") is None
        assert await boards.every() == []

    async def test_a_board_is_read_back_as_it_was(self, boards: BoardStore) -> None:
        first = board(1)
        assert await boards.change(first, event(1))
        assert await boards.get("KZT/USD") == first
        second = board(2, observation(NBK, MON, "478.77"), observation(NBK, TUE, "475.09"))
        assert await boards.change(second, event(2))
        assert await boards.get("KZT/USD") == second
        assert await boards.every() == [second]

    async def test_a_held_board_keeps_its_note(self, boards: BoardStore) -> None:
        doubted = board(1, observation(NBK, MON, "478.77"), observation(NBK, TUE, "47.5"))
        await boards.change(doubted, event(1))
        stored = await boards.get("KZT/USD")
        assert stored is not None
        assert (stored.line.status, stored.line.note) == (Status.HELD, doubted.line.note)

    async def test_a_board_of_a_cross_keeps_how_it_was_derived_and_who_confirmed_it(
        self, boards: BoardStore
    ) -> None:
        said = [observation(ECB, MON, "7.3512", base="CNY"), observation(ECB, MON, "1.1831")]
        told = observation(MARKET, MON, "6.2000", base="CNY")
        found = derive(PLAN_OF["CNY"], [*said, told])
        assert found is not None
        assert (found.fixing.method, found.confirmed_by) == (Method.CROSS, ("MARKET",))
        kept = Board(found.fixing.pair, 1, found, NOW)
        await boards.change(kept, event(1))
        assert await boards.get("CNY/USD") == kept

    async def test_a_write_from_an_old_reading_misses(self, boards: BoardStore) -> None:
        await boards.change(board(1), event(1))
        second, late = board(2), Board(NBK.pair, 2, Line(board(1).line.fixing, Status.HELD, "late"), NOW)
        assert await boards.change(second, event(2))
        assert not await boards.change(late, event(2))
        assert not await boards.change(board(1), event(1))
        assert not await boards.change(board(7), event(7))
        assert await boards.get("KZT/USD") == second

    async def test_of_many_writers_one_gets_through(self, boards: BoardStore) -> None:
        """Two pollers racing give exactly one fixing."""
        for seq in (1, 2, 3):
            written = await asyncio.gather(*(boards.change(board(seq), event(seq)) for _ in range(8)))
            assert sorted(written) == [False] * 7 + [True]


class PollClaimsSuite:
    """One replica at a time polls a bank."""

    @pytest.fixture
    @abstractmethod
    def claims(self) -> PollClaims:
        """No bank was ever polled."""

    async def taken(self, claims: PollClaims, lease_s: float = 60) -> Claim:
        """A claim of NBK's poll."""
        claim = await claims.claim("NBK", (await claims.state("NBK")).epoch, lease_s)
        assert claim is not None
        return claim

    async def test_a_bank_never_polled_is_free(self, claims: PollClaims) -> None:
        state = await claims.state("NBK")
        assert state == PollState(now=state.now)
        assert state.now.tzinfo is not None

    async def test_of_many_replicas_one_gets_the_poll(self, claims: PollClaims) -> None:
        states = await asyncio.gather(*(claims.state("NBK") for _ in range(8)))
        taken = await asyncio.gather(*(claims.claim("NBK", state.epoch, 60) for state in states))
        assert len([claim for claim in taken if claim]) == 1

    async def test_a_claim_is_seen_by_others_until_its_lease_ends(self, claims: PollClaims) -> None:
        await self.taken(claims, lease_s=60)
        state = await claims.state("NBK")
        assert state.leased_until is not None
        assert 55 < (state.leased_until - state.now).total_seconds() <= 60
        assert (await claims.state("CBU")).leased_until is None

    async def test_a_renewed_claim_holds_for_longer(self, claims: PollClaims) -> None:
        claim = await self.taken(claims, lease_s=1)
        assert await claims.renew(claim, 600)
        state = await claims.state("NBK")
        assert state.leased_until is not None
        assert (state.leased_until - state.now).total_seconds() > 500
        assert (await claims.state("NBK")).epoch == claim.epoch

    async def test_a_claim_that_others_took_over_cannot_be_renewed(self, claims: PollClaims) -> None:
        """Its poll may end, but the bank is theirs now."""
        lapsed = await self.taken(claims, lease_s=0)
        await self.taken(claims, lease_s=60)
        assert not await claims.renew(lapsed, 600)

    async def test_a_renewal_after_the_end_of_the_poll_takes_nothing(self, claims: PollClaims) -> None:
        """It was on its way when the poll ended; others must not wait for a lease that nobody holds."""
        claim = await self.taken(claims)
        await claims.finish(claim, GOOD)
        assert not await claims.renew(claim, 600)
        assert (await claims.state("NBK")).leased_until is None

    async def test_a_finished_poll_is_noted(self, claims: PollClaims) -> None:
        await claims.finish(await self.taken(claims), GOOD)
        state = await claims.state("NBK")
        assert state.polled_at is not None
        assert (state.leased_until, state.failures) == (None, 0)
        health = (await claims.health())["NBK"]
        assert (health.outcome, health.reason, health.failures) == ("unchanged", "", 0)
        assert health.succeeded_at is not None

    async def test_failures_are_counted_until_one_poll_succeeds(self, claims: PollClaims) -> None:
        bad = PollReport(Outcome.REFUSED, "html", "a page for people")
        await claims.finish(await self.taken(claims), GOOD)
        succeeded_at = (await claims.health())["NBK"].succeeded_at
        for failures in (1, 2):
            await claims.finish(await self.taken(claims), bad)
            health = (await claims.health())["NBK"]
            assert (health.outcome, health.reason, health.failures) == ("refused", "html", failures)
            assert health.succeeded_at == succeeded_at
            assert (await claims.state("NBK")).failures == failures
        await claims.finish(await self.taken(claims), GOOD)
        assert (await claims.state("NBK")).failures == 0

    async def test_a_claim_that_others_took_over_changes_nothing_any_more(self, claims: PollClaims) -> None:
        lapsed = await self.taken(claims, lease_s=0)
        await self.taken(claims, lease_s=60)
        await claims.finish(lapsed, GOOD)
        await claims.release(lapsed)
        state = await claims.state("NBK")
        assert state.polled_at is None
        assert state.leased_until is not None

    async def test_a_released_claim_leaves_the_poll_to_others(self, claims: PollClaims) -> None:
        await claims.release(await self.taken(claims))
        state = await claims.state("NBK")
        assert (state.polled_at, state.leased_until) == (None, None)

    async def test_a_word_that_looks_like_a_command_is_noted_as_a_word(self, claims: PollClaims) -> None:
        await claims.finish(await self.taken(claims), PollReport(Outcome.FAILED, "$epoch", "$$NOW"))
        assert (await claims.health())["NBK"].reason == "$epoch"
