"""The life of a subscription: wanted -> pending -> verified, again before its lease ends; or denied, and later asked again.

Every change is a `Step` from what is stored; times in it are spans, since moments are the store's, by its own clock.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

LEASE_S = 10 * 86_400.0
"""What hubs are asked for. They decide; most grant it, some give a day, some five."""

MOST_LEASE_S = 14 * 86_400.0
"""A hub that promises more is asked again by then all the same: nobody would notice that it has forgotten us."""

LEAST_ASK_S = 60.0
"""Least time between two requests about one subscription, however short its lease is."""

FIRST_ASK_S = 600.0
"""Within this time a hub must have asked back; then it is asked again, each time after twice the time."""

LONGEST_ASK_S = 86_400.0

DENIED_ASK_S = 7 * 86_400.0
"""A hub that said no is asked again after a week: a publisher may have made up its mind, or paid."""

RENEW_SHARE = 0.8
"""Of a lease's time, after which it is renewed: what is left is for a hub that does not answer at once."""


class Stage(StrEnum):
    """Where a subscription is, as it is stored."""

    WANTED = "wanted"
    PENDING = "pending"
    VERIFIED = "verified"
    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class Subscription:
    """What we and a hub have agreed on about one source.

    Attributes:
        source_id: the source; it has no other subscription.
        token: what makes the callback's address unguessable.
        secret: what the hub signs with; in no log and no answer.
        hub: whom we asked.
        topic: what we asked for.
        stage: where it is.
        asks: requests since the hub last confirmed it.
        version: grows with each change, so that of two at once one is refused.
        ask_at: when the hub is asked (again); None for never.
        live_until: when the lease ends; None while there is none.
    """

    source_id: str
    token: str
    secret: str = field(repr=False)
    hub: str
    topic: str
    stage: Stage = Stage.WANTED
    asks: int = 0
    version: int = 0
    ask_at: datetime | None = None
    live_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of a subscription.

    Attributes:
        stage: where it is from now on.
        asks: requests since the hub last confirmed it.
        ask_after_s: seconds until the hub is asked (again).
        lease_s: seconds for which the hub will tell; None leaves the lease as it is, 0 ends it.
    """

    stage: Stage
    asks: int
    ask_after_s: float
    lease_s: float | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """How long things take between a hub and us, in seconds."""

    lease_s: float = LEASE_S
    most_lease_s: float = MOST_LEASE_S
    least_ask_s: float = LEAST_ASK_S
    first_ask_s: float = FIRST_ASK_S
    longest_ask_s: float = LONGEST_ASK_S
    denied_ask_s: float = DENIED_ASK_S


def asking(known: Subscription, terms: Terms) -> Step:
    """Return what is stored before a hub is asked: hubs may ask back before they have answered.

    It also says when to ask again should nothing come of it, so that a request that is never answered, or a
    replica that dies over it, needs no further word.
    """
    stage = known.stage if known.stage is Stage.VERIFIED else Stage.PENDING
    wait_s = min(terms.first_ask_s * 2.0 ** min(known.asks, 20), terms.longest_ask_s)
    return Step(stage, known.asks + 1, wait_s)


def put_off(known: Subscription, wait_s: float, terms: Terms) -> Step | None:
    """Return what follows from a hub's Retry-After, None where it is asked no earlier anyway.

    Args:
        known: as it was before the hub was asked.
        wait_s: seconds for which it wants to be left alone; a day counts at most.
        terms: how long things take.
    """
    step = asking(known, terms)
    wanted_s = min(wait_s, terms.longest_ask_s)
    return Step(step.stage, step.asks, wanted_s) if wanted_s > step.ask_after_s else None


def confirming(lease_s: float | None, terms: Terms) -> Step:
    """Return what follows when a hub asked back and was told yes.

    Args:
        lease_s: for how long it will tell; None, as hubs of earlier versions have it, counts as what was asked for.
        terms: how long things take.
    """
    granted_s = min(terms.lease_s if lease_s is None else max(lease_s, 1.0), terms.most_lease_s)
    return Step(Stage.VERIFIED, 0, max(granted_s * RENEW_SHARE, terms.least_ask_s), lease_s=granted_s)


def denying(known: Subscription, terms: Terms) -> Step:
    """Return what follows when a hub says no, which it may at any time."""
    return Step(Stage.DENIED, known.asks, terms.denied_ask_s, lease_s=0.0)
