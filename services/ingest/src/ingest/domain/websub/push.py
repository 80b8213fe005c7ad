"""What a hub's word is worth to the rhythm of a source: its polls may be rare while the hub tells of everything.

A hub is trusted as far as it goes: it must hold a lease, have told lately, and have told of what polls found since.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ingest.domain.websub.subscription import Stage

LATELY = timedelta(hours=24)
"""A hub that has told nothing for so long is not relied upon; a source that is so quiet is asked seldom anyway."""


@dataclass(frozen=True, slots=True)
class Push:
    """A source's subscription, as far as polling and people need to know.

    Attributes:
        hub: who tells.
        topic: what it is asked for.
        stage: as stored.
        live_until: when its lease ends; None without one.
        told_at: when it last told of something; None for never.
        told: how often it has.
        heard: how much of that was known to the last poll that went well.
    """

    hub: str
    topic: str
    stage: Stage = Stage.WANTED
    live_until: datetime | None = None
    told_at: datetime | None = None
    told: int = 0
    heard: int = 0

    @property
    def news(self) -> bool:
        """Whether the hub has told of something that no poll has seen to yet."""
        return self.told > self.heard

    def stage_at(self, now: datetime) -> Stage:
        """Return the stage as it is now: what has run out waits to be verified again."""
        over = self.live_until is None or self.live_until <= now
        return Stage.PENDING if self.stage is Stage.VERIFIED and over else self.stage

    def carries(self, missed_at: datetime | None, now: datetime) -> bool:
        """Return whether the hub can be relied upon to tell of what is new.

        Args:
            missed_at: when a poll last found something of which the hub had not told; None for never.
            now: the present.
        """
        if self.stage_at(now) is not Stage.VERIFIED or self.told_at is None:
            return False
        missed = missed_at is not None and missed_at >= self.told_at
        return not missed and now - self.told_at <= LATELY
