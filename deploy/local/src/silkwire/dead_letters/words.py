"""What is printed: the table, one letter in full, JSON (pure)."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from shared.bus.dead_letter_choice import Letter
from shared.contracts.base import format_instant
from silkwire.dead_letters.spans import span

COLUMNS = "{:<12} {:<21} {:<26} {:<14} {:>5}  {:<16} {:<16} {:>5}  {}"
REASON_WIDTH = 80


def head() -> str:
    """The table's first line."""
    return COLUMNS.format("id", "type", "subject", "cause", "tries", "first failed", "died", "age", "reason")


def row(letter: Letter, now: datetime) -> str:
    """A letter as a line of the table."""
    said, died_at = letter.said, letter.died_at
    return COLUMNS.format(
        plain(letter.id)[:12] or "-",
        plain(letter.type)[:21] or "-",
        plain(letter.subject)[:26] or "-",
        plain(said.cause)[:14],
        said.attempts,
        minute(said.first_at),
        minute(said.last_at),
        "-" if died_at is None else span((now - died_at).total_seconds()),
        plain(said.reason)[:REASON_WIDTH],
    )


def summary(counts: Mapping[tuple[str, str], int]) -> Iterator[str]:
    """How many letters of each queue and cause, most first; then all of them."""
    for (queue, cause), count in Counter(counts).most_common():
        yield f"{count:>7}  {queue}  {plain(cause)}"
    total = sum(counts.values())
    yield "no dead letters" if not total else f"{total:>7}  in all"


def whole(letter: Letter) -> Iterator[str]:
    """A letter in full: its history, its headers, its body."""
    said = letter.said
    yield f"{plain(letter.id) or '(no id)'}  in {letter.queue}"
    yield f"  cause     {plain(said.cause)}: {plain(said.reason)}"
    yield f"  given up  {said.last_at or 'at a time unknown'}, by {said.service}, after {said.attempts} failed attempts"
    yield f"  first     {said.first_at or 'unknown'}"
    yield "headers"
    for name, value in sorted(letter.headers.items()):
        yield f"  {plain(name)}: {plain(value if isinstance(value, str) else as_json(value))}"
    yield f"body, {len(letter.body)} bytes"
    yield from (f"  {line}" for line in _body_lines(letter.body))


def as_object(letter: Letter, *, with_content: bool) -> dict[str, Any]:
    """A letter for programs; `with_content` adds its headers and its body."""
    said = asdict(letter.said)
    told = {"id": letter.id, "type": letter.type, "subject": letter.subject, **said, "queue": letter.queue}
    if with_content:
        told["headers"] = dict(letter.headers)
        told["body"] = _body_value(letter.body)
    return told


def as_json(value: Any) -> str:
    """A value as one line of JSON; what JSON cannot say is written as text."""
    return json.dumps(value, ensure_ascii=False, default=_plain_value)


def minute(instant: str | None) -> str:
    """A time to the minute."""
    return (instant or "-")[:16].replace("T", " ")


def plain(text: str) -> str:
    """Text that cannot play with a terminal: it comes from outside, so control characters are shown, not obeyed."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def _plain_value(value: object) -> str:
    if isinstance(value, datetime):
        return format_instant(value) if value.tzinfo is not None else value.isoformat()
    return value.decode(errors="replace") if isinstance(value, bytes | bytearray) else str(value)


def _body_value(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body.decode(errors="backslashreplace")


def _body_lines(body: bytes) -> Iterator[str]:
    value = _body_value(body)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
    for line in text.splitlines():
        yield plain(line)
