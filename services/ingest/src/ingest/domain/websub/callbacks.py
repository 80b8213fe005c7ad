"""What a hub's calls are worth: WebSub, 5.2 and 5.3 (denial, verification of intent) and 7.1 (signatures)."""

import hmac
from dataclasses import dataclass
from enum import StrEnum

from ingest.domain.websub.subscription import Stage, Subscription

MAX_CHALLENGE_CHARS = 2048

_ALGORITHMS = frozenset({"sha1", "sha256", "sha384", "sha512"})
"""SHA-1 too: the most used hub signs with nothing else, and as HMAC it still holds."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a hub asks back.

    Attributes:
        mode: subscribe, unsubscribe or denied.
        topic: what it is about.
        challenge: to be repeated as a yes.
        lease: seconds for which the hub will tell, as sent.
    """

    mode: str
    topic: str
    challenge: str = ""
    lease: str = ""


class Verdict(StrEnum):
    """What a hub's question comes to."""

    CONFIRM = "confirm"
    DENIED = "denied"
    REFUSE = "refuse"


def judge(known: Subscription, asked: Asked) -> Verdict:
    """Return what a hub's question comes to.

    Yes only to what we asked for, under its very name. A hub that asks again about what it was told is told so again,
    since it may not have heard. Ending a subscription is never asked for (it is left to run out), so never confirmed.
    """
    if asked.topic != known.topic:
        return Verdict.REFUSE
    if asked.mode == "denied":
        return Verdict.DENIED
    wanted = asked.mode == "subscribe" and known.stage in {Stage.PENDING, Stage.VERIFIED}
    sound = 0 < len(asked.challenge) <= MAX_CHALLENGE_CHARS
    return Verdict.CONFIRM if wanted and sound else Verdict.REFUSE


def lease_of(text: str) -> float | None:
    """Return the seconds that a hub grants, None where it names none."""
    return float(text[:9]) if text.isascii() and text.isdecimal() else None


def is_signed(header: str | None, secret: str, body: bytes) -> bool:
    """Return whether a body was signed with a secret: `X-Hub-Signature: sha256=...`; without a header it was not.

    Compared in constant time: an early end would tell how much of a forged signature is right.
    """
    method, _, told = (header or "").strip().partition("=")
    if method.lower() not in _ALGORITHMS:
        return False
    right = hmac.new(secret.encode(), body, method.lower()).hexdigest()
    return hmac.compare_digest(told.strip().lower().encode("utf-8", "replace"), right.encode())
