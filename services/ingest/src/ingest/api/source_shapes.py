"""From what administrators send to our own terms, and back."""

from collections.abc import Mapping

from ingest.domain.articles.normalise import Candidate
from ingest.domain.sources.merge import Merge
from ingest.domain.sources.preview import Discovered, Preview
from ingest.domain.sources.rows import FieldError, address_key, source_of
from ingest.domain.sources.source import Source
from shared.contracts.http.problem import FieldFault
from shared.contracts.http.source_admin import (
    ChangedSource,
    EntryPreview,
    FeedPreview,
    ImportAnswer,
    PreviewAnswer,
    RefusedRow,
    SourceRequest,
    SourceSettings,
    Try,
)
from shared.web import HTTPProblem

_ATTRIBUTES = {
    "id": "id",
    "xmlUrl": "url",
    "outlet": "outlet",
    "country": "country",
    "language": "language",
    "rights": "rights",
    "interval": "interval_s",
    "htmlUrl": "link",
    "fullText": "full_text",
    "timeZone": "time_zone",
    "paused": "paused",
}
"""What a field of a request is called in a list of sources, whose rules hold for both."""


def source_from(request: SourceRequest) -> Source:
    """Return the source that a request describes.

    Raises:
        HTTPProblem: 422 that names the field.
    """
    attributes = {
        attribute.lower(): _written(value)
        for attribute, field in _ATTRIBUTES.items()
        if (value := getattr(request, field)) not in {None, ""}
    }
    attributes.setdefault("xmlurl", "")
    try:
        return source_of(attributes, request.name or "")
    except FieldError as error:
        field = _ATTRIBUTES[error.field]
        reason = error.reason.removeprefix(error.field).strip()
        raise HTTPProblem(
            422,
            "invalid-parameter",
            "Invalid parameter",
            f"{field} {reason}",
            errors=[FieldFault(name=field, message=reason)],
        ) from error


def _written(value: str | float | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.strip() if isinstance(value, str) else repr(value)


def settings_of(source: Source) -> SourceSettings:
    """Return a source as it is told to administrators."""
    return SourceSettings(
        url=source.url,
        id=source.id,
        name=source.name,
        outlet=source.outlet,
        country=source.country,
        language=source.language,
        rights=source.rights,
        interval_s=source.interval_s,
        link=source.link,
        full_text=source.full_text,
        time_zone=source.time_zone,
        paused=source.paused,
    )


def import_answer(done: Merge, *, dry_run: bool) -> ImportAnswer:
    """Return what a list came to."""
    return ImportAnswer(
        dry_run=dry_run,
        added=[settings_of(one) for one in done.added],
        changed=[
            ChangedSource(id=one.after.id, name=one.after.name, fields=list(one.fields))
            for one in done.changed
        ],
        unchanged=len(done.unchanged),
        refused=[RefusedRow(row=one.row, reason=one.reason) for one in done.refused],
    )


def preview_answer(url: str, found: Discovered, owners: Mapping[str, str]) -> PreviewAnswer:
    """Return what was found behind an address.

    Args:
        url: the address.
        found: what was found.
        owners: which source has which address.
    """
    return PreviewAnswer(
        url=url,
        feeds=[_feed(one, owners.get(address_key(one.url))) for one in found.feeds],
        tries=[Try(url=one.url, outcome=one.outcome, detail=one.detail) for one in found.tries],
    )


def _feed(feed: Preview, source_id: str | None) -> FeedPreview:
    return FeedPreview(
        url=feed.url,
        title=feed.title,
        kind=feed.kind,
        language=feed.language,
        link=feed.link,
        entries=feed.entries,
        newest=[_entry(one) for one in feed.newest],
        words=feed.words,
        full_text=feed.full_text,
        problems=list(feed.problems),
        source_id=source_id,
    )


def _entry(entry: Candidate) -> EntryPreview:
    date = entry.published
    return EntryPreview(
        title=entry.title,
        url=entry.url,
        published_at=None if date is None else date.at,
        published_certainty=None if date is None else date.certainty,
    )
