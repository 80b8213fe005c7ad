"""Asks the search service over HTTP."""

from gateway.adapters.httpx2_upstream import Upstream
from gateway.domain.question import Question, all_parameters
from gateway.ports import Away, Reply
from shared.contracts.http.articles import ArticleWhole, RelatedAnswer, RevisionsAnswer, SearchAnswer
from shared.contracts.http.suggestions import SuggestAnswer

_PROBE = Question(page_size=1, excerpt_words=0)


class Httpx2Search:
    """Search, by its internal API.

    Args:
        upstream: the way to the service.
    """

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    async def find(self, question: Question, *, highlights: bool = False) -> Reply[SearchAnswer]:
        """Return one page of what answers the question, on request with the places where its words stand."""
        query = all_parameters(question) + ([("highlights", "true")] if highlights else [])
        return await self._upstream.get("/v1/search", SearchAnswer, query=query)

    async def article(self, article_id: str) -> Reply[ArticleWhole]:
        """Return one article; `article_id` holds letters and digits only."""
        return await self._upstream.get(f"/v1/articles/{article_id}", ArticleWhole)

    async def related(self, article_id: str, page_size: int, excerpt_words: int) -> Reply[RelatedAnswer]:
        """Return articles like one; `article_id` holds letters and digits only."""
        query = [("page_size", str(page_size)), ("excerpt_words", str(excerpt_words))]
        return await self._upstream.get(f"/v1/articles/{article_id}/related", RelatedAnswer, query=query)

    async def revisions(self, article_id: str) -> Reply[RevisionsAnswer]:
        """Return when an article changed; `article_id` holds letters and digits only."""
        return await self._upstream.get(f"/v1/articles/{article_id}/revisions", RevisionsAnswer)

    async def suggest(self, q: str) -> Reply[SuggestAnswer]:
        """Return how a query may go on."""
        return await self._upstream.get("/v1/suggest", SuggestAnswer, query=[("q", q)])

    async def check(self) -> bool:
        """Tell whether search answers a search now."""
        reply = await self._upstream.get("/v1/search", SearchAnswer, query=all_parameters(_PROBE), probe=True)
        return not isinstance(reply, Away)

    @property
    def answers(self) -> bool:
        """Whether search answered when it was last asked."""
        return self._upstream.answers
