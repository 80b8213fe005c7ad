"""Dates of feedparser's own test feeds, against the instants that its authors expect."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from ingest.adapters.feedparser_entries import parse_feed
from ingest.domain.dates.reading import read_date
from ingest.domain.decoding.decode import decode
from tests.conformance.conftest import Tell

_EXPECTED = re.compile(
    r"Expect:\s*(?:not bozo and )?entries\[0\]\['(published|updated|created)_parsed'\] == \((\d+(?:, \d+){5})"
)


def test_the_dates_of_another_parsers_feeds_are_read_as_its_authors_expect(
    conformance_data: Path, tell: Tell
) -> None:
    """RSS, Atom and Dublin Core in the forms their standards allow, and some they do not."""
    right, wrong = 0, []
    for path, field, at in _cases(conformance_data):
        entry = parse_feed(decode(path.read_bytes()).text, "http://127.0.0.1/").entries[0]
        read = read_date(entry.updated if field == "updated" else entry.published)
        if read is not None and read.at == at:
            right += 1
        else:
            wrong.append(f"{path.name}: {field} {at:%F %T}, read {read}")
    tell("Dates of feedparser's feeds", [f"{right} right, {len(wrong)} wrong", *wrong])
    assert right >= 14
    assert not wrong


def test_the_dates_that_a_third_parser_reads_are_the_same_instants_here(
    conformance_data: Path, tell: Tell
) -> None:
    """Gofeed's answers hold the text of each date beside the instant."""
    texts = dict(_pairs(conformance_data))
    wrong = []
    for text, at in texts.items():
        read = read_date(text)
        day_only = read is not None and read.certainty == "day_only" and read.at.date() == at.date()
        if not day_only and (read is None or read.at != at):
            wrong.append(f"{text}: {at:%F %T}, read {read}")
    tell("Dates of gofeed's feeds", [f"{len(texts) - len(wrong)} right, {len(wrong)} wrong", *wrong])
    assert len(texts) >= 10
    assert not wrong


def _pairs(data: Path) -> Iterator[tuple[str, datetime]]:
    for path in sorted((data / "feeds/gofeed").rglob("*.json")):
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            continue
        for entry in (
            [document, *(document.get("items") or document.get("entries") or [])]
            if isinstance(document, dict)
            else []
        ):
            for name in ("published", "updated", "pubDate"):
                text, at = entry.get(name), entry.get(f"{name}Parsed")
                if isinstance(text, str) and isinstance(at, str):
                    yield text, datetime.fromisoformat(at).astimezone(UTC).replace(microsecond=0)


def _cases(data: Path) -> Iterator[tuple[Path, str, datetime]]:
    for path in sorted((data / "feeds/feedparser/tests").rglob("*.xml")):
        match = _EXPECTED.search(path.read_text(encoding="utf-8", errors="replace"))
        if match:
            numbers = [int(number) for number in match[2].split(", ")]
            yield path, match[1], datetime(*numbers, tzinfo=UTC)  # type: ignore[misc,arg-type]  # six of them
