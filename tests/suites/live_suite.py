"""What every live stream must do, whoever carries the events: run against memory and against a real RabbitMQ."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field

import pytest

from shared.bus import Bus, LiveEvent, LiveItem, LiveReady, LiveReset, LiveStart
from shared.contracts.envelope import Envelope, seal
from shared.contracts.rates import RateStale
from shared.testing.eventually import eventually
from tests.suites.bus_suite import AT, altered, wait_until

FORGETS_ABOVE_BYTES = 1024 * 1024
"""The streams under this suite keep about this much, or this many times 1 KiB events."""


def stale(seq: int, reason: str = "late") -> Envelope:
    """Give an event of the live stream."""
    model = RateStale(pair="KGS/USD", seq=seq, status="late", reason=reason, since=AT)
    return seal(model, source="/silkwire/rates", at=AT)


@dataclass
class Listener:
    """What a reader of the stream was given so far."""

    items: list[LiveItem] = field(default_factory=list)

    @property
    def events(self) -> list[LiveEvent]:
        return [item for item in self.items if isinstance(item, LiveEvent)]

    @property
    def seqs(self) -> list[int]:
        return [seq_of(event) for event in self.events]

    @property
    def offsets(self) -> list[int]:
        return [event.offset for event in self.events]

    @property
    def resets(self) -> list[LiveReset]:
        return [item for item in self.items if isinstance(item, LiveReset)]

    async def hears(self, seqs: Sequence[int], within_s: float = 20) -> None:
        """Wait until it was given exactly these, in this order."""
        wanted = list(seqs)

        async def all_there() -> bool:
            assert self.seqs[-len(wanted) :] == wanted, self.compared_with(wanted)
            return True

        await eventually(all_there, within_s=within_s, what="hearing them all")
        assert self.seqs == wanted, self.compared_with(wanted)
        assert self.offsets == sorted(set(self.offsets)), f"the offsets do not rise: {self.offsets}"

    def compared_with(self, wanted: Sequence[int]) -> str:
        """Tell what it has heard of these, and what else it was told."""
        heard = Counter(self.seqs)
        return (
            f"heard {heard.total()}, wanted {len(wanted)}; last {self.seqs[-3:]}; "
            f"missing {[seq for seq in wanted if seq not in heard]}; "
            f"not wanted {sorted(heard.keys() - set(wanted))}; "
            f"more than once {[seq for seq, times in heard.items() if times > 1]}; "
            f"told {[item for item in self.items if not isinstance(item, LiveEvent)]}"
        )


def seq_of(event: LiveEvent) -> int:
    assert isinstance(event.event, RateStale)
    return event.event.seq


@asynccontextmanager
async def listening(bus: Bus, start: LiveStart, *, within_s: float = 20) -> AsyncIterator[Listener]:
    """Read within the block, which begins once the reader has its place."""
    listener, stop = Listener(), asyncio.Event()

    async def listen() -> None:
        async with aclosing(bus.read_live(start, stop)) as items:
            async for item in items:
                listener.items.append(item)

    task = asyncio.create_task(listen())
    try:
        await wait_until(
            lambda: any(isinstance(item, LiveReady) for item in listener.items),
            "the reader has its place",
            within_s=within_s,
        )
        yield listener
    finally:
        stop.set()
        await asyncio.wait_for(task, 15)


async def publish_all(bus: Bus, seqs: Sequence[int]) -> None:
    """Publish one after the other, so that their order is known."""
    await eventually(bus.check, what="the bus is connected")
    for seq in seqs:
        await bus.publish(stale(seq))


async def oldest(bus: Bus) -> LiveEvent:
    """Give the oldest event kept."""
    async with aclosing(bus.read_live("first", asyncio.Event())) as items:
        async for item in items:
            if isinstance(item, LiveEvent):
                return item
    raise AssertionError("the reader ended by itself")


async def forget_oldest(bus: Bus) -> None:
    """Publish until the stream no longer has what is its oldest event now."""
    before = (await oldest(bus)).offset
    for seq in range(1_000_000, 1_010_000, 100):
        await asyncio.gather(*(bus.publish(stale(seq + at, "x" * 20_000)) for at in range(99)))
        # A stream forgets whole segments, and so may have nothing at all until the next event.
        await bus.publish(stale(seq + 99))
        if (await oldest(bus)).offset > before:
            return
    pytest.fail("the stream forgets nothing")


class LiveSuite:
    """Behaviours; a subclass gives the fixture `bus`, whose stream keeps about `FORGETS_ABOVE_BYTES`."""

    async def test_read_from_the_first_gives_all_in_order_each_with_its_offset(self, bus: Bus) -> None:
        await publish_all(bus, range(1, 21))
        async with listening(bus, "first") as listener:
            await bus.publish(stale(21))
            await listener.hears(range(1, 22))
        assert listener.items[0] == LiveReady(None)
        assert listener.events[0].envelope == stale(1)
        assert listener.offsets == list(range(listener.offsets[0], listener.offsets[0] + 21))

    async def test_read_from_next_gives_only_what_is_published_after_the_reader_is_ready(
        self, bus: Bus
    ) -> None:
        await publish_all(bus, range(1, 11))
        last = await self.offset_of(bus, 10)
        async with listening(bus, "next") as listener:
            await publish_all(bus, range(11, 21))
            await listener.hears(range(11, 21))
        assert listener.items[0] == LiveReady(last)

    async def test_read_from_next_of_a_stream_that_never_had_an_event_misses_none(self, bus: Bus) -> None:
        async with listening(bus, "next") as listener:
            await publish_all(bus, range(1, 11))
            await listener.hears(range(1, 11))

    @pytest.mark.parametrize("passed", [1, 7, 10])
    async def test_read_after_an_offset_gives_what_comes_right_after_it(self, bus: Bus, passed: int) -> None:
        """A browser that comes back with its last event's id, to any replica."""
        await publish_all(bus, range(1, 11))
        place = await self.offset_of(bus, passed)
        async with listening(bus, place) as listener:
            await bus.publish(stale(11))
            await listener.hears(range(passed + 1, 12))
        assert listener.items[0] == LiveReady(place)
        assert not listener.resets

    async def test_a_reader_deep_in_a_long_stream_is_given_all_the_rest(self, bus: Bus) -> None:
        await eventually(bus.check, what="the bus is connected")
        for begin in range(1, 601, 100):
            await asyncio.gather(*(bus.publish(stale(seq)) for seq in range(begin, begin + 100)))
        async with listening(bus, "first") as whole:
            await wait_until(lambda: len(whole.events) == 600, "all are heard")
        async with listening(bus, whole.offsets[399]) as rest:
            await wait_until(lambda: len(rest.events) == 200, "the rest is heard")
        assert rest.events == whole.events[400:]

    async def test_an_offset_older_than_the_stream_is_said_and_what_is_kept_follows(self, bus: Bus) -> None:
        await publish_all(bus, range(1, 4))
        gone = (await oldest(bus)).offset
        await forget_oldest(bus)
        await forget_oldest(bus)
        kept = (await oldest(bus)).offset
        async with listening(bus, gone) as listener:
            await wait_until(lambda: listener.events, "events follow")
        assert listener.items[:2] == [LiveReset(gone, "expired"), LiveReady(None)]
        assert listener.offsets[0] == kept

    async def test_a_reader_whose_next_event_is_the_oldest_kept_misses_nothing_and_is_told_so(
        self, bus: Bus
    ) -> None:
        await publish_all(bus, range(1, 4))
        await forget_oldest(bus)
        kept = (await oldest(bus)).offset
        async with listening(bus, kept - 1) as listener:
            await wait_until(lambda: listener.events, "events follow")
        assert listener.items[0] == LiveReady(kept - 1)
        assert listener.offsets[0] == kept

    @pytest.mark.parametrize("beyond", [1, 1000, 2**80])
    async def test_an_offset_that_the_stream_never_had_is_said_and_what_is_kept_follows(
        self, bus: Bus, beyond: int
    ) -> None:
        """Silence would be a client that waits for ever."""
        await publish_all(bus, range(1, 11))
        never = await self.offset_of(bus, 10) + beyond
        async with listening(bus, never) as listener:
            await listener.hears(range(1, 11))
            await bus.publish(stale(11))
            await listener.hears(range(1, 12))
        assert listener.items[:2] == [LiveReset(never, "unknown"), LiveReady(None)]

    async def test_a_repeat_of_an_event_is_left_out(self, bus: Bus) -> None:
        """A publisher that never saw the confirm publishes again."""
        await publish_all(bus, [1, 2, 1, 3, 2, 2, 4])
        async with listening(bus, "first") as listener:
            await publish_all(bus, [1, 5])
            await listener.hears([1, 2, 3, 4, 5])

    @pytest.mark.parametrize("start", ["next", "after"])
    async def test_a_reader_that_begins_between_an_event_and_its_repeat_is_not_given_the_repeat(
        self, bus: Bus, start: str
    ) -> None:
        await publish_all(bus, [1, 2])
        async with listening(bus, "next" if start == "next" else await self.offset_of(bus, 2)) as listener:
            await publish_all(bus, [2, 3])
            await listener.hears([3])

    async def test_what_cannot_be_read_is_passed_over(self, bus: Bus) -> None:
        await publish_all(bus, [1])
        await bus.publish(altered(stale(2), data=b'{"pair": \xff'))
        await bus.publish(altered(stale(3), data=b"{}"))
        await publish_all(bus, [4])
        async with listening(bus, "first") as listener:
            await listener.hears([1, 4])
            broken = listener.offsets[0] + 1
        async with listening(bus, broken) as listener:
            await listener.hears([4])
        assert listener.items[0] == LiveReady(broken)

    async def test_every_reader_is_given_everything(self, bus: Bus) -> None:
        async with listening(bus, "next") as one, listening(bus, "next") as other:
            await publish_all(bus, range(1, 21))
            await one.hears(range(1, 21))
            await other.hears(range(1, 21))
        assert one.offsets == other.offsets

    async def test_a_reader_that_takes_its_time_loses_nothing(self, bus: Bus) -> None:
        await publish_all(bus, range(1, 301))
        stop, taken = asyncio.Event(), list[int]()
        async with aclosing(bus.read_live("first", stop)) as items:
            async for item in items:
                if isinstance(item, LiveEvent):
                    taken.append(seq_of(item))
                    if len(taken) == 10:
                        await publish_all(bus, range(301, 401))
                    if len(taken) == 400:
                        stop.set()
        assert taken == list(range(1, 401))

    async def test_stopping_ends_a_reader_that_waits(self, bus: Bus) -> None:
        async with listening(bus, "next") as listener:
            pass
        assert listener.items == [LiveReady(listener_after(listener))]

    async def test_an_offset_that_is_none_is_refused(self, bus: Bus) -> None:
        with pytest.raises(ValueError, match="not an offset of the live stream: -2"):
            bus.read_live(-2, asyncio.Event())

    @staticmethod
    async def offset_of(bus: Bus, seq: int) -> int:
        """Give the offset of an event that the stream has."""
        async with listening(bus, "first") as listener:
            await wait_until(lambda: seq in listener.seqs, f"event {seq} is heard")
        return listener.offsets[listener.seqs.index(seq)]


def listener_after(listener: Listener) -> int | None:
    """Give the place at which the reader began."""
    [ready] = [item for item in listener.items if isinstance(item, LiveReady)]
    return ready.after
