"""What a hand of deliveries tells the broker: each delivery is acknowledged once, and none that is not settled."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.bus.hand import Hand, Message


class Account:
    """A channel as the broker keeps account of it: acknowledging what it does not expect is a fault, as there."""

    def __init__(self, delivered: int) -> None:
        self.is_closed = False
        self.open = set(range(1, delivered + 1))
        self.frames = 0

    async def basic_ack(self, delivery_tag: int, multiple: bool = False, wait: bool = True) -> None:
        del wait
        assert delivery_tag in self.open, "unknown delivery tag"
        self.frames += 1
        self.open -= {tag for tag in self.open if tag <= delivery_tag} if multiple else {delivery_tag}


def in_hand(delivered: int) -> tuple[Account, list[Message]]:
    account = Account(delivered)
    hand = Hand(account)  # type: ignore[arg-type]  # what acknowledging needs of a channel
    return account, [
        Message({}, b"", redelivered=False, tag=tag, hand=hand) for tag in range(1, delivered + 1)
    ]


async def settle(messages: Sequence[Message]) -> None:
    await messages[0].hand.acknowledge(messages)


async def test_a_batch_is_acknowledged_at_once_when_nothing_before_it_is_left() -> None:
    account, messages = in_hand(5)
    await settle(messages[:2])
    await settle(messages[2:4])
    assert (account.open, account.frames) == ({5}, 2)
    assert [message.settled for message in messages] == [True] * 4 + [False]


async def test_a_delivery_that_is_left_is_not_acknowledged_with_those_after_it() -> None:
    """It was neither handled nor sent on, so it would be lost."""
    account, messages = in_hand(5)
    await settle(messages[1:4])
    assert account.open == {1, 5}
    await settle([messages[0]])
    await settle([messages[4]])
    assert not account.open


@pytest.mark.parametrize("first", [0, 1], ids=["the first came", "the first never came to us"])
async def test_a_delivery_that_we_never_saw_is_not_acknowledged(first: int) -> None:
    account, messages = in_hand(4)
    await settle(messages[first:])
    assert account.open == set(range(1, first + 1))


@given(st.lists(st.integers(0, 4), min_size=12, max_size=12))
def test_whatever_is_settled_in_whatever_order_exactly_that_is_acknowledged(batches: list[int]) -> None:
    account, messages = in_hand(len(batches))
    settled: set[int] = set()
    for number in range(5):
        batch = [message for message, its in zip(messages, batches, strict=True) if its == number]
        if batch:
            asyncio.run(settle(batch))
            settled |= {message.tag for message in batch}
        assert account.open == {message.tag for message in messages} - settled
