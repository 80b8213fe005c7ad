"""National Bank of Kazakhstan: two XML shapes, `<rates>` by date and `<rss>` for the latest; KZT per quant."""

from datetime import date
from xml.etree.ElementTree import Element

from rates.domain.documents import dotted_date, read_xml, require_date, text_of, usual_date
from rates.domain.tables import DocumentRefusedError, NoData, RawRow, Reading, Reason, make_table

WANTED = ("USD",)


def parse(raw: bytes) -> Reading:
    """Read either shape; the root's name tells which it is.

    Raises:
        DocumentRefusedError: the document cannot be believed.
    """
    root = read_xml(raw, ("rates", "rss"))
    return _by_date(root) if root.tag == "rates" else _rss(root)


def _by_date(root: Element) -> Reading:
    items = root.findall("item")
    info = root.find("info")
    if info is not None and not items:
        return NoData((info.text or "").strip()[:200])
    printed = text_of(root, "date")
    label_on = require_date(dotted_date(printed), printed)
    return make_table(label_on, (_row(item, label_on) for item in items), wanted=WANTED)


def _rss(root: Element) -> Reading:
    items = root.findall("channel/item")
    if not items:
        raise DocumentRefusedError(Reason.NO_ROWS, "an RSS channel without items")
    dated = [(item, dotted_date(text_of(item, "pubDate"))) for item in items]
    label_on = usual_date(day for _item, day in dated)
    return make_table(label_on, (_row(item, day) for item, day in dated), wanted=WANTED)


def _row(item: Element, label_on: date | None) -> RawRow:
    return RawRow(text_of(item, "title"), text_of(item, "quant"), text_of(item, "description"), label_on)
