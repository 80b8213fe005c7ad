"""Errors of the parts reach the screen, nothing else does."""

import json
from pathlib import Path

from silkwire.logs import LogWatch, describe

ERROR = {"event": "store_failed", "level": "error", "service": "search", "reason": "no primary"}


def test_an_error_is_told_with_its_facts() -> None:
    assert describe(json.dumps(ERROR), "x") == "search: store_failed (reason no primary)"


def test_an_exception_is_told_by_its_last_line() -> None:
    line = json.dumps({**ERROR, "exception": "Traceback\n  File\nValueError: no"})
    assert describe(line, "x") == "search: store_failed (reason no primary, ValueError: no)"


def test_what_is_no_error_or_no_json_is_not_shown() -> None:
    assert describe(json.dumps({**ERROR, "level": "info"}), "x") is None
    assert describe("Traceback (most recent call last):", "x") is None
    assert describe("7", "x") is None


def test_only_new_whole_lines_are_shown_and_the_same_event_not_again_at_once(tmp_path: Path) -> None:
    """A lost database would otherwise fill the screen."""
    log, said = tmp_path / "search.log", list[str]()
    log.write_text(json.dumps(ERROR) + "\n", encoding="utf-8")
    watch = LogWatch(said.append, [log])
    with log.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(ERROR) + "\n" + json.dumps(ERROR) + "\n" + json.dumps(ERROR)[:20])
    watch.look(0)
    assert said == ["  ! search: store_failed (reason no primary)"]
    with log.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(ERROR)[20:] + "\n")
    watch.look(31)
    assert len(said) == 2
