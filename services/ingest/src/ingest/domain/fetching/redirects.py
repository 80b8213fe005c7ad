"""Where a redirect may lead: to http or https, not down from https, not in circles, five times at most."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from ingest.domain.fetching.outcomes import Failed, Reason

MAX_REDIRECTS = 5
MAX_ADDRESS_CHARS = 4000
"""As long as an address may be that we are sent to: it may become a source's own, and stands in logs."""


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
        onward = _bare(urljoin(path[-1], _as_written(redirect.location)))
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


def _as_written(location: str) -> str:
    """Return a Location with the letters that it has, where a server sent them as bare UTF-8: headers are read as Latin-1."""
    try:
        return location.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return location


def _bare(address: str) -> str:
    """Return an address without its login, which is not used and would be shown to everybody, and without its fragment.

    Raises:
        ValueError: it is none, or far too long for one.
    """
    if len(address) > MAX_ADDRESS_CHARS:
        raise ValueError(address[:100])
    parts = urlsplit(address)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()
