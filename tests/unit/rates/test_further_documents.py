"""What the bytes of CBR, ECB, CBT and the market's aggregator become: a table as printed, or a refusal by name."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from rates.domain import cbr, cbt, cbu, ecb, market, nbk, nbt
from rates.domain.tables import DocumentRefusedError, Dropped, DropReason, NoData, Reading, Reason, Row, Table
from tests.suites import rates_documents
from tests.suites import rates_further_documents as documents

DAY = date(2026, 4, 25)
MARKET = {"KGS": 87.45, "KZT": 475.1, "TJS": 9.3, "UZS": 12142.1}
Parse = Callable[[bytes], Reading]

GOOD: dict[str, tuple[Parse, bytes]] = {
    "CBR": (cbr.parse, documents.cbr(DAY, "75,5273", ("KGS", "100", "86,4125"))),
    "ECB": (ecb.parse, documents.ecb((DAY, {"USD": "1.1831", "CNY": "7.3512"}))),
    "CBT": (cbt.parse, documents.cbt("25.04.2026", {"KGS": "87.45", "EUR": "1.1614"})),
    "market": (market.parse, documents.market(DAY, MARKET)),
}
EVERY = pytest.mark.parametrize(("parse", "document"), GOOD.values(), ids=GOOD)


def table(reading: Reading) -> Table:
    assert isinstance(reading, Table)
    return reading


def reason(parse: Parse, document: bytes) -> Reason:
    with pytest.raises(DocumentRefusedError) as caught:
        parse(document)
    return caught.value.reason


@EVERY
def test_a_good_document_has_its_date_and_its_rows(parse: Parse, document: bytes) -> None:
    found = table(parse(document))
    assert (found.label_on, found.dropped) == (DAY, ())
    assert len(found.rows) >= 2


@EVERY
def test_what_is_no_document_is_named(parse: Parse, document: bytes) -> None:
    """Each of these comes with status 200."""
    assert reason(parse, b"") is Reason.EMPTY
    assert reason(parse, rates_documents.HTML) is Reason.HTML
    assert reason(parse, document[: len(document) // 2]) is Reason.MALFORMED
    assert reason(parse, b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xff\xfe") is Reason.MALFORMED
    assert reason(parse, b"[]" if parse is market.parse else b"<feed/>") is Reason.WRONG_SHAPE


def test_the_bank_of_russia_is_read_from_its_own_bytes() -> None:
    """As UTF-8 they would be mojibake, and VunitRate an exponent."""
    found = table(cbr.parse(documents.cbr(DAY, "75,5273", ("IRR", "1000000", "53,9256"))))
    assert found.row("USD") == Row("USD", 1, Decimal("75.5273"), 4)
    assert found.row("IRR") == Row("IRR", 1_000_000, Decimal("53.9256"), 4)


def test_an_error_of_the_bank_of_russia_is_the_banks() -> None:
    """It comes with status 200 for a date in the wrong order."""
    assert reason(cbr.parse, documents.CBR_ERROR) is Reason.BANK_ERROR


def test_a_table_of_the_bank_of_russia_without_its_dollar_is_of_no_use() -> None:
    document = documents.cbr(DAY, "75,5273", ("KGS", "100", "86,4125"))
    assert reason(cbr.parse, document.replace(b"USD", b"EUR")) is Reason.WANTED_MISSING


def test_the_daily_file_of_the_european_bank_has_one_day() -> None:
    two = documents.ecb((DAY, {"USD": "1.18"}), (date(2026, 4, 24), {"USD": "1.17"}))
    assert reason(ecb.parse, two) is Reason.WRONG_SHAPE
    assert reason(ecb.parse, documents.ecb()) is Reason.NO_ROWS


def test_the_file_of_ninety_days_gives_the_last_table_up_to_a_day() -> None:
    pages = documents.ecb(
        (date(2026, 4, 24), {"USD": "1.1831"}),
        (date(2026, 4, 23), {"USD": "1.1752"}),
        (date(2026, 4, 22), {"USD": "1.1700"}),
    )
    found = table(ecb.parse_history(pages, until_on=date(2026, 4, 23)))
    assert (found.label_on, found.row("USD")) == (date(2026, 4, 23), Row("USD", 1, Decimal("1.1752"), 4))
    assert isinstance(ecb.parse_history(pages, until_on=date(2026, 4, 21)), NoData)


@pytest.mark.parametrize("printed", ["25.04.2026", "2026-04-25"])
def test_the_date_of_turkmenistans_bank_has_two_forms(printed: str) -> None:
    assert table(cbt.parse(documents.cbt(printed, {"KGS": "87.45"}))).label_on == DAY


def test_turkmenistans_bank_is_read_per_dollar_and_its_multiplier_left_alone() -> None:
    """The multiplier belongs to rate_tmt: whoever applies it to rate_usd is wrong a thousandfold."""
    found = table(cbt.parse(documents.cbt("25.04.2026", {"UZS": "12014.27", "EUR": "1.1614"})))
    assert found.row("UZS") == Row("UZS", 1, Decimal("12014.27"), 2)
    assert found.row("TMT") == Row("TMT", 1, Decimal("3.5"), 1)
    assert found.row("USD") is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"result": "error"}, Reason.BANK_ERROR),
        ({"base_code": "UZS"}, Reason.WRONG_SHAPE),
        ({"rates": {}}, Reason.WRONG_SHAPE),
        ({"rates": {"KGS": 87.45}}, Reason.WANTED_MISSING),
        ({"time_last_update_unix": "yesterday"}, Reason.BAD_DATE),
        ({"time_last_update_unix": 10**30}, Reason.BAD_DATE),
        ({"time_eol_unix": 1}, Reason.BANK_ERROR),
    ],
)
def test_an_aggregator_that_does_not_say_success_per_dollar_is_refused(
    changes: dict[str, object], expected: Reason
) -> None:
    assert reason(market.parse, documents.market(DAY, MARKET, **changes)) is expected


def test_a_number_of_the_market_is_what_was_printed_and_no_float() -> None:
    document = documents.market(DAY, MARKET).replace(b"87.45", b"87.450").replace(b"12142.1", b"8.2e-05")
    assert reason(market.parse, document) is Reason.BAD_NUMBER
    found = table(market.parse(documents.market(DAY, MARKET, rates=MARKET | {"XAU": 0.00025, "JPY": True})))
    assert found.row("KGS") == Row("KGS", 1, Decimal("87.45"), 2)
    assert found.dropped == (Dropped("JPY", DropReason.BAD_NUMBER),)


def test_a_number_with_markup_in_it_is_no_number() -> None:
    """Of `475<b/>.09` a reader of the text before the first child would take 475."""
    broken = rates_documents.nbk(DAY, "475<b/>.09")
    assert reason(nbk.parse, broken) is Reason.BAD_NUMBER
    assert reason(cbr.parse, documents.cbr(DAY, "75<x>,5</x>273")) is Reason.BAD_NUMBER


def test_a_key_twice_in_one_object_is_malformed() -> None:
    """JSON's own reader takes the last one and says nothing."""
    broken = rates_documents.cbu(DAY, "12142.10").replace(
        b'"Rate": "12142.10"', b'"Rate": "1", "Rate": "12142.10"'
    )
    assert reason(cbu.parse, broken) is Reason.MALFORMED


@pytest.mark.parametrize(("begin", "end"), [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?x ", "?>")])
def test_a_row_that_hides_its_end_and_the_next_ones_beginning_is_no_row(begin: str, end: str) -> None:
    """Found by chance: the rouble had the Australian dollar's number, in a document that is well-formed."""
    document = rates_documents.nbt(DAY, "9.3450").decode()
    broken = document.replace("<CharCode>RUB</CharCode>", f"<CharCode>RUB</CharCode>{begin}").replace(
        "<CharCode>AUD</CharCode>", f"<CharCode>AUD</CharCode>{end}"
    )
    found = table(nbt.parse(broken.encode()))
    assert found.row("RUB") is None
    assert found.row("USD") is not None
    assert found.dropped == (Dropped("", DropReason.BAD_CODE),)
