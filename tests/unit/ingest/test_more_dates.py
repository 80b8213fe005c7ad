"""Further forms of dates, as sites of the region and their systems print them."""

from datetime import UTC, datetime

import pytest

from ingest.domain.dates.reading import ReadDate, read_date
from ingest.domain.dates.zones import zone_of

BISHKEK = zone_of(None, "KG")
TEN = datetime(2026, 9, 22, 4, tzinfo=UTC)
DAY = datetime(2026, 9, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-yil 22-sentabr",
        "22-sentabr, 2026-yil",
        "2026 йил 22 сентябрь",
        "22 сентябрь 2026-йил",
        "2026-жылдын 22-сентябры",
        "2026-ж. 22-сентябрь",
        "22-сентябрь, 2026-жыл",
        "22 сентябри соли 2026",
        "22-юми сентябри 2026",
        "2026-Sep-22",
        "September 22nd, 2026",
    ],
)
def test_a_day_is_read_as_it_is_said_in_every_language(text: str) -> None:
    """Readers: a date that is not read makes an article of last week news of this minute."""
    assert read_date(text, BISHKEK) == ReadDate(DAY, "day_only")


@pytest.mark.parametrize(
    "text",
    [
        "22-sentabr, 2026-yil 10:00",
        "2026-yil 22-sentabr, soat 10:00",
        "2026-жылдын 22-сентябры, саат 10:00",
        "дүйшөмбү, 22-сентябрь, 2026-ж. 10:00",
        "2026 жылғы 22 қыркүйек, сағат 10:00",
        "22 сентябри соли 2026, соати 10:00",
        "10:00 / 22.09.2026",
        "22.09.2026 / 10:00",
        "September 22nd, 2026 at 10:00 am",
        "Вт,22 сен 2026 10:00:00",
        "20260922T100000",
        "2026-Sep-22 10:00",
    ],
)
def test_and_so_is_its_time(text: str) -> None:
    assert read_date(text, BISHKEK) == ReadDate(TEN, "zone_assumed")


@pytest.mark.parametrize(
    "text",
    [
        "Tue,22 Sep 2026 10:00:00 +0600",
        "20260922T040000Z",
        "20260922T100000+0600",
        "2026-09-22T10:00:00+06:00[Asia/Bishkek]",
        "22 сентябрь 2026-йил, 10:00 +06",
    ],
)
def test_and_its_zone_where_it_has_one(text: str) -> None:
    assert read_date(text) == ReadDate(TEN, "exact")


@pytest.mark.parametrize(
    "text", ["20260922T1000", "20260922T250000Z", "2026-yil", "yil 2026-22", "22-yil 2026", "20260922100000"]
)
def test_what_only_resembles_them_is_none(text: str) -> None:
    assert read_date(text, BISHKEK) is None
