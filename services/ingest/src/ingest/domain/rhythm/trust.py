"""When "not modified" is believed: some servers say it for ever (FreshRSS#1020, commafeed#859, miniflux-legacy#218).

So the whole feed is asked for now and then, and a server that is found out is not asked conditionally again.
"""

from datetime import datetime, timedelta

from ingest.domain.fetching.outcomes import Validators

TRUST_NOT_MODIFIED = timedelta(hours=24)
"""How long "not modified" is believed on end."""

UNCONDITIONAL_SHARE = 0.01
"""Share of polls that ask for the whole feed by chance, as NewsBlur does."""


def validators_to_send(
    known: Validators, read_whole_at: datetime | None, now: datetime, *, chance: float, distrusted: bool
) -> Validators:
    """Return what to ask with: the known validators, or none, to see the feed itself.

    Args:
        known: of the last answer.
        read_whole_at: when the feed itself came last.
        now: the time of the poll.
        chance: a random number from 0 to 1.
        distrusted: whether this source's "not modified" was false before.
    """
    if distrusted or chance < UNCONDITIONAL_SHARE:
        return Validators()
    if read_whole_at is None or now - read_whole_at >= TRUST_NOT_MODIFIED:
        return Validators()
    return known


def validators_after(known: Validators, said: Validators) -> Validators:
    """Return what to remember after a "not modified": what came with it takes the place of what was known.

    The feed is the same, so both validators belong to it, whichever answer brought them (RFC 9110, 15.4.5).
    """
    return Validators(said.etag or known.etag, said.last_modified or known.last_modified, known.body_digest)


def would_have_lied(asked: Validators, known: Validators, answer: Validators, new: int) -> bool:
    """Return whether a server's "not modified" cannot be trusted: new entries, under the validators of old ones.

    Args:
        asked: what was asked with; only a whole answer that nobody made conditional shows anything.
        known: validators of the answer before.
        answer: validators of this one.
        new: new entries in it.
    """
    unconditional = asked == Validators()
    named = (known.etag, known.last_modified)
    same = named != (None, None) and named == (answer.etag, answer.last_modified)
    return unconditional and same and new > 0
