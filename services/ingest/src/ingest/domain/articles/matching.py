"""Which stored article each entry is: the same one under another guid or address, a copy of it, or one never seen.

Evidence in this order: the address together with the title; the address; the guid, if anything else speaks for it
(a guid that comes back with another address, title and text is reused); title and text within a week.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ingest.domain.articles.decide import PRINTED, StoredItem, digest
from ingest.domain.articles.keys import COPY_WITHIN, NEXT_ISSUE, Key, copy_keys
from ingest.domain.articles.normalise import Candidate
from ingest.domain.articles.variants import page_address
from ingest.domain.dates.reading import settle

MAX_KEYS = 48
"""Names that an article remembers: as many as its revisions, twice over. A site that invents one at each poll is not
followed for ever."""


@dataclass(frozen=True, slots=True)
class Match:
    """An entry with its place among what is stored.

    Attributes:
        candidate: the entry, under the id of the article that it is.
        stored: what is remembered of that article, None for one never seen.
        copy: True where the entry shows the article at another address than its own.
        learnt: keys that the article is to be known by from now on.
    """

    candidate: Candidate
    stored: StoredItem | None
    copy: bool
    learnt: tuple[str, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """Everything that the article is known by once it is stored."""
        return (*(self.stored.keys if self.stored is not None else ()), *self.learnt)

    @property
    def copies(self) -> tuple[str, ...]:
        """Those keys by which its copies are known, once it is stored as the entry shows it.

        An address that was a copy's and takes the article over is one no more.
        """
        return self.stored.copies if self.stored is not None and not self.copy else ()


def keys_to_look_up(candidates: Sequence[Candidate], now: datetime) -> list[str]:
    """Return every key under which one of the entries may be stored."""
    found = (key.id for one in candidates for key in (*one.keys, *_copy_keys(one, now)))
    return list(dict.fromkeys(found))


def by_key(items: Sequence[StoredItem]) -> dict[str, StoredItem]:
    """Return items by each of their keys."""
    return {key: item for item in items for key in item.keys}


def match(candidate: Candidate, held: Mapping[str, StoredItem], now: datetime) -> Match:
    """Find the article that an entry is.

    Args:
        candidate: the entry.
        held: stored articles by key; all that `keys_to_look_up` named were looked for.
        now: the current instant, aware UTC; stands for the publication time where there is none.
    """
    copies = _copy_keys(candidate, now)
    own = (*candidate.keys, *copies[:1])
    for key in sorted((*candidate.keys, *copies), key=lambda one: _ORDER.index(one.kind)):
        item = held.get(key.id)
        if item is not None and _is_same(key, item, candidate, now):
            copy = key.kind == "copy" or key.id in item.copies
            learnt = tuple(one for one in _holdable(own) if one not in held)
            room = MAX_KEYS - len(item.keys)
            return Match(replace(candidate, id=item.id), item, copy, learnt[: max(room, 0)])
    return _unseen(candidate, own, held)


def _unseen(candidate: Candidate, own: Sequence[Key], held: Mapping[str, StoredItem]) -> Match:
    """Give an article its id: its first key that no other article has."""
    # There is always one: where address and title together are taken, the entry is that article.
    first = next(one.id for one in own if one.kind in {"guid", "url", "entry"} and one.id not in held)
    kept = (first, *(one for one in _holdable(own) if one not in held))
    return Match(replace(candidate, id=first), None, copy=False, learnt=tuple(dict.fromkeys(kept)))


def _holdable(own: Sequence[Key]) -> tuple[str, ...]:
    """Return the keys that an article is to be known by: the address alone, or with the title where it is shared."""
    shared = any(one.kind == "shared" for one in own)
    return tuple(
        dict.fromkeys(one.id for one in own if one.kind != "shared" and (shared or one.kind != "entry"))
    )


_ORDER = ("entry", "url", "guid", "shared", "copy")


def _is_same(key: Key, item: StoredItem, candidate: Candidate, now: datetime) -> bool:
    if key.kind in {"entry", "url"}:
        return True
    if key.kind == "shared":
        return _same_title(item, candidate)
    if key.kind == "copy":
        return _is_copy(item, candidate, now)
    exact = candidate.published is not None and candidate.published.certainty == "exact"
    at_once = exact and item.digests.get(PRINTED) == digest(candidate.printed)
    return (
        item.withdrawn  # its digests are erased; what its owner took down must not come back by a new address
        or _same_title(item, candidate)
        or page_address(item.url) == page_address(candidate.url)
        or bool(candidate.text and item.digests.get("text") == digest(candidate.text))
        or at_once
    )


def _is_copy(item: StoredItem, candidate: Candidate, now: datetime) -> bool:
    """Tell whether equal title and text are one article: those of a daily programme are equal each day."""
    apart = abs(item.published_at - settle(candidate.published, now).at)
    dated = candidate.published is not None and item.published_certainty not in {None, "first_seen"}
    # What was taken down must not come back with another date.
    return apart <= (NEXT_ISSUE if dated and not item.withdrawn else COPY_WITHIN)


def _same_title(item: StoredItem, candidate: Candidate) -> bool:
    return item.digests.get("title") == digest(candidate.title)


def _copy_keys(candidate: Candidate, now: datetime) -> tuple[Key, ...]:
    return copy_keys(candidate.outlet, candidate.title, candidate.text, settle(candidate.published, now).at)


def match_all(
    candidates: Sequence[Candidate], held: Mapping[str, StoredItem], now: datetime
) -> tuple[Match, ...]:
    """Match the entries of one feed; of several that are one article all but one count as its copies.

    The one is what shows the article at its own address, else what changed last.
    """
    found = [match(one, held, now) for one in candidates]
    best: dict[str, Match] = {}
    for one in found:
        if one.stored is not None and not one.copy:
            known = best.get(one.stored.id)
            if known is None or _rank(one) > _rank(known):
                best[one.stored.id] = one
    return tuple(
        one if one.stored is None or one is best.get(one.stored.id) else replace(one, copy=True)
        for one in found
    )


def _rank(one: Match) -> tuple[bool, float, str]:
    own_address = one.stored is not None and one.stored.url == one.candidate.url
    at = one.candidate.updated or one.candidate.published
    return own_address, at.at.timestamp() if at is not None else 0.0, one.candidate.url
