"""The scheduler: bounded work, pauses, drain."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from ingest.metrics import Metrics
from ingest.pipeline.scheduler import PER_HOST, Hold, Scheduler
from ingest.ports import Claim, Finish, StoreDownError
from shared.clock import SystemClock
from shared.testing.eventually import eventually
from tests.suites.ingest_fakes import MemorySourceStore
from tests.suites.ingest_stores import source


class Work:
    """An update that waits until it is let go, counting what happens."""

    def __init__(self, store: MemorySourceStore) -> None:
        self.store = store
        self.go = asyncio.Event()
        self.now: Counter[str] = Counter()
        self.most_at_once = 0
        self.done: list[str] = []
        self.faults: list[Exception] = []

    async def __call__(self, claim: Claim) -> None:
        self.now[claim.source.id] += 1
        assert self.now[claim.source.id] == 1, "one source twice at once"
        self.most_at_once = max(self.most_at_once, sum(self.now.values()))
        try:
            await self.go.wait()
            if self.faults:
                raise self.faults.pop()
            await self.store.finish(claim, Finish(3600))
            self.done.append(claim.source.id)
        finally:
            self.now[claim.source.id] -= 1


@pytest.fixture
async def store() -> MemorySourceStore:
    store = MemorySourceStore(SystemClock())
    await store.seed([source(name) for name in "abcdef"])
    return store


@pytest.fixture
def work(store: MemorySourceStore) -> Work:
    return Work(store)


@asynccontextmanager
async def running(
    store: MemorySourceStore,
    work: Work,
    *,
    owner: str = "one",
    concurrency: int = 3,
    drain_s: float = 5,
    hold: Hold = lambda: None,
    registry: CollectorRegistry | None = None,
    lease_s: float = 60,
) -> AsyncIterator[Scheduler]:
    stop = asyncio.Event()
    scheduler = Scheduler(
        sources=store,
        update=work,
        metrics=Metrics(registry or CollectorRegistry()),
        owner=owner,
        concurrency=concurrency,
        lease_s=lease_s,
        idle_s=0.02,
        hold=hold,
    )
    task = asyncio.create_task(scheduler.run(stop, drain_s=drain_s))
    try:
        yield scheduler
    finally:
        stop.set()
        await asyncio.wait_for(task, 10)


async def test_every_due_source_is_polled_a_few_at_a_time(store: MemorySourceStore, work: Work) -> None:
    async with running(store, work):

        async def three_in_hand() -> bool:
            return sum(work.now.values()) == 3

        await eventually(three_in_hand)
        work.go.set()

        async def all_done() -> bool:
            return sorted(work.done) == list("abcdef")

        await eventually(all_done)
    assert work.most_at_once == 3


async def test_an_update_that_outlasts_its_lease_keeps_its_source(
    store: MemorySourceStore, work: Work
) -> None:
    """A slow feed is not fetched by a second replica beside the first."""
    async with running(store, work, lease_s=1.0), running(store, work, owner="two", lease_s=1.0):

        async def all_in_hand() -> bool:
            return sum(work.now.values()) == len("abcdef")

        await eventually(all_in_hand)
        renewed = store.renewals

        async def several_leases_passed() -> bool:
            return store.renewals >= renewed + 16

        await eventually(several_leases_passed)
        work.go.set()

        async def all_done() -> bool:
            return sorted(work.done) == list("abcdef")

        await eventually(all_done)


async def test_one_renewal_that_goes_wrong_is_not_the_last(
    store: MemorySourceStore, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without renewals every slow feed would be fetched by two replicas."""
    renew, tried = store.renew, 0

    async def trip_once(claims: Sequence[Claim], lease_s: float) -> None:
        nonlocal tried
        tried += 1
        if tried == 1:
            raise RuntimeError("an answer that nobody expected")
        await renew(claims, lease_s)

    monkeypatch.setattr(store, "renew", trip_once)
    async with running(store, work, lease_s=0.2):

        async def renewed() -> bool:
            return store.renewals >= 2

        await eventually(renewed)
        work.go.set()


async def test_a_host_that_hangs_leaves_room_for_the_others() -> None:
    store = MemorySourceStore(SystemClock())
    slow = [source(name, url=f"https://slow.kg/{name}") for name in "abcde"]
    await store.seed([*slow, source("x"), source("y")])
    work = Work(store)
    async with running(store, work, concurrency=4):

        async def others_in_hand() -> bool:
            return work.now["x"] == work.now["y"] == 1

        await eventually(others_in_hand)
        assert sum(work.now[one.id] for one in slow) == PER_HOST
        work.go.set()

        async def all_done() -> bool:
            return sorted(work.done) == list("abcdexy")

        await eventually(all_done)


async def test_two_replicas_share_the_sources(store: MemorySourceStore, work: Work) -> None:
    work.go.set()
    async with running(store, work), running(store, work, owner="two"):

        async def all_done() -> bool:
            return sorted(work.done) == list("abcdef")

        await eventually(all_done)


async def test_a_lost_store_pauses_the_updates_and_says_so_once(store: MemorySourceStore, work: Work) -> None:
    work.go.set()
    store.down = True
    with capture_logs() as logs:
        async with running(store, work) as scheduler:

            async def paused() -> bool:
                return scheduler.paused

            await eventually(paused)
            store.down = False

            async def all_done() -> bool:
                return len(work.done) == 6

            await eventually(all_done)
            assert not scheduler.paused
    events = Counter(line["event"] for line in logs)
    assert events["updates_paused"] == events["updates_resumed"] == 1
    assert next(line for line in logs if line["event"] == "updates_paused")["reason"] == "mongodb"


async def test_while_there_is_a_reason_nothing_is_polled_and_it_is_said_once(
    store: MemorySourceStore, work: Work
) -> None:
    """A full outbox must not grow further, and an operator must see why there is no news."""
    work.go.set()
    reasons: list[str] = ["outbox_full"]
    registry = CollectorRegistry()

    def paused_for(reason: str) -> float | None:
        return registry.get_sample_value("ingest_paused", {"reason": reason})

    with capture_logs() as logs:
        async with running(
            store, work, hold=lambda: reasons[0] if reasons else None, registry=registry
        ) as scheduler:

            async def paused() -> bool:
                return scheduler.paused

            await eventually(paused)
            assert (paused_for("outbox_full"), paused_for("mongodb")) == (1, 0)
            assert not work.done
            reasons.clear()

            async def all_done() -> bool:
                return len(work.done) == 6

            await eventually(all_done)
            assert (scheduler.paused, paused_for("outbox_full")) == (False, 0)
    said = [(line["event"], line["reason"]) for line in logs if line["event"].startswith("updates_")]
    assert said == [("updates_paused", "outbox_full"), ("updates_resumed", "outbox_full")]


async def test_one_reason_to_pause_may_take_the_place_of_another(
    store: MemorySourceStore, work: Work
) -> None:
    work.go.set()
    reasons: list[str] = []
    store.down = True
    registry = CollectorRegistry()

    def paused_for() -> list[float | None]:
        names = ("mongodb", "outbox_full")
        return [registry.get_sample_value("ingest_paused", {"reason": name}) for name in names]

    async def paused_for_mongodb() -> bool:
        return paused_for() == [1, 0]

    async def paused_for_the_outbox() -> bool:
        return paused_for() == [0, 1]

    async with running(store, work, hold=lambda: reasons[0] if reasons else None, registry=registry):
        await eventually(paused_for_mongodb)
        reasons.append("outbox_full")
        await eventually(paused_for_the_outbox)


async def test_a_source_whose_update_lost_the_store_is_polled_again(
    store: MemorySourceStore, work: Work
) -> None:
    work.go.set()
    work.faults.append(StoreDownError("away"))
    async with running(store, work):

        async def all_done() -> bool:
            return sorted(work.done) == list("abcdef")

        await eventually(all_done)


async def test_a_crashed_update_stops_nothing(store: MemorySourceStore, work: Work) -> None:
    work.go.set()
    work.faults.append(ZeroDivisionError())
    async with running(store, work):

        async def others_done() -> bool:
            return len(work.done) == 5

        await eventually(others_done)


async def test_at_a_stop_updates_in_hand_are_finished(store: MemorySourceStore, work: Work) -> None:
    async with running(store, work):

        async def in_hand() -> bool:
            return sum(work.now.values()) == 3

        await eventually(in_hand)
        asyncio.get_running_loop().call_later(0.05, work.go.set)
    assert len(work.done) == 3


async def test_what_cannot_be_finished_in_time_is_given_back(store: MemorySourceStore, work: Work) -> None:
    async with running(store, work, drain_s=0.05):

        async def in_hand() -> bool:
            return sum(work.now.values()) == 3

        await eventually(in_hand)
    assert work.done == []
    claims = [await store.claim_due("heir", 60) for _ in "abcdef"]
    assert sorted(claim.source.id for claim in claims if claim is not None) == list("abcdef")
