"""Feeds whose answers are known give these answers, or differ by a rule that has a reason; real feeds crash nothing.

`make conformance` prints the table.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conformance.feeds import corpus, feedparser, gofeed, listparser
from tests.conformance.feeds.outcome import Book, Outcome


@pytest.fixture
def feeds(conformance_data: Path) -> Path:
    return conformance_data / "feeds"


def enter_all(
    book: Book, name: str, folder: Path, judge: Callable[[Path], Outcome], files: list[Path]
) -> None:
    assert files, f"no files in {folder}"
    for file in files:
        book.enter(name, file.relative_to(folder).as_posix(), judge(file))
    assert book.failures(name) == []


def test_what_feedparsers_tests_expect_is_found(feeds: Path, book: Book) -> None:
    root = feeds / "feedparser" / "tests"
    files = [file for file in sorted(root.rglob("*")) if file.suffix in {".xml", ".json"}]
    enter_all(book, "feedparser", root, lambda file: feedparser.judge(file, root), files)


def test_what_gofeed_finds_is_found(feeds: Path, book: Book) -> None:
    root = feeds / "gofeed" / "testdata"
    files = [file for file in sorted(root.rglob("*.xml")) if file.with_suffix(".json").exists()]
    enter_all(book, "gofeed", root, gofeed.judge, files)


def test_lists_of_feeds_are_read_as_listparser_does(feeds: Path, book: Book) -> None:
    root = feeds / "listparser-opml" / "tests" / "files"
    enter_all(book, "listparser", root, listparser.judge, sorted(root.rglob("*.xml")))


@pytest.mark.parametrize("name", corpus.SETS)
def test_real_feeds_crash_nothing_and_keep_all_their_entries(feeds: Path, book: Book, name: str) -> None:
    enter_all(book, name, feeds / name, corpus.judge, list(corpus.documents(feeds, name)))
