"""The dead letters of the memory bus: everything the suite says, and what their files must stand."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from shared.bus.dead_letter_file import DeadLetter, DeadLetterFile, ReplayFile
from shared.bus.dead_letter_folder import DeadLetterFolder
from shared.bus.memory import MemoryBus
from shared.contracts.catalogue import SEARCH_ARTICLES
from shared.contracts.envelope import to_headers
from shared.testing.eventually import eventually
from tests.suites.bus_suite import RETRY_DELAYS_S, Reader, consuming, wait_until, withdrawn
from tests.suites.dead_letter_suite import DeadLetterSuite, Place, replay


@pytest.fixture
async def bus(tmp_path: Path) -> AsyncIterator[MemoryBus]:
    bus = MemoryBus(tmp_path / "dead", CollectorRegistry(), retry_delays_s=RETRY_DELAYS_S)
    yield bus
    await bus.close()


@pytest.fixture
def place(bus: MemoryBus, tmp_path: Path) -> Place:
    @asynccontextmanager
    async def store() -> AsyncIterator[DeadLetterFolder]:
        yield DeadLetterFolder(tmp_path / "dead")

    return Place(bus, store)


class TestDeadLetterFolder(DeadLetterSuite):
    """Runs the suite."""


async def test_letters_are_replayed_by_the_process_that_starts_next_and_again_if_that_one_dies(
    place: Place, tmp_path: Path
) -> None:
    """What a replay gave back is on disk until its reader has settled it."""
    await place.bury("a")
    await place.do(replay())
    again = ReplayFile(tmp_path / "dead", SEARCH_ARTICLES)
    dying = MemoryBus(tmp_path / "dead", CollectorRegistry(), retry_delays_s=(60.0,))
    failing = Reader(trouble={"a": ValueError("not yet")})
    async with consuming(dying, failing):
        await wait_until(lambda: failing.count("a"), "it is heard")
    await dying.close()
    assert len(list(again.read())) == 1

    reader = Reader()
    next_one = MemoryBus(tmp_path / "dead", CollectorRegistry(), retry_delays_s=RETRY_DELAYS_S)
    async with consuming(next_one, reader):
        await wait_until(lambda: reader.handled["a"], "it is heard again")

        async def forgotten() -> bool:
            return not again.path.exists()

        await eventually(forgotten, what="it is forgotten")
    await next_one.close()


async def test_a_letter_that_cannot_be_read_any_more_goes_back_to_the_dead(
    bus: MemoryBus, tmp_path: Path
) -> None:
    odd = DeadLetter({"cloudEvents_id": "x"}, b"?")
    ReplayFile(tmp_path / "dead", SEARCH_ARTICLES).append(odd)
    async with consuming(bus, Reader()):

        async def back() -> bool:
            return bus.dead_letters(SEARCH_ARTICLES) == [odd]

        await eventually(back, what="it is a dead letter again")


def test_taking_letters_out_leaves_the_others_and_the_cut_line_as_they_are(tmp_path: Path) -> None:
    file = DeadLetterFile(tmp_path, SEARCH_ARTICLES)
    letters = [DeadLetter(dict(to_headers(withdrawn(name))), name.encode()) for name in "abc"]
    file.append(*letters)
    with file.path.open("ab") as raw:
        raw.write(b'\n{"headers": {"cut o')
    places = [place for place, letter in file.places() if letter.body == b"b"]
    file.remove(set(places))
    assert [letter.body for letter in file.read()] == [b"a", b"c"]
    file.append(letters[1])
    assert [letter.body for letter in file.read()] == [b"a", b"c", b"b"]
    assert b'{"headers": {"cut o\n' in file.path.read_bytes()
