"""One unchanging state of a view: what Tantivy has committed, and above it what is held in memory, asked as one index."""

from collections import Counter
from collections.abc import Collection, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property
from heapq import merge
from operator import itemgetter
from typing import Any

from tantivy import DocAddress
from tantivy import Query as TantivyQuery

from search.adapters.memtable import Memtable, Row
from search.adapters.tantivy_committed import RECENT, Committed
from search.adapters.tantivy_schema import FACET_FIELDS, Compiler, from_document, id_of, story_number
from search.domain.article import HIGHEST_KEY
from search.domain.facets import MOST_VALUES, FacetName, Facets, keys_counted, told
from search.domain.results import Listed
from shared.query import Query

Place = DocAddress | Row
"""Where an article is: in Tantivy or in memory."""

Hit = tuple[Any, Place]
"""A match: what it is ordered by, and where it is."""

MANY = 6_000_000_000
"""Answers times articles from which two searches are worth it: to count them all without order, and to order the newest. The same
answers cost more to find among more articles: of a million 8,000 was a better bound than 60,000, of 100,000 the other way round
(docs/performance.md)."""

_COUNTED_VALUES = 10 * MOST_VALUES
_COUNTED_IN_SEGMENT = 60_000


@dataclass(frozen=True, slots=True)
class Matches:
    """What answers a query: in Tantivy what `query` finds, in memory `rows`, with their scores.

    `all` is true where Tantivy's part is all that it has. `many` where so much may answer there that the newest of them are
    looked for among its newest first.
    """

    query: TantivyQuery
    rows: Sequence[tuple[float, Row]]
    all: bool = False
    many: bool = False


class IndexState:
    """One state; what is asked of it for one answer is of one moment.

    Args:
        committed: what Tantivy has.
        memtable: what is held above it.
        compiler: turns queries into Tantivy's.
        beside: counts many answers while they are put in order.
    """

    def __init__(
        self, committed: Committed, memtable: Memtable, compiler: Compiler, beside: Executor
    ) -> None:
        self.committed = committed
        self.memtable = memtable
        self._searcher = committed.searcher
        self._compiler = compiler
        self._beside = beside

    @cached_property
    def weight(self) -> int:
        """How much is held in memory: in articles, of which a long one counts as several, and one that is gone as well."""
        return sum(1 if row is None else row.weight for row in self.memtable.held.values())

    def asked(self, query: Query, *, ranked: bool) -> Matches:
        """Return what answers a query; `ranked` where the scores matter."""
        compiled = self._shown(self._compiler.compile(query, self.committed.having, ranked=ranked))
        rows: Sequence[tuple[float, Row]] = ()
        if self.memtable.held and ranked:
            rows = self.memtable.scored(query, self.committed)
        elif self.memtable.held:
            rows = [(0.0, row) for row in self.memtable.matching(query)]
        everything = query.finds_all and self._hidden is None
        many = not ranked and self.committed.most(query) * int(self._searcher.num_docs) >= MANY
        return Matches(compiled, rows, everything, many)

    def of_any_story(self, among: Matches) -> Matches:
        """Return those that tell a story with others."""
        rows = [pair for pair in among.rows if pair[1].story is not None]
        return Matches(self._compiler.of_any_story(among.query), rows)

    def of_story_number(self, number: int, among: Matches) -> Matches:
        """Return those that tell a story, by its number."""
        rows = [pair for pair in among.rows if pair[1].story == number]
        return Matches(self._compiler.of_story_number(number, among.query), rows)

    def with_keys(self, among: Matches, lowest: int, highest: int) -> Matches:
        """Return those with keys between two, both included."""
        rows = [pair for pair in among.rows if lowest <= pair[1].article.key <= highest]
        return Matches(self._compiler.with_keys(among.query, lowest, highest), rows)

    def with_ids(self, among: Matches, ids: Sequence[str]) -> Matches:
        """Return those with some ids."""
        wanted = set(ids)
        rows = [pair for pair in among.rows if pair[1].article.id in wanted]
        return Matches(self._compiler.with_ids(among.query, ids), rows)

    def size(self) -> int:
        """Return how many articles there are."""
        # Asked for of files that were not looked at yet: where nothing is hidden this reads nothing of them.
        everything = Matches(self._shown(self._compiler.everything()), (), self._hidden is None)
        return self.count(everything) + len(self.memtable.rows)

    def count(self, among: Matches) -> int:
        """Return how many there are."""
        if among.all:
            return int(self._searcher.num_docs) + len(among.rows)
        # Without scores: Tantivy would compute them for each.
        result = self._searcher.search(self._compiler.unscored(among.query), limit=1)
        count: int = result.count  # type: ignore[attr-defined]  # it has a count that its stub leaves out
        return count + len(among.rows)

    def sizes(self, stories: Collection[str]) -> dict[str, int]:
        """Return how many articles tell each of some stories."""
        numbers = {story: story_number(story) for story in stories}
        further = Counter(row.story for row in self.memtable.rows)
        if numbers and self._hidden is not None:
            # All at once: to leave out thousands of ids takes Tantivy a hundred times as long as to count a story.
            told = self._compiler.both(self._compiler.of_stories(numbers.values()), self._hidden)
            hidden = self._searcher.search(
                told, limit=len(self.memtable.hidden), count=False, order_by_field="story"
            )
            further.subtract(number for number, _ in hidden.hits)
        return {
            story: self.count(Matches(self._compiler.of_story_number(number), ())) + further[number]
            for story, number in numbers.items()
        }

    def found(self, among: Matches, start: int, limit: int, order: str | None) -> tuple[int, Sequence[Hit]]:
        """Return how many there are, and those from `start` on: highest first by a field, or by score."""
        first = max(start - len(among.rows), 0)
        wanted = limit + start - first
        if among.many and order == "key":
            if among.all:
                return self.count(among), self.hits(among, start, limit, order)
            # Two searches, on two processors where there are.
            counting = self._beside.submit(self.count, among)
            hits = self.hits(among, start, limit, order)
            return counting.result(), hits
        result = self._searcher.search(among.query, limit=wanted, offset=first, order_by_field=order)
        count: int = result.count  # type: ignore[attr-defined]  # it has a count that its stub leaves out
        return count + len(among.rows), self._merged(among, result.hits, start - first, limit, order)

    def hits(self, among: Matches, start: int, limit: int, order: str | None) -> Sequence[Hit]:
        """Return those from `start` on, without counting how many there are."""
        first = max(start - len(among.rows), 0)
        wanted = limit + start - first
        hits = self._recent_hits(among, first, wanted, order)
        if hits is None:
            hits = self._searcher.search(
                among.query, limit=wanted, offset=first, count=False, order_by_field=order
            ).hits
        return self._merged(among, hits, start - first, limit, order)

    def _recent_hits(
        self, among: Matches, start: int, limit: int, order: str | None
    ) -> Sequence[tuple[Any, DocAddress]] | None:
        """Return those of Tantivy's from `start` on, newest first, where they are among its newest articles; else None.

        Of what half of a million articles have it looks at a fiftieth. Counting them all takes half as long as ordering.
        """
        if (
            not among.many
            or order != "key"
            or start + limit > RECENT
            or (lowest := self.committed.recent_key) is None
        ):
            return None
        recent = self._compiler.with_keys(among.query, lowest, HIGHEST_KEY)
        hits = self._searcher.search(
            recent, limit=limit, offset=start, count=False, order_by_field=order
        ).hits
        return hits if len(hits) == limit else None

    def values(self, name: str, places: Sequence[Place]) -> Sequence[Any]:
        """Return the values of a fast field at some places, None where there is none."""
        told = iter(
            self._searcher.fast_field_values(name, [one for one in places if not isinstance(one, Row)])
        )
        return [_value(one, name) if isinstance(one, Row) else next(told) for one in places]

    def article(self, place: Place) -> Listed:
        """Return the article at a place, with what a list of results shows of it."""
        return place.article if isinstance(place, Row) else from_document(self._searcher.doc(place))

    def article_id(self, place: Place) -> str:
        """Return the id of the article at a place."""
        return place.article.id if isinstance(place, Row) else id_of(self._searcher.doc(place))

    def revision(self, article_id: str) -> int | None:
        """Return the revision in which an article can be found, None where it cannot."""
        if article_id in self.memtable.held:
            row = self.memtable.held[article_id]
            return None if row is None else row.article.rev
        # One by one: a search for several would have to read their ids from the stored documents.
        hits = self._searcher.search(self._compiler.by_id(article_id), limit=1, count=False).hits
        for rev in self._searcher.fast_field_values("rev", [address for _score, address in hits]):
            if rev is not None:
                return int(rev)
        return None

    def facets(self, among: Matches, names: Sequence[FacetName]) -> Facets:
        """Count what answers by the values it has."""
        wanted = {
            name: {
                "terms": {
                    "field": FACET_FIELDS[name],
                    "size": _COUNTED_VALUES,
                    "segment_size": _COUNTED_IN_SEGMENT,
                    "order": {"_key": "desc"} if name == "day" else {"_count": "desc"},
                }
            }
            for name in names
        }
        counts = self._searcher.aggregate(among.query, wanted)
        facets: dict[FacetName, Any] = {}
        for name in names:
            counter = Counter({row["key"]: row["doc_count"] for row in counts[name]["buckets"]})
            for _, row in among.rows:
                counter.update(keys_counted(name, row.article, row.analysed))
            facets[name] = told(name, counter.items())
        return facets

    @cached_property
    def _hidden(self) -> TantivyQuery | None:
        hidden = self.memtable.hidden
        return self._compiler.of_each_id(sorted(hidden)) if hidden else None

    def _shown(self, query: TantivyQuery) -> TantivyQuery:
        return query if self._hidden is None else self._compiler.without(query, self._hidden)

    def _merged(
        self,
        among: Matches,
        hits: Sequence[tuple[Any, DocAddress]],
        start: int,
        limit: int,
        order: str | None,
    ) -> Sequence[Hit]:
        """Return a part of what both tiers found, equals of memory first."""
        if not among.rows:
            return hits
        rows: list[Hit] = [(score if order is None else _value(row, order), row) for score, row in among.rows]
        rows.sort(key=itemgetter(0), reverse=True)
        return list(merge(rows, hits, key=itemgetter(0), reverse=True))[start : start + limit]


def _value(row: Row, name: str) -> int | None:
    return row.story if name == "story" else row.article.key
