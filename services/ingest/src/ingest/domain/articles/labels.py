"""Who wrote an article and what it is about, as feeds say it: names without addresses, topics without lumps and fillers."""

import re
from collections.abc import Iterable, Iterator

from ingest.domain.parsing.entries import Markup
from ingest.domain.text.markup import one_line

MAX_AUTHORS = 20
MAX_TOPICS = 30
_MAX_NAME_CHARS = 150

_ADDRESS = re.compile(r"[<(\[]?\s*(?:mailto:)?[\w.+-]+@[\w-]+\.[\w.-]+\s*[>)\]]?")
_BY = re.compile(r"\A(?:by|written by|автор(?:ы)?|текст|author)(?:\s*:\s*|\s+(?=\S))", re.IGNORECASE)
_NOBODY = frozenset(
    {"admin", "administrator", "root", "webmaster", "user", "editor", "noreply", "no author", "unknown"}
)
"""Accounts of content systems."""

_NO_TOPIC = frozenset(
    {
        "uncategorized", "uncategorised", "без рубрики", "без категории", "не указано", "разное", "санатсыз",
        "рубрикасыз", "turkumlanmagan", "бе гурӯҳ", "none", "default", "n/a",
    }
)  # fmt: skip


def author_names(raw: Iterable[str]) -> tuple[str, ...]:
    """Return the names, each once: no e-mail address, no `by`, no account of the content system."""
    names = (name for one in raw for name in _people(_line(one)))
    return _each_once((name for name in names if name.casefold() not in _NOBODY), MAX_AUTHORS)


def topic_names(raw: Iterable[str]) -> tuple[str, ...]:
    """Return the topics, each once whatever its case: lists by comma are parted, fillers left out."""
    topics = (part.strip().lstrip("#").strip() for one in raw for part in re.split(r"[,;|]", _line(one)))
    meaningful = (one for one in topics if one.casefold() not in _NO_TOPIC and not one.isdecimal())
    return _each_once(meaningful, MAX_TOPICS)


def _line(raw: str) -> str:
    return one_line(Markup(raw, is_html="&" in raw or ("<" in raw and "@" not in raw)), _MAX_NAME_CHARS)


def _people(line: str) -> Iterator[str]:
    """Part `John Smith, Jane Doe; X`, but not `Smith, John`."""
    without = _BY.sub("", _ADDRESS.sub(" ", line).strip(" ,;")).strip()
    for part in re.split(r"\s*[;|]\s*", without):
        people = re.split(r"\s*,\s*", part)
        for person in people if all(" " in one for one in people) else [part]:
            name = " ".join(person.split()).strip(" ,()")
            if any(character.isalpha() for character in name):
                yield name


def _each_once(names: Iterable[str], most: int) -> tuple[str, ...]:
    by_folded: dict[str, str] = {}
    for name in names:
        if name:
            by_folded.setdefault(name.casefold(), name)
    return tuple(by_folded.values())[:most]
