"""What a channel delivered and we have in hand: messages, and their acknowledgement, many at once where it says the same.

The library's own messages and consumers are passed by: they cost two tasks and a wait for each delivery.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiormq.abc import AbstractChannel, DeliveredMessage


@dataclass(eq=False, slots=True)
class Message:
    """A message as the broker delivered it.

    Attributes:
        headers: what it says of itself; whoever put it on the broker may have said anything.
        body: the rest.
        redelivered: whether the broker had delivered it before.
        tag: its number among the deliveries of its channel, from 1 on without a gap.
        hand: whose channel it came through.
        settled: whether it was acknowledged.
    """

    headers: Mapping[str, object]
    body: bytes
    redelivered: bool
    tag: int
    hand: "Hand"
    settled: bool = False


class Hand:
    """The deliveries of one channel, each of which is acknowledged once; one task at a time may do so.

    Attributes:
        channel: the library's channel below the one that `Link` opens.
    """

    def __init__(self, channel: AbstractChannel) -> None:
        self.channel = channel
        self._settled_to = 0
        self._settled: set[int] = set()

    @property
    def lost(self) -> bool:
        """Whether the channel is closed: then nothing can be acknowledged, and the broker delivers again."""
        return self.channel.is_closed

    def take(self, delivered: DeliveredMessage) -> Message:
        """Return what was delivered."""
        return Message(
            delivered.header.properties.headers or {},
            delivered.body,
            bool(delivered.redelivered),
            delivered.delivery_tag or 0,
            self,
        )

    async def acknowledge(self, messages: Sequence[Message]) -> None:
        """Acknowledge messages of this hand; return once that has left for the broker.

        One acknowledgement speaks for all where every delivery up to the last of them is settled. Any other delivery
        is left as it is.
        """
        tags = sorted(message.tag for message in messages)
        self._settled.update(tags)
        while self._settled_to + 1 in self._settled:
            self._settled_to += 1
            self._settled.remove(self._settled_to)
        for_all = self._settled_to >= tags[-1]
        if not for_all:
            for tag in tags[:-1]:
                await self.channel.basic_ack(tag, wait=False)
        await self.channel.basic_ack(tags[-1], multiple=for_all)
        for message in messages:
            message.settled = True
