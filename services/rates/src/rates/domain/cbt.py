"""Central Bank of Turkmenistan: XML of units per US dollar, some of them the other way round, and the manat's peg.

Seen in a recorded file of 20 May 2026; `<date>` is `DD.MM.YYYY` since 2024 and was `YYYY-MM-DD` before.
"""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from rates.domain.documents import dotted_date, iso_date, read_xml, require_date, text_of
from rates.domain.tables import RawRow, Reading, make_table

WANTED = ("TMT",)

INVERTED = frozenset({"EUR", "GBP", "AUD", "XDR"})
"""`rate_usd` of these four is dollars per unit; their names end in "/ ABŞ dollary"."""

_MANAT = "TMT"
_DOLLAR = "USD"


def parse(raw: bytes) -> Reading:
    """Read `rate_usd`, which is more exact than `rate_tmt`: UZS 12014.27 per dollar against 0.2913 manat per 1000.

    `multiplier` counts for `rate_tmt` only. The dollar's own `rate_tmt` is what the manat is worth.

    Raises:
        DocumentRefusedError: the document cannot be believed.
    """
    root = read_xml(raw, ("cbt_currency_rate",))
    printed = text_of(root, "date")
    label_on = require_date(dotted_date(printed) or iso_date(printed), printed)
    rows = (RawRow(code, nominal, value, label_on) for code, nominal, value in _rows(root))
    return make_table(label_on, rows, wanted=WANTED)


def _rows(root: Element) -> Iterator[tuple[str | None, str | None, str | None]]:
    for item in root.findall("rate"):
        if item.get("code") == _DOLLAR:
            yield _MANAT, text_of(item, "multiplier"), text_of(item, "rate_tmt")
        else:
            yield item.get("code"), "1", text_of(item, "rate_usd")
