"""listparser's own tests: each file says in a comment what is expected of a list of feeds; the lines are read, never run."""

import ast
import re
from collections.abc import Callable
from pathlib import Path

from ingest.domain.sources.opml import OpmlError, SourceList, parse_opml
from tests.conformance.feeds.outcome import PASSED, Outcome

_EVAL = re.compile(r"^\s*Eval:\s*(.+?)\s*$", re.MULTILINE)
_COUNT = re.compile(r"len\(result\[.feeds.\]\) == (\d+)$")
_FIELD = re.compile(r"result\[.feeds.\]\[(\d+)\]\[.(title|url).\] == (.+)$")

RDF = "a list of sources is OPML; lists of friends in RDF (FOAF) are not read"
NO_NAME = "a source without a name is called by its address"
TWICE = "an address that is listed twice is one source, and the second row is reported"
NO_PAGE = "an outline of another kind with an xmlUrl is a source all the same"
BROKEN = "a list that is broken, or no OPML, is refused whole with the line: half a list would go unnoticed"
TITLE_FIRST = "a source is called by `title`, which exporters take from the feed, before `text`"


def judge(file: Path) -> Outcome:
    """Compare what listparser expects of a file with what we find in it."""
    body = file.read_bytes()
    text = body.decode("utf-8", "replace")
    expressions = _EVAL.findall(text)
    try:
        found = parse_opml(body, file.name)
    except OpmlError:
        if "rdf" in file.parts or "<rdf:" in text:
            return Outcome("by decision", RDF)
        return (
            Outcome("by decision", BROKEN)
            if "malformed" in file.parts or "unknown" in file.name
            else Outcome("failed", "refused")
        )
    verdicts = [verdict for one in expressions if (verdict := _check(one, found)) is not None]
    wrong = [verdict for verdict in verdicts if verdict is not PASSED]
    if wrong:
        return next((one for one in wrong if one.verdict == "failed"), wrong[0])
    return (
        PASSED if verdicts else Outcome("not asked", "about the list's owner, groups, pages and other lists")
    )


def _check(expression: str, found: SourceList) -> Outcome | None:
    """Judge one expectation; None for one about what we do not keep."""
    if count := _COUNT.match(expression):
        return _counted(int(count[1]), found)
    if field := _FIELD.match(expression):
        number, name = int(field[1]), field[2]
        if "result" in field[3]:
            return None
        return _field(found, number, name, str(ast.literal_eval(field[3])))
    return None


def _counted(expected: int, found: SourceList) -> Outcome:
    if len(found.sources) == expected:
        return PASSED
    twice = sum("second row" in fault.reason for fault in found.faults)
    if len(found.sources) + twice == expected:
        return Outcome("by decision", TWICE)
    if len(found.sources) > expected:
        return Outcome("by decision", NO_PAGE)
    return Outcome("failed", f"{len(found.sources)} sources, not {expected}; {found.faults!r:.200}")


def _field(found: SourceList, number: int, name: str, expected: str) -> Outcome:
    if number >= len(found.sources):
        twice = any("second row" in fault.reason for fault in found.faults)
        return (
            Outcome("by decision", TWICE)
            if twice
            else Outcome("failed", f"no source {number}: {found!r:.200}")
        )
    source = found.sources[number]
    get: dict[str, Callable[[], str]] = {"title": lambda: source.name, "url": lambda: source.url}
    if get[name]() == expected:
        return PASSED
    if name == "title" and not expected and source.name == source.url:
        return Outcome("by decision", NO_NAME)
    if name == "title" and source.name == "title":
        return Outcome("by decision", TITLE_FIRST)
    return Outcome("failed", f"{name} is {get[name]()!r}, not {expected!r}")
