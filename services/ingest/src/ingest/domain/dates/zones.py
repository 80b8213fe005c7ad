"""Which zone a publisher's dates without one are in: its own setting, else that of its country."""

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_BY_COUNTRY = {
    "KG": "Asia/Bishkek",
    "KZ": "Asia/Almaty",
    "UZ": "Asia/Tashkent",
    "TJ": "Asia/Dushanbe",
    "TM": "Asia/Ashgabat",
    "RU": "Europe/Moscow",
    "AF": "Asia/Kabul",
    "TR": "Europe/Istanbul",
    "AZ": "Asia/Baku",
    "GB": "Europe/London",
    "CZ": "Europe/Prague",
    "DE": "Europe/Berlin",
}
"""The zone of a country's capital, or of where its news is made; Kazakhstan has one zone since 2024-03-01."""


def zone_of(name: str | None, country: str | None) -> tzinfo:
    """Return the zone to assume; UTC where neither tells.

    Args:
        name: IANA name from the source's settings.
        country: ISO 3166-1 code of the publisher.
    """
    wanted = name or _BY_COUNTRY.get(country or "")
    if wanted is None:
        return UTC
    try:
        return ZoneInfo(wanted)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
