"""What a feed looks like to somebody who thinks of adding it: its newest entries, how much text it has, what is wrong."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median_low

from ingest.domain.articles.normalise import Candidate, Normalised
from ingest.domain.dates.reading import FAST_CLOCK
from ingest.domain.parsing.entries import RawFeed

NEWEST = 5
WHOLE_TEXT_WORDS = 150
"""A usual entry of so many words is more than a teaser; news of the region that are whole have 200 and more."""

SILENT_FOR = timedelta(days=60)
_MAX_WHY = 3


@dataclass(frozen=True, slots=True)
class Preview:
    """A feed that was found and read.

    Attributes:
        url: the address that answered.
        title: the feed's own.
        kind: dialect.
        language: as declared, else that of its entries.
        link: the page that it belongs to.
        entries: how many can be articles.
        newest: some of them, the newest first; those without a date last.
        words: of a usual entry's text (median).
        problems: what is not as it should be, in words.
    """

    url: str
    title: str
    kind: str
    language: str | None
    link: str | None
    entries: int
    newest: tuple[Candidate, ...]
    words: int
    problems: tuple[str, ...]

    @property
    def full_text(self) -> bool:
        """Whether the feed itself seems to carry whole texts."""
        return self.words >= WHOLE_TEXT_WORDS


@dataclass(frozen=True, slots=True)
class Tried:
    """An address that was asked: `feed`, `page`, or the class of its failure, and what exactly."""

    url: str
    outcome: str
    detail: str = ""


@dataclass(slots=True)
class Discovered:
    """What was found behind an address.

    Attributes:
        feeds: the likeliest first.
        tries: everything that was asked, in order.
    """

    feeds: list[Preview] = field(default_factory=list)
    tries: list[Tried] = field(default_factory=list)


def preview(feed: RawFeed, read: Normalised, url: str, now: datetime) -> Preview:
    """Return what a feed looks like.

    Args:
        feed: as parsed.
        read: what its entries came to.
        url: the address that answered.
        now: tells old from new; aware UTC.
    """
    found = read.candidates
    newest = sorted(
        found, key=lambda one: one.published.at.timestamp() if one.published else 0.0, reverse=True
    )
    languages = Counter(one.language for one in found if one.language)
    declared = feed.language.split("-")[0].lower() if feed.language else None
    return Preview(
        url=url,
        title=" ".join(feed.title.split())[:300],
        kind=feed.kind,
        language=languages.most_common(1)[0][0] if languages else declared,
        link=feed.link,
        entries=len(found),
        newest=tuple(newest[:NEWEST]),
        words=median_low([len(one.text.split()) for one in found]) if found else 0,
        problems=tuple(_problems(feed, read, now)),
    )


def _problems(feed: RawFeed, read: Normalised, now: datetime) -> list[str]:
    found = read.candidates
    dates = [one.published for one in found if one.published is not None]
    said: list[str] = []
    if feed.flaw is not None:
        said.append(f"it is not well formed, but can be read: {feed.flaw[:100]}")
    if not found:
        said.append("it has no entries that can be articles")
    for why, count in Counter(read.unusable).most_common(_MAX_WHY):
        said.append(f"{count} of its entries are left out: {why}")
    if len(dates) < len(found):
        said.append(f"{len(found) - len(dates)} of {len(found)} entries have no date that can be read")
    if any(date.certainty == "zone_assumed" for date in dates):
        said.append(
            "its dates name no time zone; its country's is assumed, or UTC without one, unless a time zone is set"
        )
    ahead = sum(date.at > now + FAST_CLOCK for date in dates)
    if ahead:
        said.append(f"{ahead} of {len(found)} entries are dated later than now")
    if dates and all(date.certainty == "day_only" for date in dates):
        said.append("its dates are days without a time")
    if dates and max(date.at for date in dates) < now - SILENT_FOR:
        said.append("it has had nothing new for two months")
    return said
