"""What a reader of the live stream is told, and the pure rule for its place in the stream.

The stream gives each event an offset. A reader remembers the last one it has passed; whatever happens to the broker,
it goes on right after that. Its place is checked, not believed: an offset that the stream has forgotten, or never
had, is said.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal

from shared.contracts.base import EventModel
from shared.contracts.catalogue import LIVE, QUEUES
from shared.contracts.envelope import Envelope, UndecodableEventError, open_envelope

LiveStart = Literal["first", "next"] | int
"""Where to begin: at the oldest event kept, with what is published from now on, or right after an offset."""

LIVE_REPEATS = 20_000
"""How many event ids are remembered to drop repeats, about 5 MB.

A publisher that is unsure publishes again after its timeout (10 s), or leaves that to the next holder of its lease
(15 s): at the 500 events a second of an outbox that drains, 20,000 events cover 40 s.
"""

Lapse = Literal["expired", "unknown"]
"""Why a place is lost. `expired`: the stream no longer has what came next. `unknown`: this stream never had that
offset, or has another event there; it was made anew, or the offset is not one of ours."""


@dataclass(frozen=True, slots=True)
class LiveReady:
    """The place is taken: from here on nothing is missed, also when the broker goes away before the next event.

    Attributes:
        after: everything after this offset follows; -1 before the very first event of a stream, None when what
            follows begins with the oldest event kept.
    """

    after: int | None


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """One event.

    Attributes:
        offset: its place; a later event has a higher one, not always by one.
        envelope: the event as it travelled; its type is one that the stream supports.
        event: the event itself.
    """

    offset: int
    envelope: Envelope
    event: EventModel


@dataclass(frozen=True, slots=True)
class LiveReset:
    """What was asked for is gone; reading goes on with the oldest event kept, as if it had begun there.

    Attributes:
        after: the offset after which reading was to go on.
        lapse: why it cannot.
    """

    after: int
    lapse: Lapse


@dataclass(frozen=True, slots=True)
class LiveLost:
    """The stream cannot be read just now. The reader keeps trying; `LiveReady` says that it reads again."""

    reason: str


LiveItem = LiveReady | LiveEvent | LiveReset | LiveLost


def open_live(offset: int, envelope: Envelope) -> LiveEvent:
    """Open an event of the stream.

    Raises:
        UndecodableEventError: the stream does not support its type, or its body does not keep to the contract.
    """
    if envelope.type not in QUEUES[LIVE]:
        raise UndecodableEventError(f"{LIVE} does not support the type {envelope.type}")
    return LiveEvent(offset, envelope, open_envelope(envelope))


def check_start(start: LiveStart) -> None:
    """Refuse a start that is none.

    Raises:
        ValueError: a negative offset other than -1.
    """
    if isinstance(start, int) and start < -1:
        raise ValueError(f"not an offset of the live stream: {start}")


class Repeats:
    """The ids of the last events, so that a repeat is seen; its size is constant.

    Args:
        most: how many ids are remembered.
    """

    def __init__(self, most: int = LIVE_REPEATS) -> None:
        self._most = most
        self._ids: dict[str, None] = {}

    def has(self, event_id: str) -> bool:
        """Return whether the id was here before, and remember it."""
        if event_id in self._ids:
            return True
        self._ids[event_id] = None
        if len(self._ids) > self._most:
            del self._ids[next(iter(self._ids))]
        return False

    def clear(self) -> None:
        """Forget all."""
        self._ids.clear()


class Verdict(Enum):
    """What is to be done with a message of the stream."""

    PASSED = auto()
    NEW = auto()
    REPEAT = auto()
    EXPIRED = auto()
    UNKNOWN = auto()


class Place:
    """Where one reader is in the stream. Pure: it is told what the stream delivers and says what that means.

    Args:
        after: the offset after which to go on; None for the oldest event kept, -1 for the very first.

    Attributes:
        after: the last offset passed.
        sure: whether what was delivered shows that nothing is missing between `after` and what comes.
    """

    def __init__(self, after: int | None) -> None:
        self.after = after
        self.sure = False
        self._event_id: str | None = None
        self._repeats = Repeats()
        self._met = True

    def deliver_again(self) -> None:
        """Say that deliveries begin anew, at or before `after`; the place must show itself once more."""
        # Before an offset of 0 and at the oldest event kept there is nothing that could be looked for.
        self.sure = self.after is None or self.after < 0
        self._met = False

    def begin_anew(self) -> None:
        """Go to the oldest event kept; whoever was told of the reset has forgotten what it had."""
        self.after = None
        self._event_id = None
        self._repeats.clear()
        self.deliver_again()

    def skip(self, offset: int, event_id: str | None) -> None:
        """Pass over a message that is older than what is wanted."""
        self._pass(offset, event_id)
        self.sure = True

    def judge(self, offset: int, event_id: str | None) -> Verdict:
        """Say what the next message of the stream is to this reader, and pass it.

        Args:
            offset: the message's offset.
            event_id: the event's id; None when it cannot be read.
        """
        first, self._met = not self._met, True
        if self.after is None or offset > self.after:
            # Offsets have holes where the broker keeps accounts of its own, so only the first delivery, which is
            # the oldest event kept when it is not at or before our place, shows that something is missing.
            if self.after is not None and first and offset > self.after + 1:
                return Verdict.EXPIRED
            # Deliveries began before our place, and where the event was that we passed there is none now.
            if not first and not self.sure and self._event_id is not None:
                return Verdict.UNKNOWN
            self.sure = True
            return Verdict.REPEAT if self._pass(offset, event_id) else Verdict.NEW
        if offset == self.after:
            if self._event_id is not None and self._event_id != event_id:
                return Verdict.UNKNOWN
            self.sure = True
        if event_id is not None:
            self._repeats.has(event_id)
        return Verdict.PASSED

    def _pass(self, offset: int, event_id: str | None) -> bool:
        self.after, self._event_id = offset, event_id
        return event_id is not None and self._repeats.has(event_id)
