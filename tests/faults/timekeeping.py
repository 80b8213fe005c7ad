"""What feeds print as times, how often they were asked, and what of either is amiss in the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from typing import Any

from tests.faults.origin import Feed, Origin, dated
from tests.faults.report import Figure
from tests.faults.rig import INGEST, SEARCH, Rig

KINDS = 7
"""Kinds of dates; each feed prints them in turn."""

OLDEST = datetime(1990, 1, 1, tzinfo=UTC)
SEEN_WITHIN = timedelta(seconds=20)
"""From the answer to the writing of what it held, on a busy machine."""

_TIMES = ("url", "published_at", "first_seen_at", "updated_at")


class Calendar:
    """What the feeds print as publication times: right ones of today and of old, fast ones, and nonsense.

    Args:
        feeds: among how many the items are shared out, one by one.
    """

    def __init__(self, feeds: int) -> None:
        self._feeds = feeds
        self._printed: dict[int, str] = {}

    def __call__(self, item: int) -> str:
        """Return what is printed for an item; always the same."""
        return self._printed.setdefault(item, self._print(item))

    def _print(self, item: int) -> str:
        now = datetime.now(UTC)
        kinds = (
            lambda: dated(item),
            lambda: format_datetime(now),
            lambda: format_datetime(now + timedelta(minutes=5)),
            lambda: "Thu, 01 Jan 1970 00:00:00 GMT",
            lambda: "Thu, 31 Dec 2099 23:59:59 GMT",
            lambda: "31.13.2026 27:81",
            lambda: "",
        )
        return kinds[item // self._feeds % KINDS]()

    def believed(self, item: int) -> bool:
        """Tell whether the time printed for an item is the right one."""
        return item // self._feeds % KINDS < 2


@dataclass(frozen=True, slots=True)
class Gaps:
    """Times between the fetches of one source, in seconds.

    Attributes:
        doubled: fetches that began while another one was under way.
        shortest_s: between an answer and the next fetch.
        longest_s: from one fetch to the next.
    """

    doubled: int
    shortest_s: float
    longest_s: float

    @classmethod
    def of(cls, feeds: Sequence[Feed], since: float, until: float) -> "Gaps":
        """Measure those of fetches that began within a time.

        Args:
            feeds: with what was asked of them.
            since: by the monotonic clock, in seconds.
            until: as `since`.
        """
        pairs = [
            pair
            for feed in feeds
            for pair in pairwise(sorted(feed.asks, key=lambda ask: ask.began))
            if since <= pair[1].began < until
        ]
        return cls(
            doubled=sum(other.began < one.ended for one, other in pairs),
            shortest_s=min(other.began - one.ended for one, other in pairs),
            longest_s=max(other.began - one.began for one, other in pairs),
        )


async def dates_amiss(rig: Rig, origin: Origin, calendar: Calendar) -> tuple[Figure, ...]:
    """Count times in the record that no reader should see."""
    shown = await rig.database.read(SEARCH, "articles", *_TIMES)
    now = datetime.now(UTC)
    first_seen, published, updated = 0, 0, 0
    for article in shown:
        item = int(article["url"].rpartition("/")[2])
        seen_at = origin.seen_at[item]
        late = article["first_seen_at"] - seen_at
        first_seen += not timedelta(seconds=-1) <= late <= SEEN_WITHIN
        published += not _is_right(article, item, calendar)
        updated += bool(article.get("updated_at")) and not seen_at <= article["updated_at"] <= now
    return (
        Figure("articles first seen at another time than they were", first_seen, at_most=0),
        Figure("articles published at another time than printed or first seen", published, at_most=0),
        Figure("articles changed in the future, or before they were seen", updated, at_most=0),
    )


def _is_right(article: dict[str, Any], item: int, calendar: Calendar) -> bool:
    published, first_seen = article["published_at"], article["first_seen_at"]
    if calendar.believed(item):
        printed = datetime.strptime(calendar(item), "%a, %d %b %Y %H:%M:%S %z")
        return bool(published == min(printed, first_seen))
    return bool(OLDEST <= published == first_seen)


async def learnt_amiss(rig: Rig, origin: Origin) -> tuple[Figure, ...]:
    """Count what was learnt of the sources from clocks that were wrong."""
    sources = await rig.database.read(INGEST, "sources", "url", "state")
    offsets = [offset for one in sources for offset in one["state"].get("clock_offsets_s", ())]
    moved = {origin.address(number) for number in range(len(origin.feeds))} - {one["url"] for one in sources}
    return (
        Figure("clocks of sources taken to be wrong", sum(abs(one) > 600 for one in offsets), at_most=0),
        Figure("permanent redirects believed before their week was over", len(moved), at_most=0),
    )
