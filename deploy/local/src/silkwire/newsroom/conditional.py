"""Answers with validators: 304 when what the client has is what there is (RFC 9110, section 13)."""

import hashlib
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from starlette.requests import Request
from starlette.responses import Response


def answer(request: Request, body: bytes, media_type: str, changed_at: datetime) -> Response:
    """Return the body with ETag and Last-Modified, or 304 without it.

    Args:
        request: whose If-None-Match counts, and without that its If-Modified-Since.
        body: the whole answer.
        media_type: with its charset.
        changed_at: when it last changed; aware UTC, whole seconds.
    """
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {
        "ETag": etag,
        "Last-Modified": format_datetime(changed_at.astimezone(UTC), usegmt=True),
        "Cache-Control": "no-cache",
    }
    if _is_current(request, etag, changed_at):
        return Response(status_code=304, headers=headers)
    return Response(body, headers={**headers, "Content-Type": media_type})


def _is_current(request: Request, etag: str, changed_at: datetime) -> bool:
    known = request.headers.get("if-none-match")
    if known is not None:
        tags = {tag.strip().removeprefix("W/") for tag in known.split(",")}
        return "*" in tags or etag in tags
    since = request.headers.get("if-modified-since")
    if since is None:
        return False
    try:
        seen_at = parsedate_to_datetime(since)
    except ValueError:
        return False
    return seen_at.tzinfo is not None and changed_at <= seen_at
