"""What must hold for dead letters wherever they are kept: run on the broker's queues and on the memory bus's files."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

from shared.bus import Bus, Reject
from shared.bus.dead_letter_choice import Choice, Letter
from shared.bus.dead_letter_file import LetterFile
from shared.bus.dead_letter_store import DeadLetterStore, Walk
from shared.clock import SystemClock
from shared.contracts.catalogue import SEARCH_ARTICLES
from shared.contracts.envelope import Envelope
from silkwire.dead_letters.tell import Tell
from silkwire.dead_letters.work import Action, Asked, Drop, Replay, Tally, work
from tests.suites.bus_suite import RETRY_DELAYS_S, Reader, altered, consuming, wait_until, withdrawn

TRACE = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"


@dataclass
class Place:
    """A bus, and who looks after its dead letters while nobody consumes."""

    bus: Bus
    store: Callable[[], AbstractAsyncContextManager[DeadLetterStore]]

    async def bury(self, *names: str, reason: str = "rotten") -> None:
        """Have events about these subjects given up on, one after the other."""
        reader = Reader(trouble={name: Reject(reason) for name in names})
        async with consuming(self.bus, reader, batch_max=1):
            for name in names:
                await self.bus.publish(withdrawn(name))
            await wait_until(lambda: len(reader.calls) >= len(names), "all were rejected")
        async with self.store() as store:
            await wait_for_count(store, at_least=len(names))

    async def letters(self) -> list[Letter]:
        """Look at all dead letters."""
        async with (
            self.store() as store,
            store.walk(SEARCH_ARTICLES, await store.count(SEARCH_ARTICLES)) as walk,
        ):
            found = []
            async for letter in walk:
                found.append(letter)
                await walk.keep(letter)
            return found

    async def subjects(self) -> list[str]:
        """Look at what the dead letters are about, oldest first."""
        return [letter.subject for letter in await self.letters()]

    async def do(self, action: Action, choice: Choice | None = None, limit: int | None = None) -> Tally:
        """Do to the dead letters what the command line does."""
        asked = Asked((SEARCH_ARTICLES,), choice or Choice(), limit, SystemClock().now())
        tally = Tally()
        async with self.store() as store:
            await work(store, asked, action, tally, tell=Tell("done"), stop=asyncio.Event())
        return tally


async def wait_for_count(store: DeadLetterStore, at_least: int, within_s: float = 15) -> None:
    """Wait until a queue has so many dead letters."""
    async with asyncio.timeout(within_s):
        while await store.count(SEARCH_ARTICLES) < at_least:  # noqa: ASYNC110  the broker tells no one
            await asyncio.sleep(0.02)


def replay(rate_per_s: float | None = None) -> Replay:
    """Give the action of `replay`."""
    return Replay(rate_per_s, asyncio.Event())


class DeadLetterSuite:
    """Behaviours; a subclass gives the fixture `place`, whose bus has the ladder `RETRY_DELAYS_S`."""

    async def test_looking_a_hundred_times_changes_nothing(self, place: Place) -> None:
        await place.bury("a", "b", "c")
        first = await place.letters()
        for _ in range(99):
            assert await place.subjects() == ["a", "b", "c"]
        last = await place.letters()
        assert [letter.said for letter in last] == [letter.said for letter in first]
        assert [letter.body for letter in last] == [withdrawn(name).data for name in "abc"]
        assert {letter.said.reason for letter in last} == {"rotten"}

    async def test_a_replayed_event_is_heard_once_by_its_reader_and_is_no_dead_letter_any_more(
        self, place: Place
    ) -> None:
        await place.bury("a", "b")
        tally = await place.do(replay())
        assert (tally.total, tally.done) == (2, {(SEARCH_ARTICLES, "rejected"): 2})
        reader = Reader()
        async with consuming(place.bus, reader):
            await wait_until(lambda: len(reader.handled) == 2, "both are heard")
        assert reader.handled == Counter(["a", "b"])
        assert await place.letters() == []

    async def test_what_is_not_meant_stays_in_its_place(self, place: Place) -> None:
        await place.bury("a", "b", "c", "d", "e")
        wanted = tuple(withdrawn(name).id[:20] for name in ("b", "d"))
        await place.do(replay(), Choice(ids=wanted))
        assert await place.subjects() == ["a", "c", "e"]
        await place.do(replay(), Choice(reason="fresh"))
        await place.do(replay(), limit=1)
        assert await place.subjects() == ["c", "e"]
        reader = Reader()
        async with consuming(place.bus, reader):
            await wait_until(lambda: len(reader.handled) == 3, "the others are heard")
        assert set(reader.handled) == {"a", "b", "d"}

    async def test_a_trace_and_an_id_are_the_same_through_retries_death_and_replay(
        self, place: Place
    ) -> None:
        """Whoever follows an article through the system must not lose it where it went wrong."""
        event = altered(withdrawn("a"), traceparent=TRACE)
        heard: list[Envelope] = []

        async def fail(events: Sequence[Envelope]) -> None:
            heard.extend(events)
            raise ValueError("not yet")

        async with consuming(place.bus, fail):
            await place.bus.publish(event)
            async with place.store() as store:
                await wait_for_count(store, at_least=1)
        assert len(heard) == 1 + len(RETRY_DELAYS_S)
        [letter] = await place.letters()
        assert (letter.id, letter.headers["cloudEvents_traceparent"]) == (event.id, TRACE)
        await place.do(replay())
        async with consuming(place.bus, fail):
            await wait_until(lambda: len(heard) == 2 * (1 + len(RETRY_DELAYS_S)), "the whole ladder again")
            async with place.store() as store:
                await wait_for_count(store, at_least=1)
        assert all(one == event for one in heard)
        [letter] = await place.letters()
        assert letter.said.attempts == 1 + len(RETRY_DELAYS_S)

    async def test_what_dies_again_comes_back_and_ends_no_run_in_a_circle(self, place: Place) -> None:
        await place.bury("a", "b")
        reader = Reader(trouble={"a": Reject("still"), "b": Reject("still")})
        async with consuming(place.bus, reader, batch_max=1):
            tally = await asyncio.wait_for(place.do(replay(rate_per_s=20)), 15)
        # The memory bus hears them when a reader starts.
        async with consuming(place.bus, reader, batch_max=1), place.store() as store:
            await wait_for_count(store, at_least=2)
        assert tally.done.total() == 2
        assert {letter.said.reason for letter in await place.letters()} == {"still"}
        assert reader.count("a") == 1

    async def test_a_replay_that_is_cut_off_loses_nothing_and_running_it_again_goes_on(
        self, place: Place
    ) -> None:
        names = [f"a{number}" for number in range(40)]
        await place.bury(*names)

        class CutOff(Replay):
            taken = 0

            async def take(self, walk: Walk, letter: Letter) -> None:
                await super().take(walk, letter)
                self.taken += 1
                if self.taken == 17:
                    raise asyncio.CancelledError

        cut = asyncio.create_task(place.do(CutOff(None, asyncio.Event())))
        await asyncio.wait({cut})
        assert cut.cancelled()
        assert len(await place.subjects()) >= 23
        await place.do(replay())
        reader = Reader()
        async with consuming(place.bus, reader):
            await wait_until(lambda: len(reader.handled) == 40, "all are heard")
        assert set(reader.handled) == set(names)
        assert await place.letters() == []

    async def test_dropped_letters_are_gone_and_kept_in_the_backup(
        self, place: Place, tmp_path: Path
    ) -> None:
        await place.bury("a", "b", "c")
        backup = tmp_path / "kept" / "dropped.jsonl"
        tally = await place.do(Drop(backup), Choice(ids=(withdrawn("b").id,)))
        assert tally.done.total() == 1
        assert await place.subjects() == ["a", "c"]
        [kept] = LetterFile(backup).read()
        assert kept.body == withdrawn("b").data
        assert kept.headers["cloudEvents_id"] == withdrawn("b").id
        assert kept.headers["x-silkwire-dead-reason"] == "rotten"

    async def test_letters_whose_backup_cannot_be_written_are_not_dropped(
        self, place: Place, tmp_path: Path
    ) -> None:
        await place.bury("a")
        (tmp_path / "file").touch()
        [error] = await asyncio.gather(
            place.do(Drop(tmp_path / "file" / "dropped.jsonl")), return_exceptions=True
        )
        assert isinstance(error, OSError)
        assert await place.subjects() == ["a"]

    async def test_looking_at_some_and_going_away_leaves_all_in_order(self, place: Place) -> None:
        await place.bury(*"abcdef")
        async with place.store() as store, store.walk(SEARCH_ARTICLES, 6) as walk:
            letters = aiter(walk)
            assert [(await anext(letters)).subject for _ in range(3)] == ["a", "b", "c"]
        assert await place.subjects() == list("abcdef")
