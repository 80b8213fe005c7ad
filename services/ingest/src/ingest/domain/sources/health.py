"""How a source does, in words for the people who look after it: its state, and what helps for each kind of failure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from ingest.domain.fetching.outcomes import Reason

State = Literal["active", "paused", "failing", "retired"]

ADVICE: Mapping[Reason, str] = {
    Reason.DNS: "The name of its host is not known; look for a mistake in the address, else wait.",
    Reason.CONNECT: "Its host does not take connections; it may be down, or keep our network out.",
    Reason.TLS: "Its certificate is wrong or incomplete; only the publisher can mend that.",
    Reason.TIMEOUT: "It answers too slowly; wait, and tell the publisher if it stays so.",
    Reason.PROTOCOL: "Its server does not speak HTTP as it should; look at the address and its port.",
    Reason.ADDRESS_REFUSED: "Its address leads to a private network or an unusual port; INGEST_ALLOW_PRIVATE_ADDRESSES allows that.",
    Reason.BAD_REDIRECT: "It redirects to nowhere or in circles; `silkwire sources add` with the site's home page can look for the feed.",
    Reason.NOT_FOUND: "There is nothing at this address now; `silkwire sources add` with the site's home page can look for the feed.",
    Reason.GONE: "The publisher says that this feed is gone for good; look for another one on the site, or remove the source.",
    Reason.FORBIDDEN: "The publisher's server refuses us; ask the publisher to let our User-Agent in.",
    Reason.RATE_LIMITED: "The publisher wants to be asked less often; we wait, and a longer interval helps.",
    Reason.PARSE_TIMEOUT: "Reading its document takes too long, as if it were made to; look at it before you keep the source.",
    Reason.PARSE_MEMORY: "Reading its document takes too much memory, as if it were made to; look at it before you keep the source.",
    Reason.PARSE_CRASH: "Its document ends whatever reads it; that is a fault of ours, please report it with the address.",
    Reason.ROBOTS: "The site's robots.txt keeps us out; only the publisher can change that.",
    Reason.CHALLENGE: "A bot wall stands before the feed; ask the publisher to let our User-Agent through.",
    Reason.CLIENT_ERROR: "The server calls our request wrong; look at the address.",
    Reason.SERVER_ERROR: "The publisher's server has a fault; it mostly passes.",
    Reason.TOO_LARGE: "The feed is larger than we read; ask the publisher for a shorter one.",
    Reason.BAD_ENCODING: "The answer's compression cannot be undone; tell the publisher.",
    Reason.EMPTY: "The address answers with nothing; it mostly passes.",
    Reason.HTML: "The address answers with a web page instead of a feed; `silkwire sources add` can look for the feed in it.",
    Reason.NOT_A_FEED: "The address answers with something that is no feed; `silkwire sources add` can look for one.",
    Reason.UNSAFE_XML: "The feed declares entities that no feed needs, so it is not read; tell the publisher.",
    Reason.DUPLICATE: "It redirects for good to the address of another source, which brings its articles; remove one of the two.",
    Reason.DEADLINE: "Reading it took too long; it is tried again.",
    Reason.INTERNAL: "A fault of ours; the log has it under `source_update_crashed`. Please report it.",
}
"""What each class of failure means and what helps. Public, so nothing of the inside is in it."""


def state_of(*, paused: bool, failing: bool, retired_at: datetime | None) -> State:
    """Return a source's state; what an administrator wanted is told before what happened."""
    if paused:
        return "paused"
    if retired_at is not None:
        return "retired"
    return "failing" if failing else "active"
