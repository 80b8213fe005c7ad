"""What every bus must do, whoever carries the events: run against memory and against a real RabbitMQ."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.bus import Bus, DependencyDown, EventRefused, Reject, Subscription
from shared.bus.dead_letters import Epitaph
from shared.bus.flood import FloodLimits
from shared.contracts.articles import ArticleWithdrawn
from shared.contracts.catalogue import SEARCH_ARTICLES
from shared.contracts.envelope import MAX_BODY_BYTES, Envelope, open_envelope, seal
from shared.testing.eventually import eventually

RETRY_DELAYS_S = (0.2, 0.2)
HOLD_MAX_S = 0.5
FLOOD = FloodLimits(window=20, pause_s=2.0, recover_after=3)
AT = datetime(2026, 6, 3, 9, 30, tzinfo=UTC)


def withdrawn(article: str, rev: int = 2) -> Envelope:
    """Give an event that search hears of."""
    model = ArticleWithdrawn(id=article, rev=rev, reason="owner: asked for it", withdrawn_at=AT)
    return seal(model, source="/silkwire/ingest", at=AT)


def altered(event: Envelope, **changes: Any) -> Envelope:
    """Give the same event with some attributes changed."""
    values = {name: getattr(event, name) for name in Envelope.__slots__}
    return Envelope(**values | changes)


@dataclass
class Harness:
    """A bus to try, and a look at its dead letters."""

    bus: Bus
    dead: Callable[[], Awaitable[list[tuple[Epitaph, bytes]]]]


@dataclass
class Reader:
    """A handler that remembers what it handled and fails where it is told to.

    Attributes:
        trouble: subject -> what to raise for it; taken anew at each call.
        handled: how often each subject was handled to the end.
        calls: the subjects of each call, failed ones included.
    """

    trouble: dict[str, Exception] = field(default_factory=dict)
    handled: Counter[str] = field(default_factory=Counter)
    calls: list[list[str]] = field(default_factory=list)

    async def __call__(self, events: Sequence[Envelope]) -> None:
        subjects = [event.subject for event in events]
        self.calls.append(subjects)
        for event in events:
            open_envelope(event)
            if event.subject in self.trouble:
                raise self.trouble[event.subject]
        self.handled.update(subjects)

    def count(self, subject: str) -> int:
        """How many calls had this subject."""
        return sum(subject in call for call in self.calls)


@asynccontextmanager
async def consuming(
    bus: Bus, handler: Any, *, stop: asyncio.Event | None = None, **options: Any
) -> AsyncIterator[asyncio.Event]:
    """Consume search's queue within the block, stopping in order at its end."""
    stop = stop or asyncio.Event()
    task = asyncio.create_task(bus.consume(Subscription(SEARCH_ARTICLES, handler, **options), stop))
    try:
        yield stop
    finally:
        stop.set()
        await asyncio.wait_for(task, 15)


async def wait_until(condition: Callable[[], object], what: str, within_s: float = 20) -> None:
    """Wait until the condition holds."""

    async def probe() -> bool:
        return bool(condition())

    await eventually(probe, within_s=within_s, what=what)


class BusSuite:
    """Behaviours; a subclass gives the fixtures `harness`, whose ladder is `RETRY_DELAYS_S`, and `impatient`.

    The latter holds no longer than `HOLD_MAX_S`, and `FLOOD` says when its dead letters are a flood.
    """

    async def test_a_published_event_is_heard_unchanged(self, harness: Harness) -> None:
        heard: list[Envelope] = []

        async def keep(events: Sequence[Envelope]) -> None:
            heard.extend(events)

        event = altered(withdrawn("ünïcode-🗞"), traceparent="00-" + "a" * 32 + "-" + "b" * 16 + "-01")
        async with consuming(harness.bus, keep):
            await harness.bus.publish(event)
            await wait_until(lambda: heard, "the event is heard")
        assert heard == [event]

    async def test_many_events_are_each_heard_once_and_in_batches(self, harness: Harness) -> None:
        reader = Reader()
        names = [f"a{number}" for number in range(500)]
        async with consuming(harness.bus, reader):
            await asyncio.gather(*(harness.bus.publish(withdrawn(name)) for name in names))
            await wait_until(lambda: len(reader.handled) == 500, "all are handled")
        assert reader.handled == Counter(names)
        assert len(reader.calls) < 500
        assert max(map(len, reader.calls)) <= 128

    async def test_an_event_published_before_its_consumer_starts_is_heard_afterwards(
        self, harness: Harness
    ) -> None:
        reader = Reader()
        publishing = asyncio.create_task(harness.bus.publish(withdrawn("early")))
        await eventually(harness.bus.check, what="the bus is connected")
        async with consuming(harness.bus, reader):
            await publishing
            await wait_until(lambda: reader.handled["early"], "it is handled")

    async def test_a_handler_that_recovers_is_tried_again_and_nothing_is_buried(
        self, harness: Harness
    ) -> None:
        reader = Reader(trouble={"a": ValueError("not yet")})
        async with consuming(harness.bus, reader):
            publishing = asyncio.create_task(harness.bus.publish(withdrawn("a")))
            await wait_until(lambda: reader.count("a") == 2, "it is tried again")
            reader.trouble.clear()
            await wait_until(lambda: reader.handled["a"], "it is handled at last")
            await publishing
        assert await harness.dead() == []

    async def test_a_handler_that_always_fails_is_tried_along_the_ladder_then_buried_with_the_reason(
        self, harness: Harness
    ) -> None:
        reader = Reader(trouble={"a": ValueError("the moon is\nin the wrong house")})
        async with consuming(harness.bus, reader):
            await harness.bus.publish(withdrawn("a"))
            [(said, body)] = await eventually(harness.dead, within_s=20, what="a dead letter")
        assert said.cause == "exhausted"
        assert said.reason == "ValueError: the moon is in the wrong house"
        assert said.queue == SEARCH_ARTICLES
        assert said.attempts == 1 + len(RETRY_DELAYS_S) == reader.count("a")
        assert said.first_at is not None
        assert said.last_at is not None
        assert said.first_at < said.last_at
        assert body == withdrawn("a").data

    async def test_a_rejected_event_is_buried_at_once(self, harness: Harness) -> None:
        reader = Reader(trouble={"a": Reject("no such outlet")})
        async with consuming(harness.bus, reader):
            await harness.bus.publish(withdrawn("a"))
            [(said, _body)] = await eventually(harness.dead, what="a dead letter")
        assert (said.cause, said.reason, said.attempts) == ("rejected", "no such outlet", 1)
        assert reader.count("a") == 1

    async def test_an_undecodable_body_is_buried_at_once_and_nothing_else_stops(
        self, harness: Harness
    ) -> None:
        reader = Reader()
        broken = altered(withdrawn("broken"), data=b'{"id": \xff')
        async with consuming(harness.bus, reader):
            await harness.bus.publish(broken)
            await harness.bus.publish(withdrawn("good"))
            [(said, body)] = await eventually(harness.dead, what="a dead letter")
            await wait_until(lambda: reader.handled["good"], "the good one is handled")
        assert (said.cause, said.attempts) == ("undecodable", 1)
        assert said.reason
        assert body == broken.data

    async def test_a_bad_event_in_a_batch_does_not_harm_the_others(self, harness: Harness) -> None:
        reader = Reader(trouble={"bad": Reject("rotten")})
        names = [*(f"a{number}" for number in range(9)), "bad"]
        async with consuming(harness.bus, reader, batch_max=10, batch_wait_s=20):
            await asyncio.gather(*(harness.bus.publish(withdrawn(name)) for name in names))
            await wait_until(lambda: len(reader.handled) == 9, "the others are handled")
            [(said, _body)] = await eventually(harness.dead, what="a dead letter")
        assert said.reason == "rotten"
        assert any(len(call) > 1 and "bad" in call for call in reader.calls)

    async def test_while_a_dependency_is_down_events_are_held_and_no_attempt_is_counted(
        self, harness: Harness
    ) -> None:
        reader = Reader(trouble={"a": DependencyDown("mongodb")})
        probes: list[bool] = []

        async def probe() -> bool:
            probes.append("a" not in reader.trouble)
            if len(probes) == 2:
                raise ConnectionError("the probe itself may fail")
            return probes[-1]

        async with consuming(harness.bus, reader, probe=probe):
            publishing = asyncio.create_task(harness.bus.publish(withdrawn("a")))
            await wait_until(lambda: len(probes) > 3, "the dependency is probed")
            assert reader.count("a") == 1, "a held event must not be used as the probe"
            reader.trouble.clear()
            await wait_until(lambda: reader.handled["a"], "it is handled")
            await publishing
        assert await harness.dead() == []
        assert reader.count("a") == 2

    async def test_stopping_finishes_the_call_under_way_and_leaves_the_rest(self, harness: Harness) -> None:
        finish, finished = asyncio.Event(), Reader()
        begun: list[str] = []

        async def slow(events: Sequence[Envelope]) -> None:
            begun.extend(event.subject for event in events)
            await finish.wait()
            await finished(events)

        names = [f"a{number}" for number in range(20)]
        async with consuming(harness.bus, slow, batch_max=5, batch_wait_s=20) as stop:
            publishing = asyncio.gather(*(harness.bus.publish(withdrawn(name)) for name in names))
            await wait_until(lambda: len(begun) == 5, "a call is under way")
            stop.set()
            finish.set()
        assert len(begun) == 5, "no new call is started"
        assert len(finished.handled) == 5
        async with consuming(harness.bus, finished):
            await wait_until(lambda: len(finished.handled) == 20, "the next consumer gets the rest")
            await publishing
        assert finished.handled == Counter(names), "what was finished is not delivered again"
        assert await harness.dead() == []

    async def test_a_handler_that_asks_for_the_stop_is_not_called_again(self, harness: Harness) -> None:
        stop, go_on, rest = asyncio.Event(), asyncio.Event(), Reader()
        calls: list[int] = []

        async def last(events: Sequence[Envelope]) -> None:
            calls.append(len(events))
            await go_on.wait()
            stop.set()

        async with consuming(harness.bus, last, stop=stop, batch_max=5, batch_wait_s=20):
            publishing = asyncio.gather(
                *(harness.bus.publish(withdrawn(f"a{number}")) for number in range(20))
            )
            await wait_until(lambda: calls, "a call is under way")
            go_on.set()
        assert calls == [5]
        async with consuming(harness.bus, rest):
            await publishing
            await wait_until(lambda: len(rest.handled) == 15, "the next consumer gets the rest")

    async def test_stopping_while_a_dependency_is_down_leaves_the_events_to_the_next_consumer(
        self, harness: Harness
    ) -> None:
        down, up = Reader(trouble={"a": DependencyDown("mongodb")}), Reader()
        async with consuming(harness.bus, down):
            publishing = asyncio.create_task(harness.bus.publish(withdrawn("a")))
            await wait_until(lambda: down.count("a"), "it is delivered")
        async with consuming(harness.bus, up):
            await wait_until(lambda: up.handled["a"], "it is handled")
            await publishing
        assert await harness.dead() == []

    async def test_a_consumer_that_dies_without_acknowledging_leaves_its_events_to_the_next(
        self, harness: Harness
    ) -> None:
        begun = asyncio.Event()

        async def hang(_events: Sequence[Envelope]) -> None:
            begun.set()
            await asyncio.Event().wait()

        dying = asyncio.create_task(harness.bus.consume(Subscription(SEARCH_ARTICLES, hang), asyncio.Event()))
        publishing = asyncio.create_task(harness.bus.publish(withdrawn("a")))
        await asyncio.wait_for(begun.wait(), 15)
        dying.cancel()
        with pytest.raises(asyncio.CancelledError):
            await dying
        reader = Reader()
        async with consuming(harness.bus, reader):
            await wait_until(lambda: reader.handled["a"], "it is handled by the next")
            await publishing
        assert await harness.dead() == []

    async def test_a_handler_that_takes_too_long_counts_as_failed(self, harness: Harness) -> None:
        async def hang(_events: Sequence[Envelope]) -> None:
            await asyncio.Event().wait()

        async with consuming(harness.bus, hang, deadline_s=0.1):
            await harness.bus.publish(withdrawn("a"))
            [(said, _body)] = await eventually(harness.dead, within_s=20, what="a dead letter")
        assert said.cause == "exhausted"
        assert said.reason == "TimeoutError: the handler took longer than 0.1 s"

    async def test_an_event_that_no_queue_wants_is_refused_and_the_bus_goes_on(
        self, harness: Harness
    ) -> None:
        with pytest.raises(EventRefused, match=r"no queue wants article\.collected\.v9"):
            await harness.bus.publish(altered(withdrawn("a"), type="article.collected.v9"))
        reader = Reader()
        async with consuming(harness.bus, reader):
            await harness.bus.publish(withdrawn("b"))
            await wait_until(lambda: reader.handled["b"], "the next is handled")

    async def test_an_event_that_is_too_large_is_refused(self, harness: Harness) -> None:
        with pytest.raises(EventRefused, match="more than"):
            await harness.bus.publish(altered(withdrawn("a"), data=b"x" * (MAX_BODY_BYTES + 1)))

    async def test_the_largest_event_allowed_travels(self, harness: Harness) -> None:
        sizes: list[int] = []

        async def measure(events: Sequence[Envelope]) -> None:
            sizes.extend(len(event.data) for event in events)

        async with consuming(harness.bus, measure):
            await harness.bus.publish(altered(withdrawn("a"), data=b"x" * MAX_BODY_BYTES))
            await wait_until(lambda: sizes, "it is heard")
        assert sizes == [MAX_BODY_BYTES]

    async def test_two_consumers_share_a_queue(self, harness: Harness) -> None:
        one, two = Reader(), Reader()
        names = [f"a{number}" for number in range(200)]
        async with (
            consuming(harness.bus, one, batch_max=4, prefetch=8),
            consuming(harness.bus, two, batch_max=4, prefetch=8),
        ):
            await asyncio.gather(*(harness.bus.publish(withdrawn(name)) for name in names))
            await wait_until(lambda: len(one.handled + two.handled) == 200, "all are handled")
        assert one.handled + two.handled == Counter(names)

    async def test_a_flood_of_dead_letters_stops_the_consumer_until_events_can_be_handled_again(
        self, impatient: Harness
    ) -> None:
        """A release that rejects everything must not turn a whole queue into dead letters."""
        names = [f"a{number}" for number in range(40)]
        reader = Reader(trouble={name: Reject("all is rotten") for name in names})
        flood = FLOOD.window // 2 + 1

        async def flooded() -> bool:
            return len(await impatient.dead()) >= flood

        async with consuming(impatient.bus, reader):
            publishing = asyncio.gather(*(impatient.bus.publish(withdrawn(name)) for name in names))
            await eventually(flooded, within_s=20, what="the flood is noticed")
            begun = len(reader.calls)
            reader.trouble.clear()
            await publishing

            async def all_settled() -> bool:
                return len(reader.handled) + len(await impatient.dead()) == len(names)

            await eventually(all_settled, within_s=30, what="what did not die is handled")
        dead = len(await impatient.dead())
        few = 3 * FLOOD.recover_after
        assert flood <= dead <= flood + few, "nothing more dies than a few at each end of a pause"
        first = [call for call in reader.calls[begun:] if call[0] in reader.handled][: FLOOD.recover_after]
        assert [len(call) for call in first] == [1] * FLOOD.recover_after, "one at a time until all is well"

    async def test_events_are_let_go_when_held_too_long_and_come_back_when_the_dependency_does(
        self, impatient: Harness
    ) -> None:
        """Whoever held them for half an hour would lose the channel to the broker."""
        reader = Reader(trouble={"a": DependencyDown("mongodb")})
        began = asyncio.get_running_loop().time()
        probed_after_s: list[float] = []

        async def probe() -> bool:
            probed_after_s.append(asyncio.get_running_loop().time() - began)
            return "a" not in reader.trouble

        async with consuming(impatient.bus, reader, probe=probe):
            publishing = asyncio.create_task(impatient.bus.publish(withdrawn("a")))
            await wait_until(
                lambda: probed_after_s and probed_after_s[-1] > 3 * HOLD_MAX_S, "it is probed long after"
            )
            assert reader.count("a") == 1, "it is not handled again before the dependency answers"
            reader.trouble.clear()
            await wait_until(lambda: reader.handled["a"], "it is handled")
            await publishing
        assert reader.count("a") == 2
        assert await impatient.dead() == []
