"""From what is raised on the way to a server to the classes that a person would name."""

import ssl

import httpcore2
import httpx2

from ingest.adapters.getaddrinfo_names import NameUnknownError
from ingest.adapters.httpcore2_guard import AddressRefusedError
from ingest.domain.decoding.inflate import BodyError
from ingest.domain.fetching.outcomes import Failed, Reason


def failure_of(error: Exception, deadline_s: float) -> Failed:
    """Return the failure that an error stands for.

    Args:
        error: whatever was raised.
        deadline_s: of the fetch, for the detail.
    """
    if isinstance(error, BodyError):
        return Failed(error.reason, error.detail)
    if isinstance(error, AddressRefusedError):
        return Failed(Reason.ADDRESS_REFUSED, error.detail)
    if isinstance(error, NameUnknownError):
        return Failed(Reason.DNS, str(error)[:200])
    if isinstance(error, TimeoutError | httpcore2.TimeoutException):
        return Failed(Reason.TIMEOUT, f"no whole answer within {deadline_s:g} s ({type(error).__name__})")
    return Failed(_network_reason(error), f"{type(error).__name__}: {error}"[:200])


def _network_reason(error: BaseException) -> Reason:
    if isinstance(error, httpx2.InvalidURL | httpcore2.UnsupportedProtocol):
        return Reason.BAD_REDIRECT
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return Reason.TLS
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpcore2.NetworkError | OSError):
        return Reason.CONNECT
    if isinstance(error, httpcore2.ProtocolError):
        return Reason.PROTOCOL
    return Reason.INTERNAL
