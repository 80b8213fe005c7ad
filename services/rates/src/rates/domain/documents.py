"""Reads bytes into XML elements, JSON and dates, naming every way in which status 200 is not success."""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable
from datetime import date
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from rates.domain.tables import DocumentRefusedError, Reason

_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body)[\s>]", re.IGNORECASE)
_BOM = b"\xef\xbb\xbf"
_DOTTED = re.compile(r"([0-9]{2})\.([0-9]{2})\.([0-9]{4}|[0-9]{2})")
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")


def read_xml(raw: bytes, roots: Collection[str]) -> Element:
    """Return the root element; the bytes' own declaration decides the encoding.

    Raises:
        DocumentRefusedError: empty, HTML, not well formed, with a DTD or entities, or another root than `roots`.
    """
    _refuse_non_documents(raw)
    try:
        # Comments and instructions are kept, so that a row that hides something in one can be told (text_of).
        builder = TreeBuilder(insert_comments=True, insert_pis=True)
        parser = ElementTree.XMLParser(target=builder, forbid_dtd=True)
        parser.feed(raw)
        root: Element = parser.close()
    except DefusedXmlException as error:
        raise DocumentRefusedError(Reason.FORBIDDEN_XML, "declares a DTD or entities") from error
    except (ParseError, ValueError, LookupError) as error:
        raise DocumentRefusedError(Reason.MALFORMED, f"not well-formed XML: {error}") from error
    if root.tag not in roots:
        raise DocumentRefusedError(Reason.WRONG_SHAPE, f"root is <{str(root.tag)[:40]}>")
    return root


def read_json(raw: bytes) -> Any:
    """Return the decoded JSON; numbers with a point stay text, since money is never a float.

    Raises:
        DocumentRefusedError: empty, HTML, or not JSON.
    """
    _refuse_non_documents(raw)
    try:
        return json.loads(raw.removeprefix(_BOM), parse_float=str, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise DocumentRefusedError(Reason.MALFORMED, f"not JSON: {error}") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object; json's own way takes the last of two values for one key and says nothing."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _refuse_non_documents(raw: bytes) -> None:
    body = raw.removeprefix(_BOM).strip()
    if not body:
        raise DocumentRefusedError(Reason.EMPTY, "nothing in it")
    if _HTML.search(body[:2048]):
        raise DocumentRefusedError(Reason.HTML, "an HTML page in place of rates")


def text_of(element: Element, name: str) -> str | None:
    """Return the text of the child called `name`; None where there is none, more than one, or anything between fields.

    A text goes on after a child: of `87<b/>,45` only `87` would be read. And what hides the end of one row and the
    beginning of the next in a comment, or makes a text of it, gives one currency the number of another.
    """
    found = element.findall(name)
    if len(found) != 1 or len(found[0]) > 0 or not _only_fields(element):
        return None
    return found[0].text or ""


def _only_fields(element: Element) -> bool:
    between = (element.text, *(child.tail for child in element))
    return all(isinstance(child.tag, str) for child in element) and not any(
        text.strip() for text in between if text
    )


def dotted_date(text: str | None) -> date | None:
    """Read `DD.MM.YYYY` or `DD.MM.YY` (of this century); None when it is neither."""
    match = _DOTTED.fullmatch((text or "").strip())
    if match is None:
        return None
    day, month, year = (int(part) for part in match.groups())
    return _date(year if year > 99 else 2000 + year, month, day)


def iso_date(text: str | None) -> date | None:
    """Read `YYYY-MM-DD`; None when it is not that."""
    match = _ISO.fullmatch((text or "").strip())
    return None if match is None else _date(*(int(part) for part in match.groups()))


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def require_date(found: date | None, printed: str | None) -> date:
    """Return the date, which a document must have.

    Raises:
        DocumentRefusedError: it has none that can be read.
    """
    if found is None:
        raise DocumentRefusedError(Reason.BAD_DATE, f"its date reads {(printed or '')[:40]!r}")
    return found


def usual_date(days: Iterable[date | None]) -> date:
    """Return the date of most rows: rows of dead currencies keep the years-old day they were last fixed on.

    Raises:
        DocumentRefusedError: no row has a date that can be read.
    """
    counts = Counter(day for day in days if day is not None)
    if not counts:
        raise DocumentRefusedError(Reason.BAD_DATE, "no row has a date that can be read")
    return max(counts, key=lambda day: (counts[day], day))
