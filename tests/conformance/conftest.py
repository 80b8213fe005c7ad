"""Where the data with known answers is: never copied into the project, read in place; and the table of how it came out."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.conformance.feeds.outcome import Book

Tell = Callable[[str, Sequence[str]], None]
"""Puts a table, by its title, into the report at the end of the run."""

_TABLES = pytest.StashKey[list[tuple[str, Sequence[str]]]]()
_BOOK = pytest.StashKey[Book]()
_KEY = "SILKWIRE_CONFORMANCE_DATA"
_BESIDE = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture(scope="session")
def conformance_data() -> Path:
    """The folder that SILKWIRE_CONFORMANCE_DATA names, else `shared/data` beside the repository."""
    folder = Path(os.environ.get(_KEY) or _BESIDE)
    if not folder.is_dir():
        pytest.skip(f"the data with known answers is not here: {folder} is no folder; set {_KEY}")
    return folder


@pytest.fixture
def tell(pytestconfig: pytest.Config) -> Tell:
    """Collects tables of results; the run prints them at its end."""
    tables = pytestconfig.stash.setdefault(_TABLES, [])
    return lambda title, lines: tables.append((title, lines))


@pytest.fixture(scope="session")
def book(pytestconfig: pytest.Config) -> Book:
    """How every file came out, for the table at the end."""
    return pytestconfig.stash.setdefault(_BOOK, Book())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print what the tests told; where several processes share the tests, none of them has all of it."""
    came_out = list(config.stash.get(_BOOK, Book()).table())
    conformance = [("conformance", came_out)] if came_out else []
    for title, lines in (*config.stash.get(_TABLES, []), *conformance):
        terminalreporter.section(title)
        for line in lines:
            terminalreporter.line(line)
