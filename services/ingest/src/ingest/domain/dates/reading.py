"""Publication times as publishers write them, to instants in UTC with how sure they are.

Reads RFC 822 and ISO 8601 and the broken forms seen in the region: `+06`, `KGT`, no zone, `22.09.2026 10:00`,
`2026/6/29`, Unix seconds, months in Russian, Kazakh, Kyrgyz, Uzbek, Tajik and Turkmen. Never guesses the order of day and
month by locale: with dots it is day first, as everywhere in the region.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal

from ingest.domain.dates.words import month_of, offset_of_zone, with_one_word_months

Certainty = Literal["exact", "zone_assumed", "day_only", "first_seen"]
"""How sure a publication time is: printed with its zone, zone assumed, only the day known, or no date at all."""

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Before the first news site: 1970, 1 and 1789 are what broken scripts print."""

FAST_CLOCK = timedelta(minutes=10)
"""So far ahead of ours a publisher's clock may be and still be believed."""

_LATEST_YEAR = 2200
_CLOCK_TIME = re.compile(r"(?<![\d:+-])(\d{1,2}):(\d{2})(?::00(?:\.0+)?)?(?![\d:])")
_MAX_CHARS = 100
_WORD = r"[^\W\d_]+(?:['’ʻ][^\W\d_]+)?"
_TIME = r"(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,]\d+)?)?(?:\s*(?P<half>[ap])\.?m\b\.?)?"
_OFFSET = r"(?P<sign>[+-])\s?(?P<off_hour>\d{1,2}):?(?P<off_minute>\d{2})?"
_ZONE = rf"(?P<zone>[a-zмск]{{1,5}})?\s*(?:{_OFFSET})?(?:\s*(?:\([^)]*\)|\[[^\]]*\]))?"
_AT = r"(?:[\s,/|\-–—tв]|at\b|soat\b|соати?\b|саат\b|сағат\b)*"
_REST = re.compile(rf"^{_AT}(?:{_TIME})?\s*(?:{_ZONE})\s*$")
_TIME_FIRST = re.compile(rf"^(?P<time>{_TIME})(?!\d)[\s,/|\-–—]+(?P<date>\S.*)$")
_ISO_BASIC = re.compile(r"^(\d{8})t(\d\d)(\d\d)(\d\d)(?!\d)")
_YEAR_LAST = re.compile(rf"^({_WORD}\.?\s+\d{{1,2}}),?\s+(\d{{1,2}}:\d{{2}}(?::\d{{2}})?.*?)\s+(\d{{4}})$")
_UNIX = re.compile(r"^(\d{10})(?:\d{3})?(?:\.\d+)?$")
_LEADING_WORD = re.compile(rf"^({_WORD})(?:\.?,\s*|\.?\s+)(?=\S)(.+)$")
_YEAR_WORD = r"(?:[\s\-]*(?:г\b\.?|года\b|ж\b\.?|жыл\w*|йил\w*|yil\w*|соли?\b|ý\.?))?"
_ORDINAL = r"(?:-?(?:st|nd|rd|th|го|ое|е|у?ми|юми|юм)\b)?"

_DATE_FORMS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"^(?P<year>\d{4})-?(?P<month>\d{2})-?(?P<day>\d{2})(?!\d)"), "numbers"),
    (re.compile(r"^(?P<year>\d{4})[-./](?P<month>\d{1,2})[-./](?P<day>\d{1,2})(?!\d)"), "numbers"),
    (re.compile(rf"^(?P<day>\d{{1,2}})\.(?P<month>\d{{1,2}})\.(?P<year>\d{{4}}|\d{{2}})(?!\d){_YEAR_WORD}"), "numbers"),
    (re.compile(r"^(?P<day>\d{1,2})[-/](?P<month>\d{1,2})[-/](?P<year>\d{4})(?!\d)"), "day_or_month"),
    (
        re.compile(
            rf"^(?P<day>\d{{1,2}}){_ORDINAL}[\s\-./]+(?P<month>{_WORD})(?:\s+соли)?\.?,?[\s\-./]*"
            rf"(?P<year>\d{{4}}|\d{{2}}(?!\d|:)){_YEAR_WORD}"
        ),
        "words",
    ),
    (
        re.compile(rf"^(?P<month>{_WORD})\.?[\s\-]+(?P<day>\d{{1,2}}){_ORDINAL},?[\s\-]+(?P<year>\d{{4}})(?!\d)"),
        "words",
    ),
    (
        re.compile(rf"^(?P<year>\d{{4}}){_YEAR_WORD},?[\s\-]+(?P<day>\d{{1,2}})[\s\-]+(?P<month>{_WORD})"),
        "words",
    ),
    (re.compile(rf"^(?P<year>\d{{4}})-(?P<month>{_WORD})-(?P<day>\d{{1,2}})(?!\d)"), "words"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReadDate:
    """A date as read: an aware UTC instant and how sure it is."""

    at: datetime
    certainty: Certainty


def read_date(text: str | None, zone: tzinfo = UTC, *, day_only: bool = False) -> ReadDate | None:
    """Read a date; None when it is not one, or is before 1990.

    Args:
        text: as the publisher wrote it.
        zone: assumed where none is written.
        day_only: True takes only the day, as printed, of a date with a time that means nothing.
    """
    cleaned = " ".join((text or "")[:_MAX_CHARS].replace("\xa0", " ").split()).strip(" ,.;").lower()
    if not cleaned:
        return None
    try:
        read = _read_unix(cleaned) or _read_written(with_one_word_months(cleaned), zone, day_only=day_only)
    except (ValueError, OverflowError):
        return None
    return read if read is not None and read.at >= EARLIEST else None


def settle(read: ReadDate | None, first_seen_at: datetime) -> ReadDate:
    """Return the time to publish: never later than the instant at which the article was first seen.

    A date that is a little in the future, as of a clock that is fast, becomes that instant; one that is further off,
    or none at all, does too and is no longer the publisher's.
    """
    if read is None or read.at - first_seen_at > FAST_CLOCK:
        return ReadDate(first_seen_at, "first_seen")
    return ReadDate(min(read.at, first_seen_at), read.certainty)


def prints_midnight(text: str | None) -> bool:
    """Tell whether a date has a time, and that is midnight: a feed whose dates all do knows only days."""
    times = _CLOCK_TIME.findall(text or "")
    return bool(times) and all(hour.strip("0") == minute.strip("0") == "" for hour, minute in times[:1])


def _read_unix(text: str) -> ReadDate | None:
    match = _UNIX.match(text)
    return ReadDate(datetime.fromtimestamp(int(match[1]), UTC), "exact") if match else None


def _read_written(text: str, zone: tzinfo, *, day_only: bool) -> ReadDate | None:
    text = _reorder(text)
    leading = _LEADING_WORD.match(text)
    if leading and month_of(leading[1]) is None:
        text = _reorder(leading[2])
    for form, kind in _DATE_FORMS:
        match = form.match(text)
        if match is None:
            continue
        day = _day_of(match, kind)
        rest = _REST.match(text[match.end() :]) if day is not None else None
        if day is not None and rest is not None:
            # Midnight UTC, so that the day shown is the day printed.
            as_day = ReadDate(day.replace(tzinfo=UTC), "day_only")
            return as_day if day_only or rest["hour"] is None else _with_time(day, rest, zone)
    return None


def _reorder(text: str) -> str:
    """Put the date before the time: `10:00, 22.09.2026` and `Sep 22 10:00:00 2026` are both in use."""
    iso_basic = _ISO_BASIC.match(text)
    if iso_basic:
        day, *time = iso_basic.groups()
        return f"{day} {':'.join(time)}{text[iso_basic.end() :]}"
    year_last = _YEAR_LAST.match(text)
    if year_last:
        return f"{year_last[1]} {year_last[3]} {year_last[2]}"
    time_first = _TIME_FIRST.match(text)
    if time_first and not re.match(r"\d{4}(?!\d)", time_first["time"]):
        dotted_date = re.match(r"\d{1,2}\.\d{1,2}\.\d{2,4}", text)
        return text if dotted_date else f"{time_first['date']} {time_first['time']}"
    return text


def _day_of(match: re.Match[str], kind: str) -> datetime | None:
    year = int(match["year"])
    if len(match["year"]) == 2:
        year += 2000 if year < 70 else 1900
    if year > _LATEST_YEAR:
        return None
    day = int(match["day"])
    month = month_of(match["month"]) if kind == "words" else int(match["month"])
    if month is None:
        return None
    if kind == "day_or_month" and month > 12 >= day:
        day, month = month, day
    return datetime(year, month, day)  # noqa: DTZ001  a local time, whose zone is read next


def _with_time(day: datetime, rest: re.Match[str], zone: tzinfo) -> ReadDate | None:
    hour = int(rest["hour"])
    if rest["half"] is not None:
        hour = hour % 12 + (12 if rest["half"] == "p" else 0)
    second = min(int(rest["second"] or 0), 59)
    if hour > 24 or int(rest["minute"]) > 59:
        return None
    local = day + timedelta(hours=hour, minutes=int(rest["minute"]), seconds=second)
    offset = _written_offset(rest, local)
    if offset is None:
        return ReadDate(local.replace(tzinfo=zone).astimezone(UTC), "zone_assumed")
    return ReadDate((local - offset).replace(tzinfo=UTC), "exact")


def _written_offset(rest: re.Match[str], local: datetime) -> timedelta | None:
    if rest["sign"] is not None:
        hours, minutes = int(rest["off_hour"]), int(rest["off_minute"] or 0)
        if hours > 14 or minutes > 59:
            return None
        offset = timedelta(hours=hours, minutes=minutes)
        return -offset if rest["sign"] == "-" else offset
    return offset_of_zone(rest["zone"], local) if rest["zone"] else None
