"""Reads the list of sources from OPML: one outline with `xmlUrl` a source, groups hand their attributes down.

Attributes of ours beside OPML's own (text, title, xmlUrl, htmlUrl, language): `id`, `outlet`, `country`, `rights`
(title, excerpt or full), `interval` (seconds between polls), `fullText` (true or false) and `timeZone` (an IANA name).
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, ParseError
from zoneinfo import available_timezones

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from ingest.domain.articles.identity import canonical_url, identity_url, registrable_host
from ingest.domain.decoding.decode import decode
from ingest.domain.fetching.outcomes import UnreadableFeedError
from ingest.domain.sources.source import DEFAULT_RIGHTS, Rights, Source

_INHERITED = ("outlet", "country", "language", "rights", "interval", "fulltext", "timezone")
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
_MAX_INTERVAL_S = 7 * 86_400


class OpmlError(Exception):
    """A list of sources cannot be read at all.

    Attributes:
        file: the file's name.
        line: where it stops being OPML, from 1; None when that is not one place.
        reason: what is wrong there.
    """

    def __init__(self, file: str, line: int | None, reason: str) -> None:
        where = f"{file}, line {line}" if line is not None else file
        super().__init__(f"{where}: {reason}")
        self.file = file
        self.line = line
        self.reason = reason


@dataclass(frozen=True, slots=True)
class RowFault:
    """A row of the list that was left out, and why."""

    row: str
    reason: str


@dataclass(frozen=True, slots=True)
class SourceList:
    """What a list came to: its good rows, and what is wrong with the others."""

    sources: tuple[Source, ...]
    faults: tuple[RowFault, ...]


def parse_opml(data: bytes, file: str) -> SourceList:
    """Read a list of sources; bad rows are reported, the others kept.

    Args:
        data: the file's bytes.
        file: its name, for messages.

    Raises:
        OpmlError: it is not XML, or not OPML.
    """
    root = _root_of(data, file)
    if _local(root.tag) != "opml":
        raise OpmlError(file, None, f"the root element is <{_local(root.tag)}>, not <opml>")
    sources: dict[str, Source] = {}
    addresses: set[str] = set()
    faults: list[RowFault] = []
    for attributes in _outlines(root, {}):
        name = attributes.get("title") or attributes.get("text") or attributes["xmlurl"]
        try:
            source = _source_of(attributes, name)
        except ValueError as error:
            faults.append(RowFault(name, str(error)))
            continue
        address = identity_url(canonical_url(source.url) or source.url)
        if address in addresses or source.id in sources:
            faults.append(RowFault(name, f"a second row with the same address or id ({source.id})"))
            continue
        addresses.add(address)
        sources[source.id] = source
    return SourceList(tuple(sources.values()), tuple(faults))


def _root_of(data: bytes, file: str) -> Element:
    try:
        root: Element = fromstring(data)
    except ParseError as error:
        line, _column = error.position
        return _root_of_mislabelled(data, file, line, str(error))
    except DefusedXmlException as error:
        raise OpmlError(file, None, f"declares entities: {error!r}"[:200]) from error
    except ValueError as error:  # an encoding that the parser does not know
        return _root_of_mislabelled(data, file, 1, str(error))
    return root


def _root_of_mislabelled(data: bytes, file: str, line: int, reason: str) -> Element:
    """Try once more with the encoding that is really there; else the first complaint stands."""
    try:
        root: Element = fromstring(decode(data).text)
    except (ParseError, DefusedXmlException, ValueError, UnreadableFeedError) as error:
        raise OpmlError(file, line, f"not XML: {reason}") from error
    return root


def _local(tag: str) -> str:
    return tag.rsplit("}", 1)[-1].lower()


def _outlines(element: Element, inherited: dict[str, str]) -> Iterator[dict[str, str]]:
    for child in element:
        own = {_local(name): value.strip() for name, value in child.attrib.items() if value.strip()}
        handed_down = {**inherited, **{name: own[name] for name in _INHERITED if name in own}}
        if _local(child.tag) == "outline" and "xmlurl" in own:
            yield {**inherited, **own}
        yield from _outlines(child, handed_down)


def _source_of(attributes: dict[str, str], name: str) -> Source:
    url = attributes["xmlurl"]
    canonical = canonical_url(url)
    if canonical is None:
        raise ValueError(f"xmlUrl is no http or https address: {url[:100]}")
    if "@" in urlsplit(url).netloc:
        raise ValueError("xmlUrl holds a user name; addresses of sources are shown to everybody")
    link = canonical_url(attributes.get("htmlurl", ""))
    outlet = attributes.get("outlet") or registrable_host(link or canonical)
    return Source(
        id=_id_of(attributes.get("id"), canonical, outlet),
        url=url,
        name=" ".join(name.split())[:300],
        outlet=outlet[:200],
        country=_matching(attributes, "country", r"[A-Za-z]{2}", "two letters, such as KG", upper=True),
        language=_matching(
            attributes, "language", r"[A-Za-z]{2}(?:[-_]\w+)?", "a code, such as ky", upper=False
        ),
        rights=_rights(attributes.get("rights")),
        interval_s=_interval(attributes.get("interval")),
        link=link,
        full_text=_flag(attributes.get("fulltext")),
        time_zone=_time_zone(attributes.get("timezone")),
    )


def _id_of(given: str | None, canonical: str, outlet: str) -> str:
    if given is not None:
        if not _ID.fullmatch(given):
            raise ValueError(
                f"id has other than lower-case letters, digits, dots, dashes and underlines: {given[:60]}"
            )
        return given
    slug = re.sub(r"[^a-z0-9]+", "-", outlet.lower()).strip("-")[:60] or "source"
    return f"{slug}-{hashlib.sha256(identity_url(canonical).encode()).hexdigest()[:6]}"


def _matching(
    attributes: dict[str, str], name: str, pattern: str, meaning: str, *, upper: bool
) -> str | None:
    value = attributes.get(name)
    if value is None:
        return None
    if not re.fullmatch(pattern, value):
        raise ValueError(f"{name} is not {meaning}: {value[:20]}")
    return value.upper() if upper else re.split(r"[-_]", value.lower())[0]


def _rights(value: str | None) -> Rights:
    if value is None:
        return DEFAULT_RIGHTS
    for known in get_args(Rights):
        if value.lower() == known:
            rights: Rights = known
            return rights
    raise ValueError(f"rights is none of {', '.join(get_args(Rights))}: {value[:20]}")


def _interval(value: str | None) -> float | None:
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        raise ValueError(f"interval is not a number of seconds: {value[:20]}") from None
    if not 0 < seconds <= _MAX_INTERVAL_S:
        raise ValueError(f"interval is not between 0 and {_MAX_INTERVAL_S} seconds: {value[:20]}")
    return seconds


def _flag(value: str | None) -> bool:
    if value is None or value.lower() == "false":
        return False
    if value.lower() != "true":
        raise ValueError(f"fullText is neither true nor false: {value[:20]}")
    return True


def _time_zone(value: str | None) -> str | None:
    if value is not None and value not in available_timezones():
        raise ValueError(f"timeZone is no IANA name, such as Asia/Bishkek: {value[:40]}")
    return value
