"""What a broken document may become: the same in meaning, or refused, or different only where its own digits are.

Three promises, each checked against a reading of the document that shares no rule with the parsers:

ANYTHING  Whatever the bytes are, a parser gives a table, "no data" or a refusal by name, and every code, nominal, number
          and date of a table stands in the document as a whole: no number is made of pieces, joined, cut or converted.
MARKUP    Bytes changed outside what is printed (tags, quotes, names of fields), rows lost, repeated or moved: every row of
          the table is one of the original's, with its nominal, number and date, or the document is refused.
DIGITS    A character of one printed number changed, put in or taken out: the document is refused, or the row left out, or
          its number is what stands there now, read as digits with at most one separator; all other rows are as they were.

What no parser can know is told too: a piece of one row may be cut out together with the beginning of the next, so that a
number printed for one currency stands under another's name; ANYTHING allows that. Of such a table, and of digits changed
for others, the SHOWN promise holds: with yesterday's number known, none that is more than 5 % off is shown at its first
sight, unless a witness says the same.
"""

import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from xml.etree.ElementTree import Element

from defusedxml import ElementTree

from rates.domain.banks import CBU, NBK, NBKR, NBT, Bank
from rates.domain.calendars import working_day_before
from rates.domain.derivation import derive
from rates.domain.observations import Observation, observe
from rates.domain.plans import PLANS
from rates.domain.sources import CBR, CBT, ECB, MARKET
from rates.domain.tables import DocumentRefusedError, Row, Table
from tests.suites import rates_documents, rates_further_documents

DAY = date(2026, 4, 2)
_NOW = datetime(2026, 4, 2, 12, tzinfo=UTC)
_NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)?")
_PRINTED = {
    "xml": re.compile(rb">([^<>]*)<|=\s*\"([^\"<>]*)\"|=\s*'([^'<>]*)'"),
    "json": re.compile(rb'"([^"]*)"|:\s*([-0-9.eE+]+)'),
}
_DIGIT_RUN = re.compile(rb"[0-9][0-9.,]*")
"""What is printed also where an earlier change took away the edges that it is known by."""

_VALUE = {
    "NBK": rb"<description>([0-9.]+)</description>",
    "NBKR": rb"<Value>([0-9,]+)</Value>",
    "NBT": rb"<Value>([0-9.]+)</Value>",
    "CBU": rb'"Rate":\s*"([0-9.]+)"',
    "CBR": rb"<Value>([0-9,]+)</Value>",
    "ECB": rb"rate='([0-9.]+)'",
    "CBT": rb"<rate_usd>([0-9.]+)</rate_usd>",
    "MARKET": rb'"(?:KGS|KZT|TJS|UZS|EUR)":\s*([0-9.]+)',
}
_DIGITS = (
    *(b"%d" % digit for digit in range(10)),
    b".",
    b",",
    b"-",
    b"+",
    b"e",
    b" ",
    b"",
    b"<b/>",
    b"<!---->",
    "٣".encode(),
)
_MARKUP = (
    b"<",
    b">",
    b"/",
    b'"',
    b"'",
    b"&",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b" ",
    b"x",
    b"Value",
    b"\x00",
    b"\xff",
    b"<!--",
    b"-->",
)
_ROW = re.compile(
    rb"<(?:item|Currency|Valute|rate)[ >].*?</(?:item|Currency|Valute|rate)>|<Cube currency[^>]*/>", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Original:
    """A good document of a source."""

    bank: Bank
    document: bytes

    @property
    def table(self) -> Table:
        """What it says."""
        found = read(self.bank, self.document)
        assert found is not None
        return found

    @property
    def form(self) -> str:
        """How it is written."""
        return "json" if self.bank.id in ("CBU", "MARKET") else "xml"


def originals() -> Iterator[Original]:
    """Give one good document of each source and shape."""
    further = rates_further_documents
    yield Original(NBK, rates_documents.nbk(DAY, "475.09"))
    yield Original(NBK, rates_documents.nbk_rss("02.04.2026", "475.09"))
    yield Original(NBKR, rates_documents.nbkr(DAY, "87,4500"))
    yield Original(NBT, rates_documents.nbt(DAY, "9.3450"))
    yield Original(CBU, rates_documents.cbu(DAY, "12142.10"))
    yield Original(CBR, further.cbr(DAY, "75,5273", ("KGS", "100", "86,4125"), ("UZS", "10000", "62,8322")))
    yield Original(ECB, further.ecb((DAY, {"USD": "1.1831", "CNY": "7.3512", "JPY": "141.17"})))
    yield Original(CBT, further.cbt("02.04.2026", {"KGS": "87.45", "UZS": "12014.27", "EUR": "1.1614"}))
    numbers = {"KGS": 87.45, "KZT": 475.1, "TJS": 9.3, "UZS": 12142.1, "EUR": 0.8452}
    yield Original(MARKET, further.market(DAY, numbers))


def read(bank: Bank, document: bytes) -> Table | None:
    """Read a document as the source's latest; None where it is refused or says that there is nothing."""
    try:
        reading = bank.latest(DAY)[0].parse(document)
    except DocumentRefusedError:
        return None
    return reading if isinstance(reading, Table) else None


def check_anything(document: bytes) -> int:
    """Hold the ANYTHING and the SHOWN promise for every source; return how many took the document."""
    taken = 0
    for bank in (NBK, NBKR, NBT, CBU, CBR, ECB, CBT, MARKET):
        table = read(bank, document)
        if table is not None:
            taken += 1
            _check_printed(bank, table, document)
            check_shown(bank, table)
    return taken


def _check_printed(bank: Bank, table: Table, document: bytes) -> None:
    printed = set(_words_json(document) if bank.id in ("CBU", "MARKET") else _words_xml(document))
    numbers = {Decimal(word.replace(",", ".")) for word in printed if _NUMBER.fullmatch(word)}
    for row in table.rows:
        assert row.code in printed or (bank.id, row.code) == ("CBT", "TMT"), row
        assert row.value in numbers, row
        assert str(row.nominal) in printed or (bank.id in ("ECB", "MARKET", "CBT") and row.nominal == 1), row
    on = table.label_on
    dates = {f"{on:%d.%m.%Y}", f"{on:%d.%m.%y}", f"{on:%Y-%m-%d}"}
    assert dates & printed or bank.id == "MARKET", on


def _words_xml(document: bytes) -> Iterator[str]:
    root: Element = ElementTree.fromstring(document, forbid_dtd=True)
    for element in root.iter():
        # Text before a child is a piece of a text, not a whole one.
        for text in (None if len(element) else element.text, *element.attrib.values()):
            yield (text or "").strip()


def _words_json(document: bytes) -> Iterator[str]:
    waiting: list[object] = [json.loads(document.removeprefix(b"\xef\xbb\xbf"), parse_float=str)]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            waiting += item
        else:
            yield str(item).strip()


def check_shown(bank: Bank, table: Table) -> None:
    """Hold the SHOWN promise of the pair whose authority the source is."""
    plan = next((plan for plan in PLANS if plan.authority == bank and plan.peg is None), None)
    if plan is None:
        return
    good = next(original.table for original in _ORIGINALS if original.bank == bank)
    session_on = bank.session_of(table.label_on)
    before = _observed(bank, good, working_day_before(session_on, bank.calendar))
    known = derive(plan, before)
    found = derive(plan, [*before, *_observed(bank, table, session_on)])
    assert known is not None
    assert found is not None
    off = abs(found.fixing.value / known.fixing.value - 1)
    assert off <= Decimal("0.05001"), (found, known)


def check_markup(chance: random.Random, original: Original) -> bytes:
    """Change an original outside what it prints, hold the MARKUP promise, and return what became of it."""
    document = original.document
    if original.form == "xml" and chance.random() < 0.3:
        document = _rows_moved(chance, document)
    for _ in range(chance.randint(0 if document != original.document else 1, 3)):
        document = _markup_changed(chance, document, _PRINTED[original.form])
    table, good = read(original.bank, document), original.table
    if table is not None:
        assert table.label_on == good.label_on, document
        assert set(table.rows) <= set(good.rows), (set(table.rows) - set(good.rows), document)
    return document


def check_digits(chance: random.Random, original: Original) -> bytes:
    """Change a character of one printed number, hold the DIGITS promise, and return what became of it."""
    numbers = list(re.finditer(_VALUE[original.bank.id], original.document))
    place = chance.randrange(len(numbers))
    start, end = numbers[place].span(1)
    at = chance.randint(start, end - 1)
    keep = chance.randint(0, 1)
    put = chance.choice(_DIGITS)
    document = original.document[: at + keep] + put + original.document[at + 1 :]
    now = document[start : end + len(document) - len(original.document)].decode("utf-8", "replace")
    table, good = read(original.bank, document), original.table
    if table is None:
        return document
    changed = [row for row in table.rows if row not in good.rows]
    assert len(changed) <= 1, (changed, document)
    for row in changed:
        match = _NUMBER.fullmatch(now.strip())
        assert match, (row, now)
        assert row == _same_but_value(good, row, Decimal(match.group().replace(",", "."))), (row, now)
    return document


def _same_but_value(good: Table, row: Row, value: Decimal) -> Row:
    before = good.row(row.code)
    assert before is not None
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    return Row(before.code, before.nominal, value, -exponent)


def _markup_changed(chance: random.Random, document: bytes, printed: re.Pattern[bytes]) -> bytes:
    """Change, put in or take out a byte or a piece that is no part and no edge of anything printed."""
    taken = [False] * (len(document) + 1)
    for match in printed.finditer(document):
        for group in range(1, match.re.groups + 1):
            start, end = match.span(group)
            if start >= 0 and document[start:end].strip():
                taken[start : end + 1] = [True] * (end + 1 - start)
    for match in _DIGIT_RUN.finditer(document):
        taken[match.start() : match.end() + 1] = [True] * (match.end() + 1 - match.start())
    free = [at for at in range(len(document)) if not taken[at]]
    if not free:
        return document
    at = chance.choice(free)
    cut = chance.randint(0, 1)
    return document[:at] + chance.choice((b"", *_MARKUP)) + document[at + cut :]


def _rows_moved(chance: random.Random, document: bytes) -> bytes:
    """Lose, repeat or swap whole rows, or lose the document's end."""
    rows = list(_ROW.finditer(document))
    if not rows:
        return document
    one, other = sorted((chance.choice(rows), chance.choice(rows)), key=lambda row: row.start())
    way = chance.randrange(4)
    if way == 0:
        return document[: one.start()] + document[one.end() :]
    if way == 1:
        return document[: one.end()] + one.group() + document[one.end() :]
    if way == 2 and one.end() <= other.start():
        between = document[one.end() : other.start()]
        return document[: one.start()] + other.group() + between + one.group() + document[other.end() :]
    return document[: one.end()]


def _observed(bank: Bank, table: Table, session_on: date) -> Sequence[Observation]:
    return observe(
        table, key=bank.key, printed=bank.printed, session_on=session_on, fetched_at=_NOW, payload=b""
    )


_ORIGINALS = tuple(originals())
