"""Where hosts are, as asked of the operating system."""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from ingest.adapters.getaddrinfo_names import Addresses, GetaddrinfoNames, NameUnknownError
from ingest.pipeline.threads import BackgroundThreads


class Counted:
    """Runs nothing in a thread: answers with what it was told, in turn."""

    def __init__(self, *answers: Addresses) -> None:
        self.answers = list(answers)

    async def __call__(self, _work: Callable[[], Addresses]) -> Addresses:
        await asyncio.sleep(0)
        return self.answers.pop(0)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:DB8::1", "2001:db8::1"),
        ("127.1", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
    ],
)
async def test_an_address_is_its_own_answer_in_whatever_notation(host: str, expected: str) -> None:
    """Whoever relies on the guard: it judges addresses, so no notation may hide one."""
    assert await GetaddrinfoNames(BackgroundThreads(1).run).addresses(host) == (expected,)


async def test_an_answer_is_used_again_for_a_while() -> None:
    names = GetaddrinfoNames(Counted(("192.0.2.1",)))
    answers: list[Sequence[str]] = [await names.addresses("a.kg") for _ in range(3)]
    assert answers == [("192.0.2.1",)] * 3


async def test_a_name_without_an_address_is_asked_for_once_for_a_while() -> None:
    names = GetaddrinfoNames(Counted(()))
    for _ in range(2):
        with pytest.raises(NameUnknownError, match="has no address"):
            await names.addresses("nowhere.kg")


async def test_dns_that_hangs_is_given_up_and_holds_up_nobody_for_long() -> None:
    """Everybody else who waits for a thread."""
    never = asyncio.Event()

    async def hang(_work: Callable[[], Addresses]) -> Addresses:
        await never.wait()
        return ()

    with pytest.raises(NameUnknownError, match="no answer of DNS"):
        await GetaddrinfoNames(hang, deadline_s=0.05).addresses("slow.kg")
