"""The newsroom's journal: a second start on a folder shows the same articles, whatever happened in between."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from silkwire.newsroom.journal import Journal
from silkwire.newsroom.room import Entry, Newsroom

ANCHOR = datetime(2026, 6, 18, 9, 30, 12, 500_000, tzinfo=UTC)
LATER = ANCHOR + timedelta(days=3)
ENTRIES = [
    Entry("arrived", ANCHOR + timedelta(minutes=1, microseconds=7)),
    Entry("published", ANCHOR + timedelta(minutes=2), count=3),
    Entry("edited", ANCHOR + timedelta(minutes=3), source_id="naryn-wire", guid="g", title="Жаңы аталыш"),
]


def test_the_anchor_is_that_of_the_first_start(tmp_path: Path) -> None:
    first = Journal(tmp_path / "newsroom", ANCHOR)
    assert first.anchor == ANCHOR.replace(microsecond=0)
    assert Journal(tmp_path / "newsroom", LATER).anchor == first.anchor


def test_entries_come_back_as_they_were(tmp_path: Path) -> None:
    journal = Journal(tmp_path, ANCHOR)
    for entry in ENTRIES:
        journal.append(entry)
    assert Journal(tmp_path, LATER).entries == ENTRIES


def test_a_line_that_was_cut_by_a_kill_is_dropped(tmp_path: Path) -> None:
    journal = Journal(tmp_path, ANCHOR)
    journal.append(ENTRIES[0])
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes() + b'{"kind": "arri')
    again = Journal(tmp_path, LATER)
    again.append(ENTRIES[1])
    assert Journal(tmp_path, LATER).entries == ENTRIES[:2]


def test_a_journal_killed_in_its_first_line_starts_anew(tmp_path: Path) -> None:
    (tmp_path / "newsroom.jsonl").write_bytes(b'{"anch')
    assert Journal(tmp_path, LATER).anchor == LATER.replace(microsecond=0)


def test_a_second_start_shows_the_same_articles_and_arrivals(tmp_path: Path) -> None:
    journal = Journal(tmp_path, ANCHOR)
    room = Newsroom(journal.anchor)
    for entry in (Entry("arrived", ANCHOR + timedelta(minutes=number)) for number in range(1, 20)):
        journal.append(entry)
        room.apply(entry)
    again = Journal(tmp_path, LATER)
    assert Newsroom(again.anchor, entries=again.entries).articles(LATER) == room.articles(LATER)
