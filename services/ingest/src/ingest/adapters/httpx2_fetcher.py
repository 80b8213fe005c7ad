"""The one function that fetches feeds: conditional, bounded in time and bytes, honest about who asks.

There must be no second one: whatever a source can name, an address, a redirect, goes through the same guard.
"""

import asyncio
import hashlib
import ssl
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

import httpcore2
import httpx2

from ingest.adapters.getaddrinfo_names import NameUnknownError
from ingest.adapters.httpcore2_guard import AddressRefusedError, GuardedBackend, GuardedTransport, Names
from ingest.domain.decoding.inflate import BodyError, Inflater
from ingest.domain.fetching.outcomes import Failed, Fetched, FetchOutcome, NotModified, Reason, Validators
from shared.clock import Clock

MAX_REDIRECTS = 5
DEADLINE_S = 20.0
CONNECT_S = 5.0
MAX_WIRE_BYTES = 5 * 1024 * 1024
MAX_PLAIN_BYTES = 15 * 1024 * 1024
PER_HOST = 2
"""Requests under way to one host at a time."""

_ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.5"
)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BY_STATUS = {
    401: Reason.FORBIDDEN,
    403: Reason.FORBIDDEN,
    404: Reason.NOT_FOUND,
    410: Reason.GONE,
    429: Reason.RATE_LIMITED,
    451: Reason.FORBIDDEN,
}


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of anything one fetch may take: seconds in all and to connect, bytes before and after decompression."""

    deadline_s: float = DEADLINE_S
    connect_s: float = CONNECT_S
    max_wire_bytes: int = MAX_WIRE_BYTES
    max_plain_bytes: int = MAX_PLAIN_BYTES


class Httpx2Fetcher:
    """Fetches feeds over HTTP; one for the whole process, closed at its end.

    Args:
        names: finds out where hosts are.
        clock: for Retry-After dates.
        user_agent: who we say we are.
        allow_private: True lets sources live on private addresses and any port.
        concurrency: most connections at once.
        limits: bounds of one fetch.
        network: opens the connections that the guard allows.
    """

    def __init__(
        self,
        names: Names,
        *,
        clock: Clock,
        user_agent: str,
        allow_private: bool = False,
        concurrency: int = 32,
        limits: Limits | None = None,
        network: httpcore2.AsyncNetworkBackend | None = None,
    ) -> None:
        self._clock = clock
        self._limits = limits or Limits()
        self._hosts: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(PER_HOST))
        self._client = httpx2.AsyncClient(
            transport=GuardedTransport(
                GuardedBackend(names, allow_private=allow_private, network=network),
                max_connections=concurrency,
            ),
            timeout=httpx2.Timeout(self._limits.deadline_s, connect=self._limits.connect_s),
            headers={"User-Agent": user_agent, "Accept": _ACCEPT, "Accept-Encoding": "gzip"},
            follow_redirects=False,
            trust_env=False,
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def fetch(self, url: str, validators: Validators) -> FetchOutcome:
        """Return the answer to a conditional GET, or why there is none; raises nothing for a source's faults.

        Args:
            url: address of the feed.
            validators: of the last whole answer; empty ones ask unconditionally.
        """
        try:
            async with self._hosts[_host_of(url)], asyncio.timeout(self._limits.deadline_s):
                return await self._follow(url, validators)
        except Exception as error:  # noqa: BLE001  whatever a source does to us is that source's failure, as a value
            return _failure_of(error, self._limits)

    async def _follow(self, url: str, validators: Validators) -> FetchOutcome:
        seen = {url}
        for _ in range(MAX_REDIRECTS + 1):
            outcome = await self._ask(url, validators)
            if not isinstance(outcome, str):
                return outcome
            if outcome in seen:
                return Failed(Reason.BAD_REDIRECT, f"redirects go round at {outcome[:200]}")
            if urlsplit(url).scheme == "https" and urlsplit(outcome).scheme != "https":
                return Failed(Reason.BAD_REDIRECT, f"from https down to {outcome[:200]}")
            seen.add(outcome)
            url = outcome
        return Failed(Reason.BAD_REDIRECT, f"more than {MAX_REDIRECTS} redirects")

    async def _ask(self, url: str, validators: Validators) -> FetchOutcome | str:
        """Ask one address; a redirect comes back as the address it names."""
        headers = _conditions(validators)
        async with self._client.stream("GET", url, headers=headers) as answer:
            status = answer.status_code
            if status in _REDIRECTS and "location" in answer.headers:
                return urljoin(url, answer.headers["location"])
            if status == httpx2.codes.NOT_MODIFIED and headers:
                return NotModified()
            if status != httpx2.codes.OK:
                return self._refused(status, answer.headers)
            inflater = Inflater(
                answer.headers.get("content-encoding"),
                max_wire_bytes=self._limits.max_wire_bytes,
                max_plain_bytes=self._limits.max_plain_bytes,
            )
            async for chunk in answer.aiter_raw():
                inflater.feed(chunk)
            body = inflater.finish()
            return Fetched(
                url=url,
                body=body,
                content_type=answer.headers.get("content-type"),
                validators=Validators(
                    etag=answer.headers.get("etag"),
                    last_modified=answer.headers.get("last-modified"),
                    body_digest=hashlib.sha256(body).hexdigest(),
                ),
                wire_bytes=inflater.wire_bytes,
            )

    def _refused(self, status: int, headers: Mapping[str, str]) -> Failed:
        by_class = Reason.SERVER_ERROR if status >= 500 else Reason.CLIENT_ERROR
        reason = _BY_STATUS.get(status, by_class if status >= 400 else Reason.PROTOCOL)
        retry_after_s = read_retry_after(headers.get("retry-after"), self._clock.now())
        return Failed(reason, f"HTTP status {status}", status, retry_after_s)


def read_retry_after(value: str | None, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header asks for, given as seconds or as a date; None for nonsense."""
    text = (value or "").strip()
    if text.isdecimal():
        return float(text[:9])
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, IndexError):
        return None
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return max(0.0, (at - now).total_seconds())


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""


def _conditions(validators: Validators) -> dict[str, str]:
    found = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return {name: value for name, value in found.items() if value}


def _failure_of(error: Exception, limits: Limits) -> Failed:
    """Sort what went wrong into the classes that a person would name."""
    if isinstance(error, BodyError):
        return Failed(error.reason, error.detail)
    if isinstance(error, AddressRefusedError):
        return Failed(Reason.ADDRESS_REFUSED, error.detail)
    if isinstance(error, NameUnknownError):
        return Failed(Reason.DNS, str(error)[:200])
    if isinstance(error, TimeoutError | httpcore2.TimeoutException | httpx2.TimeoutException):
        return Failed(
            Reason.TIMEOUT, f"no whole answer within {limits.deadline_s:g} s ({type(error).__name__})"
        )
    return Failed(_network_reason(error), f"{type(error).__name__}: {error}"[:200])


def _network_reason(error: BaseException) -> Reason:
    if isinstance(error, httpx2.InvalidURL | httpx2.UnsupportedProtocol | httpcore2.UnsupportedProtocol):
        return Reason.BAD_REDIRECT
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return Reason.TLS
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpcore2.NetworkError | httpx2.NetworkError | OSError):
        return Reason.CONNECT
    if isinstance(error, httpcore2.ProtocolError | httpx2.ProtocolError):
        return Reason.PROTOCOL
    return Reason.INTERNAL
