"""Dates as publishers of the region write them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.dates.reading import ReadDate, read_date, settle


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]  # year, month, day and so on


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("Tue, 22 Sep 2026 10:00:00 +0600", utc(2026, 9, 22, 4)),
        ("Tue, 22 Sep 2026 10:00:00 +06", utc(2026, 9, 22, 4)),
        ("Tue, 22 Sep 2026 10:00:00 +06:00", utc(2026, 9, 22, 4)),
        ("Tue, 22 Sep 2026 10:00:00 GMT", utc(2026, 9, 22, 10)),
        ("Tue, 22 Sep 2026 10:00:00 GMT+6", utc(2026, 9, 22, 4)),
        ("Tue, 22 Sep 2026 10:00:00 KGT", utc(2026, 9, 22, 4)),
        ("Tue, 22 Sep 2026 10:00:00 UZT", utc(2026, 9, 22, 5)),
        ("Tue, 22 Sep 2026 10:00:00 ALMT", utc(2026, 9, 22, 5)),
        ("Fri, 22 Sep 2023 10:00:00 ALMT", utc(2023, 9, 22, 4)),
        ("Tue, 22 Sep 26 10:00 EST", utc(2026, 9, 22, 15)),
        ("Tuesday, 22-Sep-26 10:00:00 GMT", utc(2026, 9, 22, 10)),
        ("Tue Sep 22 10:00:00 +0600 2026", utc(2026, 9, 22, 4)),
        ("Вт, 22 сен 2026 10:00:00 +0600", utc(2026, 9, 22, 4)),
        ("2026-09-22T10:00:00Z", utc(2026, 9, 22, 10)),
        ("2026-09-22T10:00:00.123+06:00", utc(2026, 9, 22, 4)),
        ("2026-09-22 10:00:00 +0600", utc(2026, 9, 22, 4)),
        ("20260922T10:00:00Z", utc(2026, 9, 22, 10)),
        ("1790000000", utc(2026, 9, 21, 14, 13, 20)),
        ("1790000000123", utc(2026, 9, 21, 14, 13, 20)),
    ],
)
def test_a_date_with_its_zone_is_exact(text: str, at: datetime) -> None:
    assert read_date(text) == ReadDate(at, "exact")


@pytest.mark.parametrize(
    "text",
    [
        "Tue, 22 Sep 2026 10:00:00",
        "Tue, 22 Sep 2026 10:00:00 XYZ",
        "22.09.2026 10:00",
        "22.09.2026, 10:00",
        "10:00, 22.09.2026",
        "10:00 22 сентября 2026",
        "22-09-2026 10:00",
        "2026/9/22 10:00:00",
        "2026.09.22 10:00",
        "9/22/2026 10:00",
        "Sep 22, 2026 10:00 AM",
        "Tue Sep 22 10:00:00 2026",
        "22 сентября 2026 г. в 10:00",
        "22 sentabr 2026, 10:00",
        "22 sentýabr 2026 10.00",
        "2026-09-22T10:00",
    ],
)
def test_without_a_zone_that_of_the_country_is_assumed(text: str) -> None:
    assert read_date(text, "KG") == ReadDate(utc(2026, 9, 22, 4), "zone_assumed")
    assert read_date(text) == ReadDate(utc(2026, 9, 22, 10), "zone_assumed")


@pytest.mark.parametrize(
    "text",
    ["2026-09-22", "20260922", "22.09.2026", "22.9.26", "22 сентября 2026", "22 қыркүйек 2026", "2026 жылғы 22 қыркүйек",
     "Sept. 22, 2026", "22 Sep 2026", "22/09/2026", "22 сентябри 2026", "2026 жылдын 22-сентябры"],
)  # fmt: skip
def test_a_day_alone_is_that_day_in_utc(text: str) -> None:
    assert read_date(text, "KG") == ReadDate(utc(2026, 9, 22), "day_only")


def test_with_dots_the_day_always_comes_first() -> None:
    assert read_date("05.09.2026") == ReadDate(utc(2026, 9, 5), "day_only")


def test_kazakhstan_has_one_zone_since_march_2024() -> None:
    assert read_date("22.09.2026 10:00", "KZ") == ReadDate(utc(2026, 9, 22, 5), "zone_assumed")
    assert read_date("22.09.2023 10:00", "KZ") == ReadDate(utc(2023, 9, 22, 4), "zone_assumed")


@pytest.mark.parametrize(
    "text",
    [None, "", "1", "yesterday", "2026-09", "31.02.2026", "1970-01-01T00:00:00Z", "0", "Mon, 01 Jan 0001 00:00:00 +0000",
     "2026-09-22T25:00:00Z", "22 foo 2026", "9999999999999999", "22 Sep 2026 10:00:00 and more words"],
)  # fmt: skip
def test_what_is_no_date_is_none(text: str | None) -> None:
    assert read_date(text) is None


@given(
    st.datetimes(utc(1990, 1, 2).replace(tzinfo=None), utc(2199, 1, 1).replace(tzinfo=None)),
    st.integers(-12 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters))),
)
def test_what_the_standards_write_is_read_back(naive: datetime, zone: timezone) -> None:
    at = naive.replace(microsecond=0, tzinfo=zone)
    for text in (at.isoformat(), at.strftime("%a, %d %b %Y %H:%M:%S %z"), at.strftime("%Y-%m-%d %H:%M:%S%z")):
        assert read_date(text) == ReadDate(at.astimezone(UTC), "exact")


@given(st.text(max_size=120))
def test_no_text_crashes_it(text: str) -> None:
    read = read_date(text, "KZ")
    assert read is None or read.at.tzinfo is UTC


def test_a_future_or_missing_date_becomes_the_first_sight() -> None:
    seen = utc(2026, 9, 22, 12)
    assert settle(None, seen) == ReadDate(seen, "first_seen")
    assert settle(ReadDate(utc(2026, 9, 22, 13), "exact"), seen) == ReadDate(seen, "first_seen")
    past = ReadDate(utc(2026, 9, 22, 11), "zone_assumed")
    assert settle(past, seen) == past
