"""Suggestions over HTTP, for somebody who is still typing a query."""

from pydantic import Field

from shared.contracts.base import Contract, Instant
from shared.contracts.http.articles import SourceName


class TitleSuggestion(Contract):
    """An article whose title has the words typed."""

    id: str
    title: str
    source: SourceName
    published_at: Instant


class SuggestAnswer(Contract):
    """How a query may go on."""

    q: str
    completions: list[str] = Field(
        description="Words that the last one may become, as titles write them: the most frequent first, 8 at most."
    )
    titles: list[TitleSuggestion] = Field(
        description="Newest articles whose titles have the last word, or one that begins so: 5 at most."
    )
