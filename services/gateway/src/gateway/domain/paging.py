"""Which other pages of an answer there are, and how deep a page may lie."""

from dataclasses import dataclass

from gateway.domain.question import FIRST_PAGE, Question, at_cursor, at_page
from shared.contracts.http.articles import Results

DEEPEST = 10_000
"""Largest page x page_size: deeper pages cost a search more than they are worth; a cursor has no such end."""


def too_deep(page: int, page_size: int) -> bool:
    """Tell whether a page lies beyond what may be asked by number."""
    return page * page_size > DEEPEST


@dataclass(frozen=True, slots=True)
class Pager:
    """The questions for the pages around an answer; None where there is no such page."""

    first: Question | None
    prev: Question | None
    next: Question | None
    last: Question | None


def pager(question: Question, results: Results) -> Pager:
    """Return the pages around an answer.

    By number: first and last always exist when anything was found; from beyond the last page, the previous one
    is the last. Where the next page lies too deep to be asked by number, it is asked by the answer's cursor.
    By cursor there is no way back but to the first page.
    """
    if question.cursor is not None:
        return Pager(at_page(question, FIRST_PAGE), None, _by_cursor(question, results), None)
    if results.pages == 0:
        return Pager(None, None, None, None)
    page = question.page
    prev = min(page - 1, results.pages)
    return Pager(
        first=at_page(question, FIRST_PAGE),
        prev=_by_number(question, prev) if page > FIRST_PAGE else None,
        next=(_by_number(question, page + 1) or _by_cursor(question, results))
        if page < results.pages
        else None,
        last=_by_number(question, results.pages),
    )


def _by_number(question: Question, page: int) -> Question | None:
    return None if too_deep(page, question.page_size) else at_page(question, page)


def _by_cursor(question: Question, results: Results) -> Question | None:
    return at_cursor(question, results.next_cursor) if results.next_cursor else None
