"""One pace for each host: seconds between the starts of two requests, however many feeds and pages a host has.

The scheduler sees to it that a host that hangs holds up nobody else; this sees to it that nobody overruns a host.
"""

from dataclasses import dataclass

MAX_GAP_S = 30.0
"""However often a host says that we ask too much, its next request starts within half a minute of the one before."""

MAX_PAUSE_S = 900.0
"""Longest time for which a whole host is left alone on one feed's word; the feed itself waits as long as it was told."""

FIRST_SLOW_GAP_S = 2.0
MOST_HOSTS = 10_000


@dataclass(slots=True)
class _Host:
    """When a host may be asked next, the gap now, and the gap that it goes back to; in seconds of a steady clock."""

    next_at: float
    gap_s: float
    least_gap_s: float


class Turns:
    """Who may ask which host when; time is passed in, so this waits for nobody.

    Args:
        gap_s: seconds between the starts of two requests to a host.
    """

    def __init__(self, gap_s: float) -> None:
        self._gap_s = gap_s
        self._hosts: dict[str, _Host] = {}

    def take(self, host: str, now: float, patience_s: float) -> tuple[bool, float]:
        """Return whether there is a turn within `patience_s`, and how many seconds it is away; a turn is taken.

        Args:
            host: whom to ask.
            now: seconds of a steady clock.
            patience_s: the longest acceptable wait.
        """
        known = self._known(host, now)
        wait_s = max(0.0, known.next_at - now)
        if wait_s > patience_s:
            return False, wait_s
        known.next_at = now + wait_s + known.gap_s
        return True, wait_s

    def slow_down(self, host: str, now: float, pause_s: float | None) -> None:
        """Double a host's gap, after it said that we ask too much, and leave it alone for as long as it says.

        Args:
            host: who said so.
            now: seconds of a steady clock.
            pause_s: its Retry-After, if any.
        """
        known = self._known(host, now)
        known.gap_s = min(max(known.gap_s * 2, FIRST_SLOW_GAP_S), MAX_GAP_S)
        known.next_at = max(known.next_at, now + known.gap_s, now + min(pause_s or 0.0, MAX_PAUSE_S))

    def ease(self, host: str) -> None:
        """Go half the way back to the usual gap, after an answer."""
        known = self._hosts.get(host)
        if known is not None and known.gap_s > known.least_gap_s:
            eased = known.gap_s / 2
            known.gap_s = known.least_gap_s if eased < FIRST_SLOW_GAP_S else max(eased, known.least_gap_s)

    def keep_gap(self, host: str, now: float, gap_s: float) -> None:
        """Set the gap that a host itself asks for, where it is longer than ours."""
        known = self._known(host, now)
        known.least_gap_s = min(max(gap_s, self._gap_s), MAX_GAP_S)
        known.gap_s = max(known.gap_s, known.least_gap_s)
        known.next_at = max(known.next_at, now + known.least_gap_s)

    def _known(self, host: str, now: float) -> _Host:
        known = self._hosts.get(host)
        if known is None:
            if len(self._hosts) >= MOST_HOSTS:
                self._forget(now)
            known = self._hosts[host] = _Host(now, self._gap_s, self._gap_s)
        return known

    def _forget(self, now: float) -> None:
        """Drop hosts that need no waiting for; all of them where that is not enough."""
        waited_for = {host: one for host, one in self._hosts.items() if one.next_at > now}
        self._hosts = waited_for if len(waited_for) < MOST_HOSTS else {}
