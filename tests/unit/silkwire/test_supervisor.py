"""What died is started again; what cannot be healed stops the system; the stop goes layer by layer."""

import asyncio

import pytest

from shared.testing.eventually import eventually
from silkwire.errors import StartError
from silkwire.supervisor import MOST_DELAY_S, Supervisor, next_delay_s


class FakePart:
    """A part that dies when told to."""

    def __init__(self, name: str, diary: list[str]) -> None:
        self.name = name
        self.end: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._diary = diary

    async def start(self) -> None:
        self.end = asyncio.get_running_loop().create_future()
        self._diary.append(f"{self.name} started")

    async def ended(self) -> str:
        return await asyncio.shield(self.end)

    async def stop(self) -> None:
        self._diary.append(f"{self.name} stopped")


async def test_a_part_that_died_is_started_again_and_said_so() -> None:
    diary, said = list[str](), list[str]()
    supervisor, part = Supervisor(said.append), FakePart("search", diary)
    await supervisor.add(part, 1)
    part.end.set_result("killed by SIGKILL")

    async def twice() -> bool:
        return diary.count("search started") == 2

    await eventually(twice)
    await supervisor.stop()
    assert said[0] == "  ! search ended (killed by SIGKILL); it is started again in 0.5 s"


async def test_a_stop_goes_from_the_highest_layer_to_the_lowest() -> None:
    """Services lean on the broker until their last acknowledgement."""
    diary: list[str] = []
    supervisor = Supervisor(diary.append)
    await supervisor.add(FakePart("broker", diary), 1)
    await supervisor.add(FakePart("service", diary), 2)
    await supervisor.stop()
    assert diary[-2:] == ["service stopped", "broker stopped"]


async def test_a_part_that_cannot_be_healed_is_raised_to_whoever_waits() -> None:
    supervisor, part = Supervisor(print), FakePart("search", [])
    await supervisor.add(part, 1)
    part.end.set_exception(StartError("search refuses its settings."))
    with pytest.raises(StartError, match="refuses its settings"):
        await supervisor.failed()
    await supervisor.stop()


def test_the_delay_doubles_up_to_a_bound_and_starts_over_once_the_part_has_settled() -> None:
    delays, last = [], 0.0
    for _ in range(8):
        last = next_delay_s(last, ran_s=1)
        delays.append(last)
    assert delays[:3] == [0.5, 1.0, 2.0]
    assert delays[-1] == MOST_DELAY_S
    assert next_delay_s(MOST_DELAY_S, ran_s=60) == 0.5
