"""Tells a backlog, which is worked off in large parts, from a flow, which is shown article by article."""

MANY = 400
"""So many articles in what was heard at once mean that far more wait, as the stream tells no more than 500 at once."""

FLOW_PER_S = 400.0
"""Changes a second that a view shows one by one with ease; nobody writes so much news."""

FLOW_S = 1.0
"""How long more than a flow must come for it to be a backlog, and no more than one for the backlog to be over: soon, since what
comes meanwhile is shown late."""


class Backlog:
    """What a follower of the record has heard lately, one batch after the other.

    A lone batch of many is no backlog: it is shown before a helping process has started; one of twice as many is. On a
    machine that takes them slowly batch after batch is full; on others they are small, because they are taken as fast as they
    come, so that only how many come in a second tells.
    """

    def __init__(self) -> None:
        self._full_before = False
        self._since: float | None = None
        self._articles = 0

    def begins(self, articles: int, now: float) -> bool:
        """Note a batch of a flow; return whether a backlog begins with it.

        Args:
            articles: how many changed.
            now: seconds of a clock that never goes back.
        """
        if not articles:
            self._since = None
        full, full_before = articles >= MANY, self._full_before
        begun = articles >= 2 * MANY or (full and full_before) or self._is_flow(articles, now) is False
        self._full_before = full and not begun
        if begun:
            self._since = None
        return begun

    def ends(self, articles: int, now: float) -> bool:
        """Note a batch of a backlog; return whether it is over.

        Args:
            articles: how many changed.
            now: seconds of a clock that never goes back.
        """
        if articles >= MANY:
            self._since = None
        over = self._is_flow(articles, now) is True
        if over:
            self._since = None
        return over

    def _is_flow(self, articles: int, now: float) -> bool | None:
        """Note a batch; return whether no more than a flow has come for a while, None before such a while has passed."""
        if self._since is None:
            self._since, self._articles = now, 0
            return None
        self._articles += articles
        past_s = now - self._since
        if past_s < FLOW_S:
            return None
        is_flow = self._articles < FLOW_PER_S * past_s
        self._since, self._articles = now, 0
        return is_flow
