"""What each bank's bytes become: a table as printed, "nothing for this day", or a refusal with its reason."""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from rates.domain import cbu, nbk, nbkr, nbt
from rates.domain.tables import (
    DocumentRefusedError,
    Dropped,
    DropReason,
    NoData,
    Reading,
    Reason,
    Row,
    Table,
    table_hash,
)
from tests.suites import rates_documents as documents

DAY = date(2026, 4, 2)
Parse = Callable[[bytes], Reading]

PARSERS = pytest.mark.parametrize(
    "parse", [nbk.parse, nbkr.parse, nbt.parse, cbu.parse], ids=["NBK", "NBKR", "NBT", "CBU"]
)
GOOD = pytest.mark.parametrize(
    ("parse", "document"),
    [
        (nbk.parse, documents.nbk(DAY, "475.09")),
        (nbk.parse, documents.nbk_rss("02.04.2026", "475.09")),
        (nbkr.parse, documents.nbkr(DAY, "87,4500")),
        (nbt.parse, documents.nbt(DAY, "9.3450")),
        (cbu.parse, documents.cbu(DAY, "12142.10")),
    ],
    ids=["NBK by date", "NBK RSS", "NBKR", "NBT", "CBU"],
)


def table(reading: Reading) -> Table:
    assert isinstance(reading, Table)
    return reading


def refusal(parse: Parse, document: bytes) -> DocumentRefusedError:
    with pytest.raises(DocumentRefusedError) as caught:
        parse(document)
    return caught.value


def reason(parse: Parse, document: bytes) -> Reason:
    return refusal(parse, document).reason


@GOOD
def test_a_good_document_has_its_date_and_its_dollar(parse: Parse, document: bytes) -> None:
    found = table(parse(document))
    assert found.label_on == DAY
    assert found.row("USD") is not None
    assert found.dropped == ()


def test_numbers_keep_the_decimals_they_were_printed_with() -> None:
    """NBKR prints 87,4500: the two zeros say how exact the number is."""
    assert table(nbkr.parse(documents.nbkr(DAY, "87,4500"))).row("USD") == Row(
        "USD", 1, Decimal("87.4500"), 4
    )


def test_nominals_come_from_the_document() -> None:
    found = table(nbk.parse(documents.nbk(DAY, "475.09")))
    assert found.row("UZS") == Row("UZS", 100, Decimal("3.91"), 2)


@PARSERS
def test_an_empty_body_is_named(parse: Parse) -> None:
    assert reason(parse, b"") is Reason.EMPTY
    assert reason(parse, b"\xef\xbb\xbf \r\n") is Reason.EMPTY


@PARSERS
def test_a_page_for_people_is_named(parse: Parse) -> None:
    """A refusal or a help page comes with status 200, and without export=xmlout NBT always answers so."""
    assert reason(parse, documents.HTML) is Reason.HTML
    assert reason(parse, b"<HTML><BODY>403</BODY></HTML>") is Reason.HTML


@GOOD
def test_a_cut_document_is_malformed(parse: Parse, document: bytes) -> None:
    assert reason(parse, document[: len(document) // 2]) is Reason.MALFORMED


@PARSERS
def test_bytes_that_are_no_text_are_malformed(parse: Parse) -> None:
    assert reason(parse, b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xff\xfe") is Reason.MALFORMED


@pytest.mark.parametrize("parse", [nbk.parse, nbkr.parse, nbt.parse], ids=["NBK", "NBKR", "NBT"])
def test_entities_are_not_expanded(parse: Parse) -> None:
    bomb = b'<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><rates><date>&b;</date></rates>'
    assert reason(parse, bomb) is Reason.FORBIDDEN_XML


@pytest.mark.parametrize("parse", [nbk.parse, nbkr.parse, nbt.parse], ids=["NBK", "NBKR", "NBT"])
def test_an_encoding_nobody_knows_is_malformed(parse: Parse) -> None:
    assert reason(parse, b'<?xml version="1.0" encoding="klingon"?><rates/>') is Reason.MALFORMED


@PARSERS
def test_another_document_is_the_wrong_shape(parse: Parse) -> None:
    other = b'{"rates": {}}' if parse is cbu.parse else b"<feed><title>news</title></feed>"
    assert reason(parse, other) is Reason.WRONG_SHAPE


def test_objects_are_expected_in_the_array_of_cbu() -> None:
    assert reason(cbu.parse, b"[1, 2]") is Reason.WRONG_SHAPE


@GOOD
def test_a_table_without_the_dollar_is_of_no_use(parse: Parse, document: bytes) -> None:
    assert reason(parse, document.replace(b"USD", b"EUR")) is Reason.WANTED_MISSING


@pytest.mark.parametrize(
    "number", ["0", "0.00", "-5", "+5", "1e3", "5,39256E-05", "12 142.10", "n/a", "", "١٢"]
)
def test_a_number_is_digits_with_one_separator_and_more_than_zero(number: str) -> None:
    assert reason(cbu.parse, documents.cbu(DAY, number)) is Reason.BAD_NUMBER
    assert reason(nbt.parse, documents.nbt(DAY, number)) is Reason.BAD_NUMBER


@pytest.mark.parametrize("nominal", [None, "0", "-1", "1.5", "", 1])
def test_a_nominal_is_a_positive_whole_number_as_text(nominal: object) -> None:
    array = documents.cbu(DAY, "1").replace(b"USD", b"EUR")
    items = [*json.loads(array), documents.cbu_row("USD", DAY, "12142.10", nominal)]
    assert reason(cbu.parse, json.dumps(items).encode()) is Reason.BAD_NUMBER


def test_a_bad_row_of_another_currency_costs_only_that_row() -> None:
    more = (
        documents.cbu_row("IRR", DAY, "0"),
        documents.cbu_row("VND", DAY, "4.6", None),
        documents.cbu_row("BDT", DAY, "98.9"),
    )
    found = table(cbu.parse(documents.cbu(DAY, "12142.10", *more)))
    assert found.dropped == (Dropped("IRR", DropReason.BAD_NUMBER), Dropped("VND", DropReason.BAD_NUMBER))
    assert found.row("BDT") == Row("BDT", 1, Decimal("98.9"), 1)


def test_a_row_without_letters_is_left_out() -> None:
    """A row that names no currency, or a word in place of its date, costs only itself."""
    nameless = documents.cbu_row("USD", DAY, "1") | {"Ccy": None}
    undated = documents.cbu_row("EUR", DAY, "13984.32") | {"Date": "yesterday"}
    found = table(cbu.parse(documents.cbu(DAY, "12142.10", nameless, undated)))
    assert found.dropped == (Dropped("", DropReason.BAD_CODE), Dropped("EUR", DropReason.BAD_DATE))


def test_a_dollar_of_another_day_than_the_rest_is_not_taken_for_todays() -> None:
    document = documents.nbk_rss("02.04.2026", "475.09", more=documents.nbk_row("EUR", "02.04.2026", "514.1"))
    old = document.replace(b"02.04.2026", b"01.04.2026", 1)
    assert reason(nbk.parse, old) is Reason.WANTED_MISSING
    assert reason(nbk.parse, document.replace(b"02.04.2026", b"soon", 1)) is Reason.BAD_DATE


def test_a_code_twice_with_different_numbers_refuses_the_document() -> None:
    assert (
        reason(cbu.parse, documents.cbu(DAY, "12142.10", documents.cbu_row("RUB", DAY, "1")))
        is Reason.DUPLICATE_CODE
    )


def test_a_code_twice_with_the_same_number_is_one_row() -> None:
    found = table(cbu.parse(documents.cbu(DAY, "12142.10", documents.cbu_row("RUB", DAY, "149.97"))))
    assert [row.code for row in found.rows] == ["USD", "RUB"]


@pytest.mark.parametrize("printed", ["2026-04-02", "31.02.2026", "2.4.2026", "02/04/2026", ""])
def test_a_dotted_date_is_read_by_its_pattern_only(printed: str) -> None:
    document = documents.nbkr(DAY, "87,4500").replace(b"02.04.2026", printed.encode())
    assert reason(nbkr.parse, document) is Reason.BAD_DATE


def test_the_date_of_nbt_is_read_as_iso_only() -> None:
    assert (
        reason(nbt.parse, documents.nbt(DAY, "9.3").replace(b"2026-04-02", b"02.04.2026")) is Reason.BAD_DATE
    )


def test_rows_of_nbt_are_known_by_their_letters() -> None:
    """RUB stands under 810 and AUD under 36: the numbers are of no use."""
    found = table(nbt.parse(documents.nbt(DAY, "9.3450")))
    assert [row.code for row in found.rows] == ["USD", "RUB", "AUD", "UZS"]
    assert found.row("UZS") == Row("UZS", 100, Decimal("0.0780"), 4)


def test_an_error_in_place_of_rows_is_the_banks() -> None:
    assert refusal(nbt.parse, b"<ValCurs>Error in parameters</ValCurs>").reason is Reason.BANK_ERROR


def test_a_table_without_rows_is_refused() -> None:
    assert reason(nbt.parse, b'<ValCurs Date="2026-04-02"></ValCurs>') is Reason.NO_ROWS
    assert reason(nbk.parse, b"<rates><date>02.04.2026</date></rates>") is Reason.NO_ROWS
    assert reason(nbk.parse, b"<rss><channel></channel></rss>") is Reason.NO_ROWS


def test_nothing_for_this_day_is_no_error() -> None:
    """CBU answers an empty array on a Sunday or at Nowruz, NBK an element that says so."""
    assert isinstance(cbu.parse(documents.CBU_NO_DATA), NoData)
    assert nbk.parse(documents.NBK_NO_DATA) == NoData("на указанную дату информации нет")


def test_the_rss_of_nbk_with_two_digit_years_loses_its_dead_currencies() -> None:
    """So NBK answered on 18 April 2016: lats of 2013, kroons of 2010 and liras of 2005 among the day's rates."""
    dead = (
        documents.nbk_row("LVL", "31.12.13", "303.27")
        + documents.nbk_row("EEK", "31.12.10", "12.61")
        + documents.nbk_row("TRL", "05.01.05", "95.9")
        + documents.nbk_row("XDR", "31.12.13", "236.4")
        + documents.nbk_row("SEK", "15.04.16", "41.2")
        + documents.nbk_row("NOK", "gestern", "40.6")
    )
    found = table(nbk.parse(documents.nbk_rss("18.04.16", "334.41", uzs="11.60", more=dead)))
    assert found.label_on == date(2016, 4, 18)
    assert found.rows == (Row("USD", 1, Decimal("334.41"), 2), Row("UZS", 100, Decimal("11.60"), 2))
    assert found.dropped == (
        Dropped("LVL", DropReason.RETIRED),
        Dropped("EEK", DropReason.RETIRED),
        Dropped("TRL", DropReason.RETIRED),
        Dropped("XDR", DropReason.FROZEN),
        Dropped("SEK", DropReason.OTHER_DATE),
        Dropped("NOK", DropReason.BAD_DATE),
    )


def test_an_rss_without_one_readable_date_is_refused() -> None:
    assert reason(nbk.parse, documents.nbk_rss("today", "475.09")) is Reason.BAD_DATE


def test_the_weekly_file_of_nbkr_is_read_by_names_and_its_dead_currency_dropped() -> None:
    """It has <ValidFor> between nominal and value, and Belarus's rouble of July 2016, dated anew each week."""
    found = table(nbkr.parse(documents.nbkr_weekly(date(2026, 5, 23)), wanted=()))
    assert found.row("TJS") == Row("TJS", 1, Decimal("9.4148"), 4)
    assert found.row("UZS") == Row("UZS", 1, Decimal("0.0073"), 4)
    assert found.dropped == (Dropped("BYR", DropReason.RETIRED),)


def test_a_row_with_two_values_is_a_bad_row() -> None:
    document = documents.nbkr(DAY, "87,4500").replace(
        b"<Value>87,4500</Value>", b"<Value>87,4500</Value><Value>1</Value>"
    )
    assert reason(nbkr.parse, document) is Reason.BAD_NUMBER


def test_the_page_of_the_past_gives_the_last_table_up_to_a_day() -> None:
    page = documents.nbkr_history(
        (date(2026, 4, 1), "87,4500"), (date(2026, 4, 2), "87,4600"), (date(2026, 4, 3), "87,4700")
    )
    found = table(nbkr.parse_history(page, code="USD", until_on=date(2026, 4, 2)))
    assert (found.label_on, found.row("USD")) == (date(2026, 4, 2), Row("USD", 1, Decimal("87.4600"), 4))


def test_a_page_of_the_past_without_rows_is_not_taken_for_no_data() -> None:
    for page, expected in ((documents.HTML, Reason.WRONG_SHAPE), (b"", Reason.EMPTY)):
        with pytest.raises(DocumentRefusedError) as caught:
            nbkr.parse_history(page, code="USD", until_on=DAY)
        assert caught.value.reason is expected


def test_a_page_of_the_past_that_begins_later_has_no_data() -> None:
    page = documents.nbkr_history((date(2026, 4, 3), "87,4700"))
    assert isinstance(nbkr.parse_history(page, code="USD", until_on=DAY), NoData)


def test_a_table_dated_anew_hashes_the_same() -> None:
    one, other = (table(nbkr.parse(documents.nbkr(day, "87,4500"))) for day in (DAY, date(2026, 4, 3)))
    moved = table(nbkr.parse(documents.nbkr(DAY, "87,4500", rub="1,2264")))
    assert table_hash(one) == table_hash(other) != table_hash(moved)
