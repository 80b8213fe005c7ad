"""Which revisions a view has shown lately: it need not be searched for what it was given a moment ago."""

from collections.abc import Iterable, Mapping

REMEMBERED = 10_000


class ShownRevisions:
    """What was applied last, within a bound. One thread writes, any may read.

    Args:
        most: so many articles are remembered; those longest ago are forgotten first.
    """

    def __init__(self, most: int = REMEMBERED) -> None:
        self._most = most
        self._revisions: dict[str, int | None] = {}

    def note(self, revisions: Mapping[str, int | None]) -> None:
        """Remember what has just become visible; None for an article that cannot be found any more."""
        known = self._revisions
        for article_id, rev in revisions.items():
            known.pop(article_id, None)
            known[article_id] = rev
        while len(known) > self._most:
            del known[next(iter(known))]

    def forget(self) -> None:
        """Remember nothing: what the view shows is about to change otherwise, or is not known for sure."""
        self._revisions = {}

    def among(self, ids: Iterable[str]) -> dict[str, int | None]:
        """Return what is remembered of some articles."""
        known = self._revisions
        unknown = -1
        found = {article_id: known.get(article_id, unknown) for article_id in ids}
        return {article_id: rev for article_id, rev in found.items() if rev != unknown}
