"""The sources of a running system and how they do, as a table for people."""

from datetime import datetime

from shared.contracts.http.sources import SourceHealth

_MOST_CHARS = 40
"""Of a name; ids are never cut, since the other commands take them."""


def table(found: list[SourceHealth]) -> list[str]:
    """The sources as lines for people, the columns as wide as they need be."""
    rows = [
        ("source", "id", "country", "language", "articles", "last success", "state"),
        *(_row(one) for one in found),
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    count = "1 source" if len(found) == 1 else f"{len(found)} sources"
    return [*(_line(row, widths) for row in rows), count]


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    cells = [f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False)]
    return "  ".join([*cells, row[-1]])


def _row(source: SourceHealth) -> tuple[str, ...]:
    return (
        source.name[:_MOST_CHARS],
        source.id,
        source.country or "-",
        source.language or "-",
        str(source.articles),
        _minute(source.last_success_at),
        _state(source),
    )


def _state(source: SourceHealth) -> str:
    told = "ok" if source.state == "active" else source.state
    return told if source.last_failure is None else f"{told}: {source.last_failure.replace('_', ' ')}"


def _minute(at: datetime | None) -> str:
    return "never" if at is None else f"{at:%Y-%m-%d %H:%MZ}"
