"""The envelope around every event: CloudEvents 1.0 attributes, carried as AMQP headers `cloudEvents_*`.

Source of the names: CloudEvents 1.0.2, AMQP protocol binding, binary content mode.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import ValidationError

from shared.contracts.base import EventModel, format_instant
from shared.contracts.catalogue import CATALOGUE

SPEC_VERSION = "1.0"
CONTENT_TYPE = "application/json"
MAX_BODY_BYTES = 768 * 1024
"""Largest body a publisher may send; ingest cuts longer texts and says so."""

_PREFIX = "cloudEvents_"
_REQUIRED = ("specversion", "id", "type", "source", "subject", "time")


class UndecodableEventError(Exception):
    """An event's headers or body do not keep to the contract; trying again cannot help."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnknownEventTypeError(UndecodableEventError):
    """No such event type, or a major version that this reader does not know."""

    def __init__(self, type_: str) -> None:
        super().__init__(f"unknown event type or major version: {type_}")
        self.type = type_


@dataclass(frozen=True, slots=True)
class Envelope:
    """One event as it travels: attributes beside an undecoded JSON body.

    `id` is the same for every repeat of the event, so a reader may drop repeats by it. `time` is aware UTC.
    """

    id: str
    type: str
    source: str
    subject: str
    time: datetime
    data: bytes
    traceparent: str | None = None


def event_id(type_: str, subject: str, rev: int) -> str:
    """Return the event's id: 64 hex digits, equal for every repeat of the same fact."""
    return hashlib.sha256(f"{type_}\n{subject}\n{rev}".encode()).hexdigest()


def seal(model: EventModel, *, source: str, at: datetime, traceparent: str | None = None) -> Envelope:
    """Put an event into its envelope.

    Args:
        model: the event.
        source: the service that says it, such as `/silkwire/ingest`.
        at: when the fact came to be, aware UTC.
        traceparent: W3C trace context to hand on.
    """
    return Envelope(
        id=event_id(model.TYPE, model.event_subject, model.event_rev),
        type=model.TYPE,
        source=source,
        subject=model.event_subject,
        time=at.astimezone(UTC),
        data=model.model_dump_json(exclude_none=False).encode(),
        traceparent=traceparent,
    )


def open_envelope(envelope: Envelope) -> EventModel:
    """Return the event inside.

    Raises:
        UnknownEventTypeError: the type, or its major version, is not in the catalogue.
        UndecodableEventError: the body is not JSON or does not keep to the contract; names the first faults.
    """
    row = CATALOGUE.get(envelope.type)
    if row is None:
        raise UnknownEventTypeError(envelope.type)
    try:
        return row.model.model_validate_json(envelope.data)
    except ValidationError as error:
        raise UndecodableEventError(_first_faults(error)) from error


def _first_faults(error: ValidationError) -> str:
    faults = error.errors(include_url=False, include_input=False, include_context=False)
    shown = "; ".join(f"{'.'.join(map(str, fault['loc'])) or 'body'}: {fault['msg']}" for fault in faults[:3])
    return shown if len(faults) <= 3 else f"{shown}; and {len(faults) - 3} more"


def to_headers(envelope: Envelope) -> dict[str, str]:
    """Return the envelope's attributes as AMQP headers."""
    headers = {
        "specversion": SPEC_VERSION,
        "id": envelope.id,
        "type": envelope.type,
        "source": envelope.source,
        "subject": envelope.subject,
        "time": format_instant(envelope.time),
    }
    if envelope.traceparent is not None:
        headers["traceparent"] = envelope.traceparent
    return {_PREFIX + name: value for name, value in headers.items()}


def from_headers(headers: Mapping[str, object], body: bytes) -> Envelope:
    """Read an envelope from AMQP headers and body; the body stays undecoded.

    Raises:
        UndecodableEventError: an attribute is missing or is not text, the version or the time cannot be read.
    """
    values: dict[str, str] = {}
    for name in _REQUIRED:
        value = headers.get(_PREFIX + name)
        if not isinstance(value, str) or not value:
            raise UndecodableEventError(f"header {_PREFIX}{name} is missing or is not text")
        values[name] = value
    if values["specversion"] != SPEC_VERSION:
        raise UndecodableEventError(f"CloudEvents version {values['specversion']} is not {SPEC_VERSION}")
    trace = headers.get(_PREFIX + "traceparent")
    return Envelope(
        id=values["id"],
        type=values["type"],
        source=values["source"],
        subject=values["subject"],
        time=_read_time(values["time"]),
        data=body,
        traceparent=trace if isinstance(trace, str) else None,
    )


def _read_time(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise UndecodableEventError(f"header {_PREFIX}time is not RFC 3339: {text[:40]}") from error
    if instant.tzinfo is None:
        raise UndecodableEventError(f"header {_PREFIX}time has no zone: {text[:40]}")
    try:
        return instant.astimezone(UTC)
    except OverflowError as error:
        raise UndecodableEventError(f"header {_PREFIX}time is out of range: {text[:40]}") from error
