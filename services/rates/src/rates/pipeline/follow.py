"""Polls a bank whenever it is due and no other replica does, until told to stop."""

import asyncio

import structlog

from rates.domain.banks import Bank
from rates.domain.schedule import due_in_s
from rates.pipeline.poll import Poller
from rates.ports import BoardBusyError, Claim, Outcome, PollClaims, PollReport, StoreUnavailableError
from shared.bus.waiting import pause

POLL_DEADLINE_S = 60.0
"""Longest one poll may take, with all its requests."""

STOP_GRACE_S = 5.0
"""How long a poll in hand may go on at a stop; what is cut off has either been stored or was never told."""

_LOOK_AGAIN_S = 30.0
_STORE_RETRY_S = 1.0
_LOST_RACE_S = 0.2
_RENEWALS = 3
"""Times a lease is renewed before it would end, so that one renewal may go wrong."""

_log = structlog.get_logger()


class Follower:
    """Follows banks.

    Args:
        poller: polls one.
        claims: lets one replica at a time do so.
        interval_s: seconds between two polls of a bank.
        lease_s: seconds for which a claim holds, renewed while the poll goes on; a replica that died in a poll keeps
            others from the bank for no longer.
    """

    def __init__(self, poller: Poller, claims: PollClaims, *, interval_s: float, lease_s: float) -> None:
        self._poller = poller
        self._claims = claims
        self._interval_s = interval_s
        self._lease_s = lease_s

    async def follow(self, bank: Bank, stop: asyncio.Event) -> None:
        """Poll the bank whenever it is due, until `stop` is set; nothing that goes wrong ends it."""
        while not stop.is_set():
            try:
                wait_s = await self._turn(bank, stop)
            except StoreUnavailableError as error:
                _log.warning("rates_store_unavailable", bank=bank.id, outcome="error", reason=str(error))
                wait_s = _STORE_RETRY_S
            await pause(stop, wait_s)

    async def _turn(self, bank: Bank, stop: asyncio.Event) -> float:
        """Poll the bank if it is due; return in how many seconds to look again."""
        state = await self._claims.state(bank.id)
        wait_s = due_in_s(state, bank_id=bank.id, rhythm=bank.rhythm, interval_s=self._interval_s)
        if wait_s > 0:
            return min(wait_s, _LOOK_AGAIN_S)
        claim = await self._claims.claim(bank.id, state.epoch, self._lease_s)
        if claim is None:
            return _LOST_RACE_S
        await self._poll_claimed(bank, claim, stop)
        return 0

    async def _poll_claimed(self, bank: Bank, claim: Claim, stop: asyncio.Event) -> None:
        polling = asyncio.create_task(self._poll_bounded(bank))
        stopping = asyncio.create_task(stop.wait())
        renewing = asyncio.create_task(self._renew(claim))
        try:
            await asyncio.wait({polling, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not polling.done():
                await asyncio.wait({polling}, timeout=STOP_GRACE_S)
            if not polling.done():
                await self._claims.release(claim)
                return
            await self._claims.finish(claim, polling.result())
        finally:
            for task in (stopping, renewing, polling):
                task.cancel()
            await asyncio.wait({polling, renewing})

    async def _renew(self, claim: Claim) -> None:
        """Keep a claim until cancelled, or until it has lapsed: then others may poll too, which loses nothing."""
        held = True
        while held:
            await asyncio.sleep(self._lease_s / _RENEWALS)
            try:
                held = await self._claims.renew(claim, self._lease_s)
            except StoreUnavailableError as error:
                _log.warning(
                    "rates_store_unavailable", bank=claim.bank_id, outcome="error", reason=str(error)
                )

    async def _poll_bounded(self, bank: Bank) -> PollReport:
        try:
            async with asyncio.timeout(POLL_DEADLINE_S):
                return await self._poller.poll(bank)
        except StoreUnavailableError as error:
            report = PollReport(Outcome.FAILED, "store_unavailable", str(error)[:200])
        except BoardBusyError as error:
            report = PollReport(Outcome.FAILED, "board_busy", str(error)[:200])
        except TimeoutError:
            report = PollReport(Outcome.FAILED, "timeout", f"the poll took more than {POLL_DEADLINE_S:g} s")
        except Exception as error:  # noqa: BLE001  one bank's surprise must not end the polls of that bank for ever
            _log.exception("bank_polled", bank=bank.id, outcome=Outcome.FAILED, reason="crashed")
            return PollReport(Outcome.FAILED, "crashed", f"{type(error).__name__}: {error}"[:200])
        _log.warning(
            "bank_polled", bank=bank.id, outcome=report.outcome, reason=report.reason, detail=report.detail
        )
        return report
