"""What came of managing sources, in lines for people."""

from collections.abc import Iterator

from shared.contracts.http.source_admin import FeedPreview, ImportAnswer, PreviewAnswer

_SHOWN_ROWS = 20


def feed_lines(feed: FeedPreview, *, beside_sample: bool = False) -> Iterator[str]:
    """A feed that was found, with its newest entries and what is wrong with it.

    Args:
        feed: What was found.
        beside_sample: Whether the system that would have it shows a sample newsroom.
    """
    texts = "whole texts" if feed.full_text else "teasers"
    yield f"{feed.title or 'no title'}  ({feed.kind}, {feed.language or 'language unknown'})"
    yield f"  {feed.url}"
    yield f"  {feed.entries} entries, {feed.words} words in a usual one: {texts}"
    for entry in feed.newest:
        when = "no date" if entry.published_at is None else f"{entry.published_at:%Y-%m-%d %H:%MZ}"
        sure = f" {entry.published_certainty}" if entry.published_certainty else ""
        yield f"    {when:<17}{sure:<13} {entry.title[:70]}"
    for problem in feed.problems:
        yield f"  ! {problem}"
    if beside_sample:
        yield "  ! this is the sample newsroom's system: its pages call everything made up, this feed's articles too"


def nothing_found(found: PreviewAnswer) -> list[str]:
    """What each try came to, where there was no feed."""
    return [
        f"{one.url}: {one.outcome.replace('_', ' ')}" + (f" ({one.detail})" if one.detail else "")
        for one in found.tries
    ]


def import_lines(done: ImportAnswer) -> Iterator[str]:
    """What a list came to, the changes row by row."""
    for one in done.added[:_SHOWN_ROWS]:
        yield f"  + {one.name}  ({one.id})"
    for changed in done.changed[:_SHOWN_ROWS]:
        yield f"  ~ {changed.name}  ({changed.id}): {', '.join(changed.fields)}"
    more = max(0, len(done.added) - _SHOWN_ROWS) + max(0, len(done.changed) - _SHOWN_ROWS)
    if more:
        yield f"  ... and {more} more (--json shows all)"
    for row in done.refused:
        yield f"  ! left out: {row.row}: {row.reason}"
    would = "would be " if done.dry_run else ""
    yield (
        f"{would}added {len(done.added)}, changed {len(done.changed)}, unchanged {done.unchanged}, "
        f"left out {len(done.refused)}"
    )
