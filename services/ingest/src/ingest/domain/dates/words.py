"""Names of months and zones as Central Asian and Russian publishers write them; tables for dates.py."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

_MONTH_STEMS: dict[str, int] = {
    # English
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6,
    "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
    # Russian, whose stems Kyrgyz, Tajik (январи) and Uzbek in Cyrillic (январ) share
    "янв": 1, "фев": 2, "мар": 3, "апр": 4, "май": 5, "мая": 5, "июн": 6,
    "июл": 7, "авг": 8, "сен": 9, "окт": 10, "ноя": 11, "дек": 12,
    # Kazakh
    "қаңтар": 1, "қаң": 1, "ақпан": 2, "ақп": 2, "наурыз": 3, "нау": 3, "сәуір": 4, "сәу": 4, "мамыр": 5, "мам": 5,
    "маусым": 6, "мау": 6, "шілде": 7, "шіл": 7, "тамыз": 8, "там": 8, "қыркүйек": 9, "қыр": 9, "қазан": 10,
    "қаз": 10, "қараша": 11, "қар": 11, "желтоқсан": 12, "жел": 12,
    # Uzbek in Latin
    "yan": 1, "fev": 2, "sen": 9, "iyun": 6, "iyul": 7, "avg": 8, "okt": 10, "noy": 11, "dek": 12,
    # Kazakh in Latin, in the spellings of 2018 and 2021
    "qañ": 1, "qan": 1, "aqp": 2, "nau": 3, "säu": 4, "mamyr": 5, "mausym": 6, "şil": 7, "shil": 7, "tam": 8,
    "qyr": 9, "qaz": 10, "qar": 11, "jel": 12,
    # Turkmen
    "ýan": 1, "few": 2, "maý": 5, "iýun": 6, "iýul": 7, "awg": 8, "noý": 11,
}  # fmt: skip
_KYRGYZ_MONTHS = (
    "үчтүн айы", "бирдин айы", "жалган куран", "чын куран", "бугу", "кулжа", "теке", "баш оона", "аяк оона",
    "тогуздун айы", "жетинин айы", "бештин айы",
)  # fmt: skip
"""The Kyrgyz calendar's own names, January first."""

_KYRGYZ = re.compile("|".join(f"(?P<m{at}>{name})" for at, name in enumerate(_KYRGYZ_MONTHS, 1)))
_ENGLISH = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_LONGEST_STEM = max(map(len, _MONTH_STEMS))

_ALMATY = ZoneInfo("Asia/Almaty")
"""At UTC+6 until 2024-03-01, at UTC+5 since."""

_ZONE_HOURS: dict[str, float] = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0,
    "kgt": 6, "kzt": 5, "uzt": 5, "tjt": 5, "tmt": 5, "aqtt": 5, "orat": 5, "qyzt": 5,
    "msk": 3, "мск": 3, "msd": 4, "yekt": 5, "omst": 6, "novt": 7, "krat": 7, "samt": 4,
    "aft": 4.5, "irst": 3.5, "pkt": 5, "trt": 3, "azt": 4, "get": 4, "amt": 4,
    "cet": 1, "cest": 2, "mez": 1, "eet": 2, "eest": 3, "bst": 1, "west": 1,
    "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
    "hkt": 8, "sgt": 8, "jst": 9, "kst": 9,
}  # fmt: skip


def with_one_word_months(text: str) -> str:
    """Return a lower-case date in which months of two words, which only Kyrgyz has, are English ones."""
    return _KYRGYZ.sub(lambda found: _ENGLISH[int((found.lastgroup or "m1")[1:]) - 1], text)


def month_of(word: str) -> int | None:
    """Return the month that a word names, 1 to 12; endings and a dot after an abbreviation do not matter."""
    lowered = word.lower().rstrip(".")
    for length in range(min(len(lowered), _LONGEST_STEM), 2, -1):
        month = _MONTH_STEMS.get(lowered[:length])
        if month is not None:
            return month
    return None


def offset_of_zone(name: str, local: datetime) -> timedelta | None:
    """Return a named zone's distance from UTC at a local time; None for an unknown or ambiguous name."""
    lowered = name.lower()
    if lowered == "almt":
        return _ALMATY.utcoffset(local)
    hours = _ZONE_HOURS.get(lowered)
    return None if hours is None else timedelta(hours=hours)
