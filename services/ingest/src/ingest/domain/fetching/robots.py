"""What follows from asking a site for its robots.txt (RFC 9309, sections 2.3 to 2.5)."""

from typing import Literal

from ingest.domain.fetching.outcomes import Failed, FetchOutcome, Reason

PRODUCT_TOKEN = "Silkwire"  # noqa: S105  a name, not a secret
"""The name under which robots.txt may address us, whatever the whole User-Agent says."""

KEEP_S = 24 * 3600.0
"""How long an answer is used: "crawlers SHOULD NOT use the cached version for more than 24 hours" (2.4)."""

RETRY_S = 600.0
"""How long a site whose robots.txt cannot be had is left alone before it is asked again."""

MAX_BYTES = 500 * 1024
"""How much of the file counts: "the limit MUST be at least 500 kibibytes" (2.5)."""

MAX_CRAWL_DELAY_S = 10.0
"""How long a gap between requests a site may ask for by Crawl-delay, which no standard defines."""

Verdict = Literal["read", "allow", "refuse"]

_NO_FILE = frozenset(
    {
        *(Reason.NOT_FOUND, Reason.GONE, Reason.FORBIDDEN, Reason.CLIENT_ERROR, Reason.CHALLENGE),
        *(Reason.BAD_REDIRECT, Reason.EMPTY),
        Reason.ADDRESS_REFUSED,  # the page is refused for the same reason, in its own name
    }
)


def verdict_on(outcome: FetchOutcome) -> Verdict:
    """Return whether there are rules to read, none at all, or none to be had, so that everything is disallowed.

    A status from 400 to 499 means that there are none (2.3.1.3), except 429, by which a server says that it cannot
    answer now; one from 500, or no answer at all, means "complete disallow" (2.3.1.4).
    """
    if not isinstance(outcome, Failed):
        return "read"
    return "allow" if outcome.reason in _NO_FILE else "refuse"


def readable_part(body: bytes) -> str:
    """Return what counts of a file, ended at a line: half a rule could allow or forbid too much."""
    if len(body) > MAX_BYTES:
        body = body[:MAX_BYTES].rpartition(b"\n")[0]
    return body.decode("utf-8-sig", "replace")
