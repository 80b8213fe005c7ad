"""When so many events die that the fault is hardly theirs: pure rules, the same on every bus.

normal ── over half of the last 200 died within 60 s ──▶ paused, 30 s ──▶ alone: one event at a time
   ▲                                                        ▲              │ over half of 20 died: once more
   └────────────────── 20 in a row were handled ────────────┴──────────────┘

A release that rejects everything would else turn a whole queue into dead letters within a minute or two.
"""

from dataclasses import dataclass, field, replace
from typing import Literal

Outcome = Literal["ok", "retried", "buried"]
"""What became of an event."""

Pace = Literal["normal", "paused", "alone"]
"""How to go on: in batches, not now, or one event at a time."""


@dataclass(frozen=True, slots=True)
class FloodLimits:
    """When dead letters are a flood, and when it is over.

    Attributes:
        window: how many of the last events are looked at; a flood is when over half of them died.
        within_s: the deaths that count are those of the last so many seconds.
        pause_s: how long nothing is handled then, in seconds.
        recover_after: how many events in a row must be handled, one at a time, until all is well; when over half of so
            many die instead, there is another pause.
    """

    window: int = 200
    within_s: float = 60.0
    pause_s: float = 30.0
    recover_after: int = 20


@dataclass(frozen=True, slots=True)
class Flood:
    """What is known of the last events of one consumer.

    Attributes:
        limits: the rule's numbers.
        settled: events settled while the pace was normal.
        deaths: of the last deaths, which event by number it was, and when.
        paused_until: when the pause ends, in seconds of a monotonic clock; None at the normal pace.
        alone: events settled one at a time since then, or since they were last judged.
        died: how many of these died.
        in_a_row: how many of the last of these were handled.
    """

    limits: FloodLimits = field(default_factory=FloodLimits)
    settled: int = 0
    deaths: tuple[tuple[int, float], ...] = ()
    paused_until: float | None = None
    alone: int = 0
    died: int = 0
    in_a_row: int = 0

    def pace(self, at: float) -> Pace:
        """Return how to go on at a moment, in seconds of a monotonic clock."""
        if self.paused_until is None:
            return "normal"
        return "paused" if at < self.paused_until else "alone"

    def record(self, outcome: Outcome, at: float) -> "Flood":
        """Return what is known after one more event was settled.

        Args:
            outcome: what became of it.
            at: when, in seconds of a monotonic clock.
        """
        pace = self.pace(at)
        if pace == "normal":
            return self._in_company(outcome, at)
        # What was already in hand when the pause began says nothing new.
        return self if pace == "paused" else self._one_at_a_time(outcome, at)

    def _in_company(self, outcome: Outcome, at: float) -> "Flood":
        number = self.settled + 1
        deaths = (*self.deaths, (number, at)) if outcome == "buried" else self.deaths
        oldest, since = number - self.limits.window, at - self.limits.within_s
        deaths = tuple(death for death in deaths if death[0] > oldest and death[1] > since)
        if len(deaths) * 2 > self.limits.window:
            return Flood(self.limits, paused_until=at + self.limits.pause_s)
        return replace(self, settled=number, deaths=deaths)

    def _one_at_a_time(self, outcome: Outcome, at: float) -> "Flood":
        alone, died = self.alone + 1, self.died + (outcome == "buried")
        in_a_row = self.in_a_row + 1 if outcome == "ok" else 0
        if in_a_row >= self.limits.recover_after:
            return Flood(self.limits)
        if alone < self.limits.recover_after:
            return replace(self, alone=alone, died=died, in_a_row=in_a_row)
        if died * 2 > alone:
            return Flood(self.limits, paused_until=at + self.limits.pause_s)
        return replace(self, alone=0, died=0, in_a_row=in_a_row)
