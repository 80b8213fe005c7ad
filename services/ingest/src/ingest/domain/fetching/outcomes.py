"""What can come of asking a source: values, because a source that fails is an ordinary day."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why a poll of a source failed: a closed set, shown to the public and used as a metric's label."""

    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    PROTOCOL = "protocol"
    ADDRESS_REFUSED = "address_refused"
    BAD_REDIRECT = "bad_redirect"
    NOT_FOUND = "not_found"
    GONE = "gone"
    FORBIDDEN = "forbidden"
    RATE_LIMITED = "rate_limited"
    ROBOTS = "robots"
    CHALLENGE = "challenge"
    CLIENT_ERROR = "client_error"
    SERVER_ERROR = "server_error"
    TOO_LARGE = "too_large"
    BAD_ENCODING = "bad_encoding"
    EMPTY = "empty"
    HTML = "html"
    NOT_A_FEED = "not_a_feed"
    UNSAFE_XML = "unsafe_xml"
    PARSE_TIMEOUT = "parse_timeout"
    PARSE_MEMORY = "parse_memory"
    PARSE_CRASH = "parse_crash"
    DUPLICATE = "duplicate"
    DEADLINE = "deadline"
    INTERNAL = "internal"


class UnreadableFeedError(Exception):
    """The bytes of a source are not a feed that can be read."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Validators:
    """What a source's last whole answer can be recognised by.

    Attributes:
        etag: its ETag, exactly as sent.
        last_modified: its Last-Modified, exactly as sent.
        body_digest: SHA-256 of its decompressed body, for sources that send neither.
    """

    etag: str | None = None
    last_modified: str | None = None
    body_digest: str | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """A whole answer.

    Attributes:
        url: the address that answered, after redirects.
        body: decompressed bytes.
        content_type: the Content-Type header, if any.
        validators: what to ask with next time.
        wire_bytes: bytes that came over the network.
        moved_to: the address that answered, where every redirect on the way there was a permanent one (301, 308).
        fresh_s: seconds for which caches would give the same answer.
        link: its Link headers, joined by commas; empty where there are none.
    """

    url: str
    body: bytes
    content_type: str | None
    validators: Validators
    wire_bytes: int
    moved_to: str | None = None
    fresh_s: float = 0.0
    link: str = ""


@dataclass(frozen=True, slots=True)
class NotModified:
    """The source says that nothing changed since the validators were given.

    Attributes:
        validators: those that came with the answer; nothing in them was not said.
        moved_to: as in `Fetched`.
        fresh_s: as in `Fetched`.
    """

    validators: Validators = Validators()
    moved_to: str | None = None
    fresh_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Failed:
    """No usable answer.

    Attributes:
        reason: the class of failure.
        detail: what exactly, for the log.
        status: the HTTP status, where there was one.
        retry_after_s: how long the source asks us to stay away.
    """

    reason: Reason
    detail: str
    status: int | None = None
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """What was posted was taken: a status of 2xx, whose body is not read."""


FetchOutcome = Fetched | NotModified | Failed
