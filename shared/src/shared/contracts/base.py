"""The ground rules of every contract: unknown fields ignored, frozen, times in UTC with a `Z`."""

from datetime import UTC, datetime
from typing import Annotated, ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, PlainSerializer


def format_instant(instant: datetime) -> str:
    """Write an aware instant as RFC 3339 UTC with milliseconds at most and a `Z`."""
    text = instant.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z").replace(".000Z", "Z")


Instant = Annotated[AwareDatetime, PlainSerializer(format_instant, return_type=str, when_used="json")]
"""An aware datetime, said as RFC 3339 UTC with a `Z` (MongoDB keeps milliseconds, so no more are said)."""


class Contract(BaseModel):
    """A shape that crosses a process boundary.

    Readers ignore unknown fields, so that a newer minor version can be read; a field is only ever added as optional.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)


class EventModel(Contract):
    """The body of an event: its type on the wire, and which subject and revision it speaks of."""

    TYPE: ClassVar[str]

    @property
    def event_subject(self) -> str:
        """What the event is about: an article id or a currency pair."""
        raise NotImplementedError

    @property
    def event_rev(self) -> int:
        """The number that grows with every event about the same subject; the highest wins."""
        raise NotImplementedError
