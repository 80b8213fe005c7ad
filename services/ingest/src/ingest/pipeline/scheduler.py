"""Keeps a bounded number of updates going: claims due sources one by one, pauses while the store is away, drains."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from ingest.metrics import Metrics
from ingest.ports import Claim, SourceStore, StoreDownError

_log = structlog.get_logger()

Update = Callable[[Claim], Awaitable[object]]

PER_HOST = 2
"""Most updates of one host at the same time, so that a host that hangs leaves room for the others. It is the only such
bound: the fetcher keeps requests apart in time and counts none."""

RENEW_SHARE = 0.25
"""Of a lease's time: when it is renewed."""

MAX_PAUSE_S = 5.0
"""Longest wait between two tries to reach a lost store."""

Hold = Callable[[], str | None]
"""Why no source is to be polled now; None where nothing speaks against it."""


class Scheduler:
    """Polls sources as they fall due, until told to stop.

    Args:
        sources: where due sources are claimed; several schedulers may share it.
        update: what to do with a claimed source.
        metrics: numbers.
        owner: name of this replica, unique among all that share the store.
        concurrency: most updates at the same time.
        lease_s: seconds for which a claim is held.
        idle_s: seconds between looks at the store while nothing is due.
        hold: asked before each claim.
    """

    def __init__(
        self,
        *,
        sources: SourceStore,
        update: Update,
        metrics: Metrics,
        owner: str,
        concurrency: int,
        lease_s: float,
        idle_s: float = 1.0,
        hold: Hold = lambda: None,
    ) -> None:
        self._sources = sources
        self._update = update
        self._metrics = metrics
        self._owner = owner
        self._concurrency = concurrency
        self._lease_s = lease_s
        self._idle_s = idle_s
        self._hold = hold
        self._in_hand: dict[asyncio.Task[None], Claim] = {}
        self._abandoned: list[Claim] = []
        self._set_aside: dict[str, str] = {}
        """Sources that are due while their host is busy: id to host."""
        self._pause_s = 0.0
        self._paused_for: str | None = None

    @property
    def paused(self) -> bool:
        """True while updates wait for the store, or for room for their events."""
        return self._paused_for is not None

    async def run(self, stop: asyncio.Event, *, drain_s: float) -> None:
        """Poll until `stop` is set, then finish the updates in hand within `drain_s` seconds."""
        renewing = asyncio.create_task(self._keep_renewing())
        try:
            while not stop.is_set():
                wait_s = await self._guarded()
                if wait_s > 0:
                    await self._wait(stop, wait_s)
        finally:
            await self._drain(drain_s)
            renewing.cancel()

    async def _keep_renewing(self) -> None:
        """Hold what is in hand for as long as it takes; a lost store ends the updates themselves."""
        while True:
            await asyncio.sleep(self._lease_s * RENEW_SHARE)
            try:
                await self._sources.renew(tuple(self._in_hand.values()), self._lease_s)
            except StoreDownError as error:
                _log.debug("leases_not_renewed", reason="mongodb", detail=str(error)[:200])
            except Exception:  # noqa: BLE001  nobody watches over this task, and without it leases run out in mid-work
                _log.exception("leases_not_renewed", reason="internal")

    async def _guarded(self) -> float:
        try:
            return await self._step()
        except Exception:  # noqa: BLE001  a source that cannot even be read from the store must not stop the others
            _log.exception("source_claim_crashed")
            return self._idle_s

    async def _step(self) -> float:
        """Claim and start one update; return the seconds to wait before the next step."""
        if len(self._in_hand) >= self._concurrency:
            await asyncio.wait(self._in_hand, timeout=self._idle_s, return_when=asyncio.FIRST_COMPLETED)
            return 0
        try:
            await self._give_back_abandoned()
            reason = self._hold()
            if reason is not None:
                self._pause_for(reason)
                return self._idle_s
            claim = await self._sources.claim_due(self._owner, self._lease_s, tuple(self._set_aside))
        except StoreDownError as error:
            return self._pause(error)
        self._resume()
        if claim is None:
            return await self._nothing_to_start()
        if self._in_hand_of(claim.source.host) >= PER_HOST:
            self._set_aside[claim.source.id] = claim.source.host
            self._abandoned.append(claim)
            return 0
        task = asyncio.create_task(self._run_one(claim))
        self._in_hand[task] = claim
        task.add_done_callback(self._done)
        self._metrics.in_hand.set(len(self._in_hand))
        return 0

    async def _nothing_to_start(self) -> float:
        """Wait for a host to become free where sources wait for one; else there is just nothing due."""
        if not self._set_aside:
            return self._idle_s
        await asyncio.wait(self._in_hand, timeout=self._idle_s, return_when=asyncio.FIRST_COMPLETED)
        return 0

    def _in_hand_of(self, host: str) -> int:
        return sum(claim.source.host == host for claim in self._in_hand.values())

    def _let_in(self, host: str) -> None:
        """Let one source of a host be claimed again, or all of them once nothing of the host is in hand."""
        waiting = [one for one, its_host in self._set_aside.items() if its_host == host]
        for one in waiting[:1] if self._in_hand_of(host) else waiting:
            del self._set_aside[one]

    async def _run_one(self, claim: Claim) -> None:
        try:
            await self._update(claim)
        except StoreDownError as error:
            self._abandoned.append(claim)
            self._metrics.updates.labels("paused").inc()
            _log.warning(
                "source_updated",
                source=claim.source.id,
                outcome="paused",
                reason="mongodb",
                detail=str(error)[:200],
            )

    def _done(self, task: asyncio.Task[None]) -> None:
        claim = self._in_hand.pop(task)
        self._let_in(claim.source.host)
        self._metrics.in_hand.set(len(self._in_hand))
        if not task.cancelled() and task.exception() is not None:
            _log.error("source_update_crashed", source=claim.source.id, exc_info=task.exception())

    async def _give_back_abandoned(self) -> None:
        while self._abandoned:
            claim = self._abandoned[-1]
            await self._sources.release(claim)
            self._abandoned.remove(claim)

    def _pause(self, error: StoreDownError) -> float:
        self._pause_for("mongodb", detail=str(error)[:200])
        self._pause_s = min(MAX_PAUSE_S, max(0.5, self._pause_s * 2))
        return self._pause_s

    def _pause_for(self, reason: str, **facts: str) -> None:
        """Say once that nothing is polled, and why; a reason may take the place of another."""
        if self._paused_for == reason:
            return
        self._resume()
        self._paused_for = reason
        self._metrics.paused.labels(reason).set(1)
        _log.warning("updates_paused", reason=reason, **facts)

    def _resume(self) -> None:
        self._pause_s = 0.0
        if self._paused_for is not None:
            _log.info("updates_resumed", reason=self._paused_for)
            self._metrics.paused.labels(self._paused_for).set(0)
            self._paused_for = None

    async def _wait(self, stop: asyncio.Event, seconds: float) -> None:
        try:
            await asyncio.wait_for(stop.wait(), seconds)
        except TimeoutError:
            return

    async def _drain(self, drain_s: float) -> None:
        """Let updates in hand finish; cut off what takes too long and give those sources back."""
        if self._in_hand:
            await asyncio.wait(self._in_hand, timeout=drain_s)
        cut = dict(self._in_hand)
        for task in cut:
            task.cancel()
        if cut:
            await asyncio.wait(cut, timeout=2)
        try:
            for claim in (*cut.values(), *self._abandoned):
                await self._sources.release(claim)
        except StoreDownError:
            _log.warning("sources_not_released", reason="mongodb", count=len(cut) + len(self._abandoned))
