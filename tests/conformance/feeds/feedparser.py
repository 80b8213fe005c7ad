"""feedparser's own tests: each file says in a comment what is expected, as a Python expression; it is read, never run."""

import ast
import codecs
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

from ingest.adapters.feedparser_entries import parse_feed
from ingest.domain.decoding.decode import Decoded, decode
from ingest.domain.fetching.outcomes import UnreadableFeedError
from ingest.domain.parsing.entries import Markup, RawEntry, RawFeed
from tests.conformance.feeds import rules, texts
from tests.conformance.feeds.outcome import PASSED, Outcome

ORIGIN = "http://127.0.0.1:8097/"
"""Where feedparser's tests serve their files."""

_EXPECT = re.compile(r"Expect:\s*(.+?)\s*-->", re.DOTALL)
_HEADER = re.compile(r"^\s*Header:\s*([\w-]+)\s*:\s*(.*?)\s*$", re.MULTILINE)
_HTML_TYPES = {"text/html", "application/xhtml+xml"}
_TEXTS = {"summary", "description", "content"}
_TIMES = {"published", "updated", "created", "issued", "modified", "date"}

_PLAIN_TYPES = {"text/plain"}
_KINDS = {
    **dict.fromkeys(_TIMES, "times"),
    **dict.fromkeys(("links", "enclosures", "media_content", "media_thumbnail", "image"), "links"),
    **dict.fromkeys(("tags", "category"), "topics"),
}

Path_ = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that is expected: what stands at a place of feedparser's result."""

    place: Path_
    value: object


@dataclass(frozen=True, slots=True)
class Case:
    """One file.

    Attributes:
        url: the address it would have been served at.
        claims: what is expected and can be told from our result.
        others: what is expected besides, in short.
    """

    url: str
    claims: tuple[Claim, ...]
    others: tuple[str, ...]


def judge(file: Path, root: Path) -> Outcome:
    """Compare what feedparser's tests expect of a file with what we find in it.

    Args:
        file: the document.
        root: the folder that is served.
    """
    body = file.read_bytes()
    said = _comment(body)
    if said is None:
        return Outcome("not asked", "no expectation in the file")
    headers = {name.lower(): value for name, value in _HEADER.findall(said)}
    case = _case(said, headers, f"{ORIGIN}{file.relative_to(root.parent).as_posix()}")
    try:
        decoded = decode(body, headers.get("content-type"))
        feed = parse_feed(decoded.text, case.url)
    except UnreadableFeedError as error:
        rule = rules.refusal(file, error)
        return Outcome("by decision", rule) if rule else Outcome("failed", f"{error.reason}: {error.detail}")
    return _encoded(decoded, case, file) or _compared(feed, case, file)


def _encoded(decoded: Decoded, case: Case, file: Path) -> Outcome | None:
    """Judge files that are about nothing but their encoding: the letters must be there, the label is ours to choose."""
    if {claim.place for claim in case.claims} != {("encoding",)}:
        return None
    expected = str(case.claims[0].value)
    try:
        same = codecs.lookup(expected).name == codecs.lookup(decoded.encoding).name
    except LookupError:
        same = False
    if same:
        return PASSED
    rule = rules.single(file) if decoded.flaw else rules.LETTERS
    return Outcome("by decision", rule) if rule else Outcome("failed", f"letters were lost: {decoded.flaw}")


def _compared(feed: RawFeed, case: Case, file: Path) -> Outcome:
    used = []
    asked = [claim for claim in case.claims if _is_extracted(claim.place)]
    for claim in asked:
        verdict = _check(feed, claim, case.url)
        if verdict is True:
            continue
        rule = (
            verdict
            if isinstance(verdict, str)
            else rules.difference(file, claim.place, _found(feed, claim.place), claim.value, case.url)
        )
        if not rule:
            return Outcome(
                "failed", f"{claim.place} is not {claim.value!r:.200}; {_shown(feed, claim.place)!r:.300}"
            )
        used.append(rule)
    if used:
        return Outcome("by decision", used[0])
    if asked:
        return PASSED
    skipped = [*(_name(claim.place) for claim in case.claims), *case.others]
    return Outcome(
        "not asked", f"about {rules.subject(skipped[0])}" if skipped else "only that nothing crashes"
    )


def _comment(body: bytes) -> str | None:
    for codec in ("utf-8", "utf-16", "utf-32", "cp037", "latin-1"):
        try:
            text = body.decode(codec)
        except UnicodeError:
            continue
        match = re.search(r"<!--(?:(?!-->).)*?Expect:.*?-->", text, re.DOTALL)
        if match:
            return match[0]
    return None


def _case(said: str, headers: dict[str, str], url: str) -> Case:
    expected = _EXPECT.search(said)
    expression = " ".join(expected[1].split()) if expected else ""
    location = headers.get("content-location", "")
    claims: list[Claim] = []
    others = []
    for part in _parts(expression):
        found = _claims(part)
        claims.extend(found)
        if not found and ast.unparse(part) not in {"not bozo", "bozo", "1"}:
            others.append(ast.unparse(part))
    return Case(location if location.startswith("http") else url, tuple(claims), tuple(others))


def _parts(expression: str) -> Iterator[ast.expr]:
    """Give the parts that must all hold."""
    waiting: list[ast.expr] = [ast.parse(expression.strip(), mode="eval").body]
    while waiting:
        part = waiting.pop(0)
        if isinstance(part, ast.BoolOp) and isinstance(part.op, ast.And):
            waiting[:0] = part.values
        else:
            yield part


def _claims(part: ast.expr) -> tuple[Claim, ...]:
    """Return what `a == b == "value"` says; nothing for what is said otherwise."""
    if not (isinstance(part, ast.Compare) and all(isinstance(one, ast.Eq) for one in part.ops)):
        return ()
    *places, last = (part.left, *part.comparators)
    try:
        value = _literal(last)
    except ValueError:
        return ()
    found = tuple(Claim(_place(place), value) for place in places)
    return found if all(claim.place for claim in found) else ()


def _literal(node: ast.expr) -> object:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return f"{_literal(node.left)}{_literal(node.right)}"  # texts in several pieces
    return ast.literal_eval(node)


def _place(node: ast.expr) -> Path_:
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Attribute):
        inner = _place(node.value)
        return (*inner, node.attr) if inner else ()
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        inner = _place(node.value)
        key = node.slice.value
        return (*inner, key) if inner and isinstance(key, str | int) else ()
    return ()


def _name(place: Path_) -> str:
    return ".".join(str(step) for step in place if not isinstance(step, int))


def _is_extracted(place: Path_) -> bool:
    return _name(place) in _EXTRACTED


_EXTRACTED = {
    *("version", "feed.title", "feed.title_detail.value", "feed.link", "feed.language"),
    *(
        f"entries.{name}"
        for name in ("title", "link", "id", "guid", "author", "category", "language", *_TIMES)
    ),
    *("entries.author_detail.name", "entries.authors.name", "entries.tags.term", "entries.image.href"),
    *("entries.summary", "entries.description", "entries.links.href"),
    *(f"entries.{name}.url" for name in ("enclosures", "media_content", "media_thumbnail")),
    *("entries.enclosures.href", "entries.content.value"),
    *(
        f"entries.{name}.{part}"
        for name in ("title_detail", "summary_detail")
        for part in ("value", "type", "base")
    ),
    *(f"entries.{name}.language" for name in ("title_detail", "summary_detail", "content")),
    *(f"entries.content.{part}" for part in ("type", "base")),
}


def _check(feed: RawFeed, claim: Claim, url: str) -> bool | str:
    """Whether a claim holds; the rule by which it does in our way."""
    first, *rest = claim.place
    if first == "version":
        return feed.kind == claim.value
    if first == "feed":
        own = {"title": feed.title, "title_detail": feed.title, "link": feed.link, "language": feed.language}
        return _same([Markup(own[str(rest[0])] or "", is_html=True)], claim.value, url)
    number, *rest = rest
    if not isinstance(number, int) or number >= len(feed.entries):
        return False
    return _check_entry(feed.entries[number], [str(step) for step in rest], claim.value, url)


def _check_entry(entry: RawEntry, place: Sequence[str], value: object, url: str) -> bool | str:
    holder, part = place[0].removesuffix("_detail"), place[-1]
    markups = _markups(entry, holder)
    sets: dict[str, set[object]] = {
        "base": {one.base or url for one in markups},
        "type": {kind for one in markups for kind in (_HTML_TYPES if one.is_html else _PLAIN_TYPES)},
        "language": {entry.language, entry.language or ""},
        "links": {urljoin(url, one) for one in (entry.link or "", *entry.images)},
        "link": {urljoin(url, entry.link or "")},
        "times": {entry.published, entry.updated},
        "topics": set(entry.topics),
    }
    kind = part if part in sets else _KINDS.get(holder)
    if kind is None:
        return _same(markups, value, url)
    return (value or None) in {one or None for one in sets[kind]}


def _markups(entry: RawEntry, name: str) -> list[Markup]:
    if name == "title":
        return [entry.title] if entry.title else []
    if name in _TEXTS:
        return [*entry.contents, *([entry.summary] if entry.summary else [])]
    plain = {"id": [entry.guid], "guid": [entry.guid]}
    values = plain.get(name, list(entry.authors))
    return [Markup(value, is_html=False) for value in values if value]


def _found(feed: RawFeed, place: Path_) -> list[Markup]:
    """Return our texts at a place."""
    if place[0] == "entries" and isinstance(place[1], int) and place[1] < len(feed.entries):
        return _markups(feed.entries[place[1]], str(place[2]).removesuffix("_detail"))
    return [Markup(feed.title, is_html=True)]


def _same(ours: Sequence[Markup], value: object, url: str) -> bool | str:
    if not value and not any(one.value for one in ours):
        return True
    if not isinstance(value, str):
        return False
    if texts.as_written(ours, value):
        return True
    return rules.SANITISED_LATER if texts.as_seen(ours, value, url) else False


def _shown(feed: RawFeed, place: Path_) -> object:
    if place[0] != "entries" or not isinstance(place[1], int):
        return (feed.kind, feed.title, feed.link, feed.language)
    return feed.entries[place[1]] if place[1] < len(feed.entries) else "no such entry"
