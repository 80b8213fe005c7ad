"""From the head of an answer to what it means to us."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from ingest.domain.fetching.headers import read_fresh_s, read_retry_after
from ingest.domain.fetching.outcomes import Failed, NotModified, Reason, Validators
from ingest.domain.fetching.walls import wall_of

REPEATED_BY = {"GET": frozenset({301, 302, 303, 307, 308}), "POST": frozenset({307, 308})}
"""Redirects that are followed with the same method: by RFC 9110, 15.4, 301 to 303 may turn a POST into a GET, which no
hub understands."""

_BY_STATUS = {
    401: Reason.FORBIDDEN,
    403: Reason.FORBIDDEN,
    404: Reason.NOT_FOUND,
    410: Reason.GONE,
    429: Reason.RATE_LIMITED,
    451: Reason.FORBIDDEN,
}
_LISTS = frozenset({"cache-control", "content-encoding", "link"})
"""Headers whose repetition adds to them; of others the first one counts."""


def headers_of(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return headers by lower-case name."""
    found: dict[str, str] = {}
    for raw_name, raw_value in raw:
        name, value = raw_name.decode("ascii", "replace").lower(), raw_value.decode("latin-1")
        if name not in found:
            found[name] = value
        elif name in _LISTS:
            found[name] += f", {value}"
    return found


def conditions(validators: Validators) -> dict[str, str]:
    """Return the headers of a conditional request: both validators, as RFC 9110, 13.1.3 has it; none for none."""
    found = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return {name: value for name, value in found.items() if value}


def validators_of(headers: Mapping[str, str], body_digest: str | None = None) -> Validators:
    """Return what an answer can be recognised by."""
    return Validators(headers.get("etag"), headers.get("last-modified"), body_digest)


def not_modified(headers: Mapping[str, str]) -> NotModified:
    """Return what a 304 says."""
    return NotModified(validators_of(headers), fresh_s=read_fresh_s(headers))


def refusal(status: int, headers: Mapping[str, str], beginning: bytes, now: datetime) -> Failed:
    """Sort an answer that is neither 200 nor 304 into the classes that a person would name.

    Args:
        status: HTTP status.
        headers: by lower-case name.
        beginning: of the page that came with it, as far as there is one.
        now: for Retry-After dates.
    """
    retry_after_s = read_retry_after(headers.get("retry-after"), now)
    wall = wall_of(status, headers, beginning)
    if wall is not None:
        return Failed(Reason.CHALLENGE, f"the wall of {wall} with status {status}", status, retry_after_s)
    by_class = Reason.SERVER_ERROR if status >= 500 else Reason.CLIENT_ERROR
    reason = _BY_STATUS.get(status, by_class if status >= 400 else Reason.PROTOCOL)
    return Failed(reason, f"HTTP status {status}", status, retry_after_s)
