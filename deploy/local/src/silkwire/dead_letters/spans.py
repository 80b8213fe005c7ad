"""Spans of time as people write and read them (pure)."""

import re
from datetime import timedelta

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def parse_span(text: str) -> timedelta:
    """Read a span of time such as `90s`, `15m`, `2h`, `7d` or `1h30m`.

    Raises:
        ValueError: It is not one.
    """
    parts = re.findall(r"(\d+)([smhd])", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"`{text}` is not a span of time; write 90s, 15m, 2h, 7d or 1h30m")
    try:
        return timedelta(seconds=sum(int(number) * UNITS[unit] for number, unit in parts))
    except OverflowError as err:
        raise ValueError(f"`{text}` is too long a span of time") from err


def span(seconds: float) -> str:
    """A span of time in its largest unit, cut: 3h."""
    whole = max(0, int(seconds))
    unit = next((unit for unit in ("d", "h", "m") if whole >= UNITS[unit]), "s")
    return f"{whole // UNITS[unit]}{unit}"
