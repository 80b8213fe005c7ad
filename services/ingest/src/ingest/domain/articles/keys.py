"""By what an article is known within its outlet: guid, address, title with text; each as the id it would give.

A key is what an article's id is made of: an article whose first key is its id may be known by several more, its
aliases. Rules for guids by what publishers do (FreshRSS `app/Models/Feed.php`, miniflux#3120, feedbin#206): some
change when the scheme does, some are the title again, some are the home page, some count from 1 in every feed.
"""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from ingest.domain.articles.identity import article_id, canonical_url
from ingest.domain.articles.variants import page_address

KeyKind = Literal["guid", "url", "shared", "entry", "copy"]
"""`shared` is an address that several articles of one feed have; `entry` is the address together with the title;
`copy` is title and text in a certain week."""

COPY_WITHIN = timedelta(days=7)
"""Equal title and text this far apart are one article; a yearly greeting is not last year's."""

NEXT_ISSUE = timedelta(hours=20)
"""Equal title and text whose printed times are further apart are another issue: of a daily programme, whose episodes have the
same few sentences each day, a week kept only the first."""

COPY_MIN_WORDS = 20
"""A shorter text proves nothing: "Photo of the day" stands under many titles that are alike."""

_WEAK_GUID = re.compile(r"\d*|.{1,5}", re.DOTALL)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Key:
    """One thing by which an article is known.

    Attributes:
        kind: what it is made of, which says how far it can be trusted.
        id: the article id that it gives.
    """

    kind: KeyKind
    id: str


@dataclass(frozen=True, slots=True)
class Name:
    """What an entry says of who it is.

    Attributes:
        guid: as the publisher wrote it; None where there is none or it identifies nothing.
        url: canonical address.
        title: as shown.
        printed: the publication time as it stands in the feed.
    """

    guid: str | None
    url: str
    title: str
    printed: str = ""


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """What identifies nothing within one feed.

    Attributes:
        guids: on entries of different titles, and of different addresses or times.
        urls: identity forms of addresses that different entries have in common.
    """

    guids: frozenset[str]
    urls: frozenset[str]


def ambiguous(names: Sequence[Name]) -> Ambiguous:
    """Return which guids and addresses of a feed stand for several articles; the order of entries is no matter."""
    by_guid: dict[str, tuple[set[str], set[str]]] = {}
    for name in names:
        if name.guid:
            places, titles = by_guid.setdefault(name.guid, (set(), set()))
            places.add(f"{page_address(name.url)}\n{name.printed}")
            titles.add(folded(name.title))
    reused = frozenset(guid for guid, found in by_guid.items() if all(len(one) > 1 for one in found))
    by_url: dict[str, tuple[set[str], set[str]]] = {}
    for name in names:
        guid = name.guid if name.guid not in reused else None
        said, titles = by_url.setdefault(page_address(name.url), (set(), set()))
        said.add(guid or folded(name.title))
        titles.add(folded(name.title))
    common = frozenset(url for url, found in by_url.items() if all(len(one) > 1 for one in found))
    return Ambiguous(reused, common)


def keys_of(outlet: str, source_id: str, name: Name, unsure: Ambiguous) -> tuple[Key, ...]:
    """Return an entry's keys; the first one is what a new article's id is made of.

    That is the guid, unless it is missing, reused, a bare number or the title again: then the address. Where many
    entries of a feed have one address, even a weak guid is better than that, and without any guid the title.
    """
    address = f"url:{page_address(name.url)}"
    shared = page_address(name.url) in unsure.urls
    guid = _guid_key(name, source_id, shared=shared) if name.guid not in unsure.guids else None
    if (
        shared and guid == address
    ):  # the part after the hash, which addresses drop, may be all that tells them apart
        guid = f"guid:{(name.guid or '').strip()}"
    found: list[tuple[KeyKind, str]] = []
    if guid not in {None, address}:
        found.append(("guid", str(guid)))
    if not shared:
        found.append(("url", address))
    found.append(("entry", f"{address}\n{folded(name.title)}"))
    if shared:
        found.append(("shared", address))
    return tuple(Key(kind, article_id(outlet, text)) for kind, text in found)


def grouped(named: Sequence[Sequence[Key]]) -> list[list[int]]:
    """Return the places of entries that are one article, in the order of the first of each."""
    group_of: dict[str, int] = {}
    groups: dict[int, list[int]] = {}
    for place, keys in enumerate(named):
        ids = [key.id for key in keys if key.kind != "shared"]
        joined = sorted({group_of[one] for one in ids if one in group_of} | {place})
        first = joined[0]
        members = [member for one in joined for member in groups.pop(one, [place])]
        groups[first] = members
        for member in members:
            group_of |= {key.id: first for key in named[member] if key.kind != "shared"}
    return [groups[one] for one in sorted(groups)]


def copy_keys(outlet: str, title: str, text: str, at: datetime) -> tuple[Key, ...]:
    """Return the keys of title and text: of the week it was published in, and of the weeks beside it.

    Args:
        outlet: the publisher.
        title: the article's title.
        text: its plain text; where it is too short there are no keys.
        at: when it was published, aware UTC.
    """
    if len(text.split(maxsplit=COPY_MIN_WORDS)) < COPY_MIN_WORDS:
        return ()
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    week = (at - _EPOCH) // COPY_WITHIN
    made = f"copy:{folded(title)}\n{digest}"
    return tuple(Key("copy", article_id(outlet, f"{made}\n{one}")) for one in (week, week - 1, week + 1))


def folded(title: str) -> str:
    """Return the words of a title without case and punctuation."""
    letters = unicodedata.normalize("NFKC", title).casefold()
    words = "".join(one if one.isalnum() else " " for one in letters).split()
    return " ".join(words) if words else letters.strip()


def _guid_key(name: Name, source_id: str, *, shared: bool) -> str | None:
    cleaned = (name.guid or "").strip()
    as_url = canonical_url(cleaned) if cleaned.lower().startswith(("http://", "https://")) else None
    if as_url is not None:
        return f"url:{page_address(as_url)}"
    if _WEAK_GUID.fullmatch(cleaned):
        return f"guid:{source_id}:{cleaned}" if cleaned and shared else None
    return None if folded(cleaned) in {"", folded(name.title)} else f"guid:{cleaned}"
