"""Reads the list of sources from OPML: one outline with `xmlUrl` a source, groups hand their attributes down.

Attributes of ours beside OPML's own (text, title, xmlUrl, htmlUrl, language): `id`, `outlet`, `country`, `rights`
(title, excerpt or full), `interval` (seconds between polls), `fullText` and `paused` (true or false) and `timeZone` (an
IANA name).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from ingest.domain.decoding.decode import decode
from ingest.domain.fetching.outcomes import UnreadableFeedError
from ingest.domain.sources.rows import FIELDS, FieldError, address_key, source_of
from ingest.domain.sources.source import Source

_INHERITED = ("outlet", "country", "language", "rights", "interval", "fulltext", "timezone", "paused")


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
    """What a list came to: its good rows, and what is wrong with the others.

    Attributes:
        sources: one for each good row, in the list's order.
        faults: the other rows.
        given: by the id of a source, the fields that its row gives; the others have their defaults.
    """

    sources: tuple[Source, ...]
    faults: tuple[RowFault, ...]
    given: Mapping[str, frozenset[str]] = field(default_factory=dict)


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
    given: dict[str, frozenset[str]] = {}
    for attributes in _outlines(root, {}):
        name = attributes.get("title") or attributes.get("text") or attributes["xmlurl"]
        try:
            source = source_of(attributes, name)
        except FieldError as error:
            faults.append(RowFault(name, error.reason))
            continue
        address = address_key(source.url)
        if address in addresses or source.id in sources:
            faults.append(RowFault(name, f"a second row with the same address or id ({source.id})"))
            continue
        addresses.add(address)
        sources[source.id] = source
        given[source.id] = frozenset(FIELDS[one] for one in attributes if one in FIELDS)
    return SourceList(tuple(sources.values()), tuple(faults), given)


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
