"""When a permanent redirect is believed, so that a source is asked at its new address from then on.

Not at once: servers say 301 while they are being moved, captive portals say it about everything, and a domain that
was sold says it for ever. The proof is that of lion-reader (redirect-utils.ts, 7 days) with a number of sightings, and
each of them is a poll that found a feed at the end of the way.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

PROOF = timedelta(days=7)
PROOF_POLLS = 10


@dataclass(frozen=True, slots=True)
class Move:
    """A permanent redirect that is being watched.

    Attributes:
        to: where it leads.
        since: when it was first seen, with no poll since that said otherwise.
        polls: how many polls saw it.
    """

    to: str
    since: datetime
    polls: int


def move_after(known: Move | None, moved_to: str | None, now: datetime) -> Move | None:
    """Return what is being watched after a poll that found a feed.

    Args:
        known: what was watched before.
        moved_to: where permanent redirects led to, None where there were none or others among them.
        now: the time of the poll.
    """
    if moved_to is None:
        return None
    if known is None or known.to != moved_to:
        return Move(moved_to, now, 1)
    return Move(known.to, known.since, known.polls + 1)


def is_proven(move: Move, url: str, now: datetime) -> bool:
    """Return whether a move is to be believed.

    Args:
        move: what was seen, this poll included.
        url: the source's present address.
        now: the time of this poll.
    """
    return _only_adds_tls(url, move.to) or (move.polls >= PROOF_POLLS and now - move.since >= PROOF)


def _only_adds_tls(url: str, onward: str) -> bool:
    """The same host and path over https: the certificate is the proof."""
    old, new = urlsplit(url), urlsplit(onward)
    same_place = (old.hostname, old.path or "/", old.query) == (new.hostname, new.path or "/", new.query)
    usual_ports = old.port in {None, 80} and new.port in {None, 443}
    return (old.scheme, new.scheme) == ("http", "https") and same_place and usual_ports
