"""From what administrators send to our own terms, and back."""

from ingest.domain.sources.merge import Merge
from ingest.domain.sources.rows import FieldError, source_of
from ingest.domain.sources.source import Source
from shared.contracts.http.problem import FieldFault
from shared.contracts.http.source_admin import (
    ChangedSource,
    ImportAnswer,
    RefusedRow,
    SourceRequest,
    SourceSettings,
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
