"""What a dead letter says: why, where, how often, first and last time, and the queue it was meant for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from shared.bus.headers import TEXT_MAX, strip_broker_headers
from shared.bus.retry import Bury, Failure, read_failure, write_failure
from shared.contracts.base import format_instant

_log = structlog.get_logger()

_PREFIX = "x-silkwire-dead-"
CAUSE_HEADER = f"{_PREFIX}cause"
REASON_HEADER = f"{_PREFIX}reason"
QUEUE_HEADER = f"{_PREFIX}queue"
SERVICE_HEADER = f"{_PREFIX}service"
LAST_AT_HEADER = f"{_PREFIX}last-failed-at"


@dataclass(frozen=True, slots=True)
class Epitaph:
    """Why an event was given up on.

    Attributes:
        cause: `undecodable`, `unsupported`, `rejected`, `exhausted`, `crash_suspect`, or what the broker says, such
            as `delivery_limit`, when it gave up by itself.
        reason: in words.
        queue: the queue the event was meant for.
        service: who gave up.
        attempts: how often a handler failed on it.
        first_at: when it failed first, RFC 3339.
        last_at: when it failed last, RFC 3339.
    """

    cause: str
    reason: str
    queue: str
    service: str
    attempts: int
    first_at: str | None
    last_at: str | None


def epitaph(fate: Bury, *, queue: str, service: str, at: datetime) -> Epitaph:
    """Return what the dead letter is to say."""
    now = format_instant(at)
    failure = fate.failure
    return Epitaph(fate.cause, fate.reason, queue, service, failure.attempts, failure.first_at or now, now)


def to_headers(headers: Mapping[str, object], said: Epitaph) -> dict[str, object]:
    """Return a message's own headers with the epitaph added and the broker's accounts removed."""
    return {
        **alive(headers),
        **write_failure(Failure(said.attempts, said.first_at)),
        CAUSE_HEADER: said.cause,
        REASON_HEADER: said.reason[:TEXT_MAX],
        QUEUE_HEADER: said.queue,
        SERVICE_HEADER: said.service,
        LAST_AT_HEADER: said.last_at or "",
    }


def alive(headers: Mapping[str, object]) -> dict[str, object]:
    """Return a dead letter's headers as they were before it died, for a replay: no attempts, no epitaph."""
    mine = (_PREFIX, "x-silkwire-attempt", "x-silkwire-first-failed-at")
    return {name: value for name, value in strip_broker_headers(headers).items() if not name.startswith(mine)}


def read(headers: Mapping[str, object], queue: str) -> Epitaph:
    """Read a dead letter's epitaph; one that the broker buried by itself is read from the broker's accounts.

    Args:
        headers: the message's headers.
        queue: the queue whose dead letters it was found in.
    """
    failure = read_failure(headers)
    if CAUSE_HEADER in headers:
        return Epitaph(
            cause=_text(headers, CAUSE_HEADER),
            reason=_text(headers, REASON_HEADER),
            queue=_text(headers, QUEUE_HEADER) or queue,
            service=_text(headers, SERVICE_HEADER),
            attempts=failure.attempts,
            first_at=failure.first_at,
            last_at=_text(headers, LAST_AT_HEADER) or None,
        )
    cause, last_at = _last_death(headers)
    reason = f"the broker gave up ({cause}): its readers kept dying or going away before they settled it"
    return Epitaph(cause, reason, queue, "rabbitmq", failure.attempts, failure.first_at, last_at)


def _last_death(headers: Mapping[str, object]) -> tuple[str, str | None]:
    """Return why and when a message died last, by the broker's accounts; the first death may be a retry's delay."""
    deaths = headers.get("x-death")
    # The broker puts the newest first.
    newest = deaths[0] if isinstance(deaths, list) and deaths and isinstance(deaths[0], dict) else {}
    at = newest.get("time")
    if isinstance(at, datetime):
        last_at = format_instant(at if at.tzinfo is not None else at.replace(tzinfo=UTC))
    else:
        last_at = None
    cause = (
        _text(headers, "x-last-death-reason")
        or _text(newest, "reason")
        or _text(headers, "x-first-death-reason")
        or "unknown"
    )
    return cause, last_at


def log_burial(said: Epitaph, event: object) -> None:
    """Write the one line that says an event was given up on."""
    _log.warning(
        "event_buried",
        queue=said.queue,
        event_id=event,
        cause=said.cause,
        reason=said.reason,
        attempts=said.attempts,
        outcome="buried",
    )


def _text(headers: Mapping[str, object], name: str) -> str:
    value = headers.get(name)
    return value if isinstance(value, str) else ""
