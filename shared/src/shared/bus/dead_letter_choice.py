"""Which dead letters are meant: what one says about itself, and the filters (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.bus import dead_letters
from shared.bus.dead_letters import Epitaph


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter as it was found.

    Attributes:
        key: tells it from the others of the same walk.
        queue: the work queue among whose dead letters it was found.
        headers: its message's headers, epitaph included.
        body: its body, as it is.
        message_id: the broker's own name for it; stands in for the id of a message that has none.
    """

    key: int
    queue: str
    headers: Mapping[str, object]
    body: bytes
    message_id: str | None = None

    @property
    def id(self) -> str:
        """The event's id, else the message's; empty when it has neither."""
        return self._attribute("id") or self.message_id or ""

    @property
    def type(self) -> str:
        """The event's type; empty when it has none."""
        return self._attribute("type")

    @property
    def subject(self) -> str:
        """What the event is about; empty when it does not say."""
        return self._attribute("subject")

    @property
    def said(self) -> Epitaph:
        """Why, where and how often."""
        return dead_letters.read(self.headers, self.queue)

    @property
    def died_at(self) -> datetime | None:
        """When it was given up on, aware UTC; None when nothing tells."""
        return _instant(self.said.last_at)

    def _attribute(self, name: str) -> str:
        value = self.headers.get(f"cloudEvents_{name}")
        return value if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True)
class Choice:
    """Filters; a letter must pass all of them. What is not given lets everything pass.

    Attributes:
        ids: beginnings of ids, any of which will do.
        types: event types, any of which will do.
        causes: causes, any of which will do.
        reason: part of the reason, in any case.
        older_than: least time since it was given up on. A letter whose time is unknown passes neither this nor the next.
        newer_than: most time since it was given up on.
    """

    ids: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    reason: str = ""
    older_than: timedelta | None = None
    newer_than: timedelta | None = None

    @property
    def open(self) -> bool:
        """Whether it lets everything pass."""
        return self == Choice()

    def takes(self, letter: Letter, now: datetime) -> bool:
        """Return whether a letter is meant.

        Args:
            letter: the letter.
            now: aware UTC.
        """
        said = letter.said
        return (
            (not self.ids or letter.id.startswith(self.ids))
            and (not self.types or letter.type in self.types)
            and (not self.causes or said.cause in self.causes)
            and self.reason.casefold() in said.reason.casefold()
            and self._in_time(_instant(said.last_at), now)
        )

    def _in_time(self, died_at: datetime | None, now: datetime) -> bool:
        if self.older_than is None and self.newer_than is None:
            return True
        if died_at is None:
            return False
        age = now - died_at
        return (self.older_than is None or age >= self.older_than) and (
            self.newer_than is None or age <= self.newer_than
        )


def _instant(text: str | None) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text or "")
        return instant.astimezone(UTC) if instant.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
