"""Writes a list of sources as OPML, so that reading it gives the same sources again (domain/sources/opml.py)."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ingest.domain.sources.source import Source


def write_opml(sources: Sequence[Source], title: str) -> bytes:
    """Return an OPML 2.0 document in UTF-8, one row a source, in the given order.

    Args:
        sources: what to write; as they were read or stored.
        title: what the list is called.
    """
    root = Element("opml", version="2.0")
    SubElement(SubElement(root, "head"), "title").text = title
    body = SubElement(root, "body")
    for source in sources:
        SubElement(body, "outline", _attributes(source))
    indent(root)
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _attributes(source: Source) -> dict[str, str]:
    """Return what is said of a source; rights always, since a reader's own default may be another."""
    said = {
        "type": "rss",
        "text": source.name,
        "title": source.name,
        "xmlUrl": source.url,
        "htmlUrl": source.link,
        "id": source.id,
        "outlet": source.outlet,
        "country": source.country,
        "language": source.language,
        "rights": source.rights,
        "interval": None if source.interval_s is None else repr(source.interval_s).removesuffix(".0"),
        "fullText": "true" if source.full_text else None,
        "timeZone": source.time_zone,
        "paused": "true" if source.paused else None,
    }
    return {name: value for name, value in said.items() if value is not None}
