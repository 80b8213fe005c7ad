"""Which articles tell the same story: those whose texts are nearly the same, published within days of each other.

Articles are the points of a graph, two that are alike are joined, and whatever hangs together is one story. So the
stories follow from the articles alone, in whatever order these come, change and go: two stories become one when an article
is alike to both, and an edit may move an article or part a story. A story is named after its article that was seen
first; that is when we saw it, and no claim about who published first.

What hundreds of articles have in common is a form that is filled in (rates, weather, tenders), not a story: keys that many
texts share join nobody. Besides being right, this bounds the work for an article, which would grow with the copies of a form.
A bulletin of each day is alike to the next one, and hangs together for ever: what goes on for longer than `LONGEST` is parted, from
its earliest article on, into stories that do not.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from search.domain.near_duplicates import SHARED_KEYS, Sketch, alike

WINDOW = timedelta(days=3)
"""Alike texts published further apart are bulletins and anniversaries, not one story."""

LONGEST = timedelta(days=7)
"""From a story's earliest article to its last. News are copied for days; what is printed again for weeks is no news."""

MOST_SHARING = 100
"""So many articles at hand may share a key of their sketches; with one more it is a form's, until the memory is emptied. No
story has been told by so many outlets; the region has a few hundred."""


@dataclass(frozen=True, slots=True)
class Teller:
    """What must be known of an article to tell whose story it tells."""

    id: str
    sketch: Sketch
    published_at: datetime
    first_seen_at: datetime


def tell_the_same(one: Teller, other: Teller) -> bool:
    """Return whether two articles are joined."""
    return abs(one.published_at - other.published_at) <= WINDOW and alike(one.sketch, other.sketch)


class _Group:
    """Articles that hang together; a group of one is no story yet.

    `parts` tells the stories of a group that is too long for one; None while they are not known.
    """

    def __init__(self, teller: Teller) -> None:
        self.members = {teller.id}
        self.first = (teller.first_seen_at, teller.id)
        self.begin = self.end = teller.published_at
        self.parts: dict[str, str | None] | None = None

    @property
    def is_long(self) -> bool:
        """Whether it lasts longer than one story may."""
        return self.end - self.begin > LONGEST


class Stories:
    """The articles of some days and the stories that they tell. Nothing here is stored."""

    def __init__(self) -> None:
        self._tellers: dict[str, Teller] = {}
        self._groups: dict[str, _Group] = {}
        # Who has a key: one article, several, or (None) too many.
        self._by_key: dict[int, str | set[str] | None] = {}
        self._touched: set[str] = set()
        self._recorded: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._tellers)

    def __contains__(self, article_id: object) -> bool:
        return article_id in self._tellers

    def put(self, teller: Teller, recorded: str | None) -> None:
        """Take an article in, or its newest revision instead of the one known.

        Args:
            teller: the article.
            recorded: the story that the record has for it.
        """
        self._record(teller.id, recorded)
        known = self._tellers.get(teller.id)
        if known == teller:
            return
        if known is not None:
            self._leave_out(teller.id)
        self._enter(teller)
        for other in self._joined(teller, among=None):
            self._merge(teller.id, other)

    def remove(self, article_id: str, recorded: str | None) -> None:
        """Leave an article out: withdrawn, gone, or too short by now to be told from others.

        Args:
            article_id: which.
            recorded: the story that the record has for it.
        """
        self._record(article_id, recorded)
        if article_id in self._tellers:
            self._leave_out(article_id)

    def story_of(self, article_id: str) -> str | None:
        """Return the name of the story that an article tells with others, or None where it is alone or not here."""
        group = self._groups.get(article_id)
        if group is None or len(group.members) == 1:
            return None
        if not group.is_long:
            return group.first[1]
        if group.parts is None:
            group.parts = _parts([self._tellers[member] for member in group.members])
        return group.parts[article_id]

    def to_record(self) -> dict[str, str | None]:
        """Return the articles that the record has another story for than they tell, and take it that it learns them."""
        found = {}
        for article_id in self._touched:
            story = self.story_of(article_id)
            if story != self._recorded.get(article_id):
                found[article_id] = story
                self._remember(article_id, story)
        self._touched = set()
        return found

    def _record(self, article_id: str, story: str | None) -> None:
        self._remember(article_id, story)
        self._touched.add(article_id)

    def _remember(self, article_id: str, story: str | None) -> None:
        if story is None:
            self._recorded.pop(article_id, None)
        else:
            self._recorded[article_id] = story

    def _leave_out(self, article_id: str) -> None:
        """Take an article out and join what is left of its group, which it may have held together."""
        teller = self._tellers.pop(article_id)
        for key in teller.sketch.keys:
            self._forget_key(key, article_id)
        self._join_anew(self._groups.pop(article_id).members - {article_id})

    def _join_anew(self, members: set[str]) -> None:
        """Part groups, given by all of their members, and join again what still hangs together."""
        for one in members:
            self._groups[one] = _Group(self._tellers[one])
        self._touched |= members
        for one in sorted(members):
            for joined in self._joined(self._tellers[one], among=members):
                self._merge(one, joined)

    def _enter(self, teller: Teller) -> None:
        self._tellers[teller.id] = teller
        self._groups[teller.id] = _Group(teller)
        crowd = set[str]()
        for key in teller.sketch.keys:
            known = self._by_key.setdefault(key, teller.id)
            # A set costs more than the rest of an entry, and most keys have one article only.
            if isinstance(known, set):
                known.add(teller.id)
                if len(known) > MOST_SHARING:
                    self._by_key[key] = None
                    crowd |= known
            elif known is not None and known != teller.id:
                self._by_key[key] = {known, teller.id}
        if crowd:
            self._join_anew({member for one in crowd for member in self._groups[one].members})

    def _forget_key(self, key: int, article_id: str) -> None:
        known = self._by_key[key]
        if isinstance(known, set) and len(known) > 1:
            known.discard(article_id)
        elif known is not None:
            del self._by_key[key]

    def _joined(self, teller: Teller, *, among: set[str] | None) -> Iterator[str]:
        """Yield articles joined with one, at least one of every group that has any."""
        shared = Counter[str]()
        for key in teller.sketch.keys:
            known = self._by_key[key]
            if known is not None:
                shared.update(known if isinstance(known, set) else (known,))
        for other, count in shared.items():
            if count < SHARED_KEYS or (among is not None and other not in among):
                continue
            # Asked anew each time: the merges of the caller change the groups meanwhile.
            apart = self._groups[other] is not self._groups[teller.id]
            if apart and tell_the_same(teller, self._tellers[other]):
                yield other

    def _merge(self, one: str, other: str) -> None:
        """Make two groups one, by moving the smaller."""
        larger, smaller = self._groups[one], self._groups[other]
        if len(larger.members) < len(smaller.members):
            larger, smaller = smaller, larger
        first = min(larger.first, smaller.first)
        if first != larger.first or len(larger.members) == 1:
            self._touched |= larger.members
        self._touched |= smaller.members
        larger.first = first
        larger.members |= smaller.members
        larger.begin, larger.end = min(larger.begin, smaller.begin), max(larger.end, smaller.end)
        if larger.is_long:
            larger.parts = None
            self._touched |= larger.members
        for article_id in smaller.members:
            self._groups[article_id] = larger


def _parts(tellers: list[Teller]) -> dict[str, str | None]:
    """Part articles that hang together into stories, none longer than it may be: the story of each, None where it is alone."""
    parts: list[list[Teller]] = []
    for one in sorted(tellers, key=lambda one: one.published_at):
        if parts and one.published_at - parts[-1][0].published_at <= LONGEST:
            parts[-1].append(one)
        else:
            parts.append([one])
    names = [min((one.first_seen_at, one.id) for one in part)[1] if len(part) > 1 else None for part in parts]
    return {one.id: name for part, name in zip(parts, names, strict=True) for one in part}
