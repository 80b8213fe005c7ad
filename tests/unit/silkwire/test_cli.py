"""What the command line's exit codes tell a script."""

import sys
from pathlib import Path

import pytest

from silkwire.cli import main


def exit_code(monkeypatch: pytest.MonkeyPatch, line: str) -> object:
    """Run the command line as its console script does."""
    monkeypatch.setattr(sys, "argv", ["silkwire", *line.split()])
    with pytest.raises(SystemExit) as left:
        main()
    return left.value.code


@pytest.mark.parametrize(
    "line", ["up --broker rabbit", "up --mongo here", "up --port many", "backfill", "no-such-command"]
)
def test_a_wrong_option_is_two_whoever_finds_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, line: str
) -> None:
    """A script that repeats what failed must not repeat what is wrong."""
    monkeypatch.chdir(tmp_path)
    assert exit_code(monkeypatch, line) == 2


def test_what_stands_in_the_way_is_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("INGEST_URL", raising=False)
    assert exit_code(monkeypatch, "sources list") == 1
