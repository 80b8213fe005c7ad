"""Where a redirect may lead: to http or https, not down from https, not in circles, five times at most."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from ingest.domain.fetching.outcomes import Failed, Reason

MAX_REDIRECTS = 5


@dataclass(frozen=True, slots=True)
class Redirect:
    """An answer that names another address.

    Attributes:
        location: the address as it was written, perhaps relative.
        permanent: whether it says that this is for good (301, 308).
    """

    location: str
    permanent: bool


def next_address(path: Sequence[str], redirect: Redirect) -> str | Failed:
    """Return where to ask next, or why not.

    Args:
        path: the addresses asked so far, the first one first.
        redirect: the last one's answer.
    """
    if len(path) > MAX_REDIRECTS:
        return Failed(Reason.BAD_REDIRECT, f"more than {MAX_REDIRECTS} redirects")
    try:
        onward = urljoin(path[-1], redirect.location)
        scheme = urlsplit(onward).scheme
    except ValueError:
        return Failed(Reason.BAD_REDIRECT, f"to {redirect.location[:200]}, which is no address")
    if onward in path:
        return Failed(Reason.BAD_REDIRECT, f"redirects go round at {onward[:200]}")
    if scheme not in {"http", "https"}:
        return Failed(Reason.BAD_REDIRECT, f"to {onward[:200]}, which is not on the web")
    if scheme == "http" and urlsplit(path[-1]).scheme == "https":
        return Failed(Reason.BAD_REDIRECT, f"from https down to {onward[:200]}")
    return onward
