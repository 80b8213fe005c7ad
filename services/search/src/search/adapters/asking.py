"""What a view is asked, answered from one unchanging state of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from search.adapters.index_state import IndexState
from search.adapters.tantivy_collapse import CollapsedQuestion, story_sizes
from search.adapters.tantivy_question import Question
from search.domain.results import Ask, Found
from shared.query import Query


def answer(state: IndexState, ask: Ask) -> Found:
    """Return what was asked for, with the sizes of its stories and the facets."""
    matches = state.asked(ask.query, ranked=ask.sort == "relevance")
    question = CollapsedQuestion(state, matches) if ask.collapse else Question(state, matches)
    found = question.answer(ask)
    facets = state.facets(matches, ask.facets) if ask.facets else {}
    return replace(found, stories=story_sizes(state, found.articles), facets=facets)


def order(state: IndexState, query: Query, fresh_at: datetime | None) -> list[str]:
    """Return the ids of the articles that answer a query, by relevance."""
    return Question(state, state.asked(query, ranked=True)).order(fresh_at)


def among(state: IndexState, query: Query, ids: Sequence[str]) -> Found:
    """Return those of some articles that answer a query, in the order of `ids`."""
    found = Question(state, state.asked(query, ranked=False)).among(ids)
    return replace(found, stories=story_sizes(state, found.articles))


def revisions(state: IndexState, ids: Sequence[str]) -> dict[str, int]:
    """Return which revisions of some articles can be found; those that cannot are left out."""
    found = {article_id: state.revision(article_id) for article_id in ids}
    return {article_id: rev for article_id, rev in found.items() if rev is not None}
