"""Which hub a feed names, and by which name the hub knows it: WebSub, 4 (discovery)."""

from collections.abc import Sequence
from dataclasses import dataclass

MAX_ADDRESS_CHARS = 1000
"""Longer addresses are no hub's; they would be stored, and sent, for nothing."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a feed offers to those who want to be told.

    Attributes:
        hub: whom to ask.
        topic: the feed's own name for itself, to be asked for.
    """

    hub: str
    topic: str


@dataclass(frozen=True, slots=True)
class Named:
    """What one place, the head of an answer or the feed in it, names.

    Attributes:
        hubs: addresses of hubs, in their order.
        topic: the feed's own address, None where it is not said.
    """

    hubs: Sequence[str] = ()
    topic: str | None = None


def offer_of(head: Named, body: Named, url: str) -> Offer | None:
    """Return what is offered, None where no hub is named.

    The head of the answer goes before the body, as the recommendation has it. Of several hubs the first with TLS is
    taken, since a secret is told to it, else the first.

    Args:
        head: named by Link headers.
        body: named by the feed itself.
        url: the feed's address, which is the topic where the feed does not name itself.
    """
    hubs = [hub for hub in (head.hubs or body.hubs) if len(hub) <= MAX_ADDRESS_CHARS]
    topic = head.topic or body.topic or url
    if not hubs or len(topic) > MAX_ADDRESS_CHARS:
        return None
    return Offer(next((hub for hub in hubs if hub.startswith("https://")), hubs[0]), topic)
