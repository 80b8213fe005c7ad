"""Tells a backlog, which is worked off in large parts, from a flow, which is shown article by article."""

MANY = 400
"""So many articles in what was heard at once mean that far more wait, as the stream tells no more than 500 at once."""

FLOOD_PER_S = 500.0
"""Changes that come faster than this are a backlog that is worked off: nobody writes so much news."""

FLOOD_S = 1.0
"""How long every batch must come faster: a burst is shown before a helping process has started."""

FLOW_PER_S = 400.0
"""Changes a second that a view shows one by one with ease."""

FLOW_S = 1.0
"""How long no more than a flow must have come for a backlog to be over: soon, since what comes meanwhile is shown late."""


class Backlog:
    """What a follower of the record has heard lately, one batch after the other.

    A lone batch of many is no backlog: it is shown before a helping process has started; one of twice as many is. On a
    machine that takes them slowly batch after batch is full; on others they are small, because they are taken as fast as they
    come, so that only how fast that is tells.
    """

    def __init__(self) -> None:
        self._full_before = False
        self._heard_at = 0.0
        self._flood_since: float | None = None
        self._since: float | None = None
        self._articles = 0

    def begins(self, articles: int, now: float) -> bool:
        """Note a batch of a flow; return whether a backlog begins with it.

        Args:
            articles: how many changed.
            now: seconds of a clock that never goes back.
        """
        full, full_before = articles >= MANY, self._full_before
        flood_s = self._flood_s(articles, now)
        begun = articles >= 2 * MANY or (full and full_before) or flood_s >= FLOOD_S
        self._full_before = full and not begun
        if begun:
            self._flood_since = self._since = None
        return begun

    def _flood_s(self, articles: int, now: float) -> float:
        """Note a batch; return for how long each one has come faster than news is written."""
        past_s, self._heard_at = now - self._heard_at, now
        if articles <= FLOOD_PER_S * past_s:
            self._flood_since = None
        elif self._flood_since is None:
            self._flood_since = now
        return 0.0 if self._flood_since is None else now - self._flood_since

    def ends(self, articles: int, now: float) -> bool:
        """Note a batch of a backlog; return whether it is over.

        Args:
            articles: how many changed.
            now: seconds of a clock that never goes back.
        """
        if self._since is None or articles >= MANY:
            self._since, self._articles = now, 0
            return False
        self._articles += articles
        past_s = now - self._since
        if past_s < FLOW_S:
            return False
        over = self._articles < FLOW_PER_S * past_s
        self._since, self._articles = now, 0
        return over
