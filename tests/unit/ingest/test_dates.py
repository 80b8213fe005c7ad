"""Dates as publishers of the region write them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.dates.feed_dates import FeedDates
from ingest.domain.dates.reading import ReadDate, prints_midnight, read_date, settle
from ingest.domain.dates.zones import zone_of
from ingest.domain.sources.source import Source

BISHKEK = zone_of(None, "KG")
SOURCE = Source(id="a", url="https://a.kg/rss", name="A", outlet="a.kg", country="KG")


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
        ("Tue, 22 Sep 2026 10:00:00 GMT+0600", utc(2026, 9, 22, 4)),
        ("Tue, 22 Sep 2026 10:00:00 UTC+06:00", utc(2026, 9, 22, 4)),
        ("Tue, 22 Sep 2026 10:00:00 TJT", utc(2026, 9, 22, 5)),
        ("Tue, 22 Sep 2026 10:00:00 TMT", utc(2026, 9, 22, 5)),
        ("Tue, 22 Sep 2026 10:00:00 MSK", utc(2026, 9, 22, 7)),
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
    assert read_date(text, BISHKEK) == ReadDate(utc(2026, 9, 22, 4), "zone_assumed")
    assert read_date(text) == ReadDate(utc(2026, 9, 22, 10), "zone_assumed")


@pytest.mark.parametrize(
    "text",
    ["2026-09-22", "20260922", "22.09.2026", "22.9.26", "22 сентября 2026", "22 қыркүйек 2026", "2026 жылғы 22 қыркүйек",
     "Sept. 22, 2026", "22 Sep 2026", "22/09/2026", "22 сентябри 2026", "2026 жылдын 22-сентябры",
     "22 аяк оона 2026", "22-Аяк оона, 2026", "22 qyrküiek 2026", "22 sentýabr 2026"],
)  # fmt: skip
def test_a_day_alone_is_that_day_in_utc(text: str) -> None:
    assert read_date(text, BISHKEK) == ReadDate(utc(2026, 9, 22), "day_only")


def test_with_dots_the_day_always_comes_first() -> None:
    assert read_date("05.09.2026") == ReadDate(utc(2026, 9, 5), "day_only")


def test_kazakhstan_has_one_zone_since_march_2024() -> None:
    assert read_date("22.09.2026 10:00", zone_of(None, "KZ")) == ReadDate(utc(2026, 9, 22, 5), "zone_assumed")
    assert read_date("22.09.2023 10:00", zone_of(None, "KZ")) == ReadDate(utc(2023, 9, 22, 4), "zone_assumed")


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
    read = read_date(text, zone_of(None, "KZ"))
    assert read is None or read.at.tzinfo is UTC


@pytest.mark.parametrize(
    "months",
    [
        pytest.param("января февраля марта апреля мая июня июля августа сентября октября ноября декабря", id="ru"),
        pytest.param("янв фев мар апр май июн июл авг сен окт ноя дек", id="ru, short"),
        pytest.param(
            "қаңтар ақпан наурыз сәуір мамыр маусым шілде тамыз қыркүйек қазан қараша желтоқсан", id="kk"
        ),
        pytest.param(
            "qañtar aqpan nauryz säuir mamyr mausym şilde tamyz qyrküiek qazan qaraşa jeltoqsan", id="kk, Latin"
        ),
        pytest.param("январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь", id="ky"),
        pytest.param(
            "үчтүн_айы бирдин_айы жалган_куран чын_куран бугу кулжа теке баш_оона аяк_оона тогуздун_айы жетинин_айы "
            "бештин_айы", id="ky, own names"
        ),
        pytest.param("yanvar fevral mart aprel may iyun iyul avgust sentabr oktabr noyabr dekabr", id="uz, Latin"),
        pytest.param("январ феврал март апрел май июн июл август сентябр октябр ноябр декабр", id="uz, Cyrillic"),
        pytest.param("январи феврали марти апрели майи июни июли августи сентябри октябри ноябри декабри", id="tg"),
        pytest.param("ýanwar fewral mart aprel maý iýun iýul awgust sentýabr oktýabr noýabr dekabr", id="tk"),
        pytest.param("January February March April May June July August September October November December", id="en"),
    ],
)  # fmt: skip
def test_the_twelve_months_are_known_in_seven_languages_and_both_scripts(months: str) -> None:
    """A date in words is read wherever it was printed."""
    names = [name.replace("_", " ") for name in months.split()]
    assert [read_date(f"7 {name} 2026, 10:30", BISHKEK) for name in names] == [
        ReadDate(utc(2026, month, 7, 4, 30), "zone_assumed") for month in range(1, 13)
    ]


def test_a_sources_own_zone_goes_before_that_of_its_country() -> None:
    """A Kyrgyz newsroom in Prague prints Prague's time."""
    assert zone_of("Europe/Prague", "KG").utcoffset(datetime(2026, 1, 1)) == timedelta(hours=1)  # noqa: DTZ001  local
    assert zone_of(None, None) is UTC


def test_a_feed_that_only_knows_midnights_knows_only_days() -> None:
    """Else its articles of a day would sort below all others of that day, hours in the past."""
    feed = [f"Tue, {day} Sep 2026 00:00:00 +0600" for day in (21, 22, 23)]
    dates = FeedDates.of(feed, SOURCE, timedelta())
    assert dates.read(feed[0]) == ReadDate(utc(2026, 9, 21), "day_only")
    one_with_a_time = FeedDates.of([*feed, "Tue, 22 Sep 2026 00:10:00 +0600"], SOURCE, timedelta())
    assert one_with_a_time.read(feed[0]) == ReadDate(utc(2026, 9, 20, 18), "exact")


@pytest.mark.parametrize(
    ("text", "is_midnight"),
    [("2026-09-22T00:00:00+00:00", True), ("22.09.2026 00:00", True), ("2026-09-22T00:00:01Z", False),
     ("2026-09-22", False), ("Tue, 22 Sep 2026 10:00:00 +0000", False), (None, False)],
)  # fmt: skip
def test_midnights_are_told_from_times_and_zones(text: str | None, is_midnight: bool) -> None:
    """A zone of +00:00 is no midnight."""
    assert prints_midnight(text) is is_midnight


def test_a_future_or_missing_date_becomes_the_first_sight() -> None:
    seen = utc(2026, 9, 22, 12)
    assert settle(None, seen) == ReadDate(seen, "first_seen")
    assert settle(ReadDate(utc(2026, 9, 22, 13), "exact"), seen) == ReadDate(seen, "first_seen")
    assert settle(ReadDate(utc(2099, 1, 1), "exact"), seen) == ReadDate(seen, "first_seen")
    past = ReadDate(utc(2026, 9, 22, 11), "zone_assumed")
    assert settle(past, seen) == past


def test_a_clock_that_is_a_little_fast_is_still_believed() -> None:
    """Its articles are dated when they were seen, and by the publisher."""
    seen = utc(2026, 9, 22, 12)
    assert settle(ReadDate(utc(2026, 9, 22, 12, 5), "exact"), seen) == ReadDate(seen, "exact")


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_nothing_is_published_after_it_was_seen(at: datetime, seen: datetime) -> None:
    """Whatever the feed prints."""
    assert settle(ReadDate(at, "exact"), seen).at <= seen
