"""A store and an index made of a dictionary: what search's ports mean, in the fewest words."""

from collections.abc import Sequence

from search.domain.article import Article, Change, subject_of
from search.domain.results import DEEPEST, Ask, Cursor, Found, Newest, Ranked
from search.ports import IndexUnavailableError, Record, Saved
from shared.query import analyse, matches, sequences


class MemoryArticles:
    """Keeps changes by revision and searches them one by one with the matcher; `down` makes it unavailable."""

    def __init__(self) -> None:
        self._changes: dict[str, Change] = {}
        self.down = False

    async def fill(self, changes: Sequence[Change]) -> None:
        """Hold these articles and no others."""
        self._changes = {}
        for change in changes:
            self._keep(change)

    async def save(self, records: Sequence[Record]) -> Saved:
        """Store changes by revision."""
        kept = sum(self._keep(record.change) for record in records)
        return Saved(stored=kept, older=len(records) - kept)

    async def get(self, article_id: str) -> Change | None:
        """Return what is known of an article."""
        self._check()
        return self._changes.get(article_id)

    async def search(self, ask: Ask) -> Found:
        """Answer by reading everything."""
        self._check()
        asked = [words for group in ask.query.groups for words in group.any_of]
        wanted = {term for words in asked if not words.prefix for run in sequences(words) for term in run}
        spelled = {word for words in asked if not words.prefix for word in words.written}
        found = []
        for article in self._changes.values():
            if isinstance(article, Article) and matches(ask.query, analysed := analyse(subject_of(article))):
                score = len(wanted & analysed.words) + len(wanted & analysed.title_words)
                score += len(spelled.intersection([*analysed.title.written, *analysed.text.written]))
                found.append((-score if ask.sort == "relevance" else 0, -article.key, article.id, article))
        ranked = [row[3] for row in sorted(found, key=lambda row: row[:3])]
        start = _start(ask, ranked)
        page = ranked[start : start + ask.limit]
        end = start + len(page)
        more: Cursor | None = None
        if page and end < len(ranked):
            more = Newest(page[-1].key, page[-1].id) if ask.sort == "newest" else Ranked(end)
        if isinstance(more, Ranked) and end >= DEEPEST:
            more = None
        return Found(len(ranked), tuple(article.listed() for article in page), more)

    def _keep(self, change: Change) -> bool:
        known = self._changes.get(change.id)
        news = known is None or known.rev < change.rev
        if news:
            self._changes[change.id] = change
        return news

    def _check(self) -> None:
        if self.down:
            raise IndexUnavailableError


def _start(ask: Ask, ranked: Sequence[Article]) -> int:
    if isinstance(ask.behind, Ranked):
        return ask.behind.count
    if isinstance(ask.behind, Newest):
        place = (-ask.behind.key, ask.behind.id)
        return sum((-article.key, article.id) <= place for article in ranked)
    return ask.start
