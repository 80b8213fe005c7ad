"""One source from its attributes, as a list of sources or an administrator writes them: every rule about a field.

Names are OPML's, in lower case: `xmlurl`, `htmlurl`, `language`, and ours: `id`, `outlet`, `country`, `rights`,
`interval` (seconds), `fulltext`, `timezone`, `paused`.
"""

import hashlib
import re
from collections.abc import Mapping
from functools import cache
from typing import get_args
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from ingest.domain.articles.identity import canonical_url, identity_url, registrable_host
from ingest.domain.sources.source import DEFAULT_RIGHTS, Rights, Source

FIELDS: Mapping[str, str] = {
    "id": "id",
    "xmlurl": "url",
    "title": "name",
    "text": "name",
    "htmlurl": "link",
    "outlet": "outlet",
    "country": "country",
    "language": "language",
    "rights": "rights",
    "interval": "interval_s",
    "fulltext": "full_text",
    "timezone": "time_zone",
    "paused": "paused",
}
"""Which field of a source an attribute gives."""

MAX_INTERVAL_S = 7 * 86_400
MAX_URL_CHARS = 2000
_MAX_NAME_CHARS = 300
_MAX_OUTLET_CHARS = 200
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
_NOT_SHOWN = re.compile(r"[^\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML cannot hold, and control characters."""


class FieldError(ValueError):
    """An attribute of a source is not what it must be.

    Attributes:
        field: the attribute, as a list of sources spells it.
        reason: what is wrong with it, in words that begin with its name.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


def address_key(url: str) -> str:
    """Return what an address is recognised by: two that differ in scheme or a trailing slash are one feed."""
    return identity_url(canonical_url(url) or url)


def shown(text: str, most: int) -> str:
    """Return a text on one line, without what cannot be shown, of at most so many characters."""
    return " ".join(_NOT_SHOWN.sub(" ", text).split())[:most].rstrip()


def source_of(attributes: Mapping[str, str], name: str) -> Source:
    """Return the source that these attributes describe.

    Args:
        attributes: by lower-case name, none of them empty; `xmlurl` must be there.
        name: what to call it.

    Raises:
        FieldError: one of them is not what it must be.
    """
    url = attributes["xmlurl"]
    canonical = canonical_url(url)
    if canonical is None:
        raise FieldError("xmlUrl", f"xmlUrl is no http or https address: {url[:100]}")
    if len(url) > MAX_URL_CHARS:
        raise FieldError("xmlUrl", f"xmlUrl is longer than {MAX_URL_CHARS} characters")
    if "@" in urlsplit(url).netloc:
        raise FieldError("xmlUrl", "xmlUrl holds a user name; addresses of sources are shown to everybody")
    link = canonical_url(attributes.get("htmlurl", ""))
    outlet = shown(attributes.get("outlet", ""), _MAX_OUTLET_CHARS) or registrable_host(link or canonical)
    return Source(
        id=_id_of(attributes.get("id"), canonical, outlet),
        url=url,
        name=shown(name, _MAX_NAME_CHARS) or outlet,
        outlet=outlet,
        country=_matching(attributes, "country", r"[A-Za-z]{2}", "two letters, such as KG", upper=True),
        language=_matching(
            attributes, "language", r"[A-Za-z]{2}(?:[-_]\w+)?", "a code, such as ky", upper=False
        ),
        rights=_rights(attributes.get("rights")),
        interval_s=_interval(attributes.get("interval")),
        link=link,
        full_text=_flag(attributes, "fullText"),
        time_zone=_time_zone(attributes.get("timezone")),
        paused=_flag(attributes, "paused"),
    )


def _id_of(given: str | None, canonical: str, outlet: str) -> str:
    if given is not None:
        if not _ID.fullmatch(given):
            raise FieldError(
                "id",
                f"id has other than lower-case letters, digits, dots, dashes and underlines: {given[:60]}",
            )
        return given
    slug = re.sub(r"[^a-z0-9]+", "-", outlet.lower()).strip("-")[:60] or "source"
    return f"{slug}-{hashlib.sha256(identity_url(canonical).encode()).hexdigest()[:6]}"


def _matching(
    attributes: Mapping[str, str], name: str, pattern: str, meaning: str, *, upper: bool
) -> str | None:
    value = attributes.get(name)
    if value is None:
        return None
    if not re.fullmatch(pattern, value):
        raise FieldError(name, f"{name} is not {meaning}: {value[:20]}")
    return value.upper() if upper else re.split(r"[-_]", value.lower())[0]


def _rights(value: str | None) -> Rights:
    if value is None:
        return DEFAULT_RIGHTS
    for known in get_args(Rights):
        if value.lower() == known:
            rights: Rights = known
            return rights
    raise FieldError("rights", f"rights is none of {', '.join(get_args(Rights))}: {value[:20]}")


def _interval(value: str | None) -> float | None:
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        raise FieldError("interval", f"interval is not a number of seconds: {value[:20]}") from None
    if not 0 < seconds <= MAX_INTERVAL_S:
        raise FieldError("interval", f"interval is not between 0 and {MAX_INTERVAL_S} seconds: {value[:20]}")
    return seconds


def _flag(attributes: Mapping[str, str], name: str) -> bool:
    value = attributes.get(name.lower())
    if value is None or value.lower() == "false":
        return False
    if value.lower() != "true":
        raise FieldError(name, f"{name} is neither true nor false: {value[:20]}")
    return True


def _time_zone(value: str | None) -> str | None:
    if value is not None and value not in _time_zones():
        raise FieldError("timeZone", f"timeZone is no IANA name, such as Asia/Bishkek: {value[:40]}")
    return value


@cache
def _time_zones() -> frozenset[str]:
    """The names are looked for in the file system, which a long list would do thousands of times."""
    return frozenset(available_timezones())
