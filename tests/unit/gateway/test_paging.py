"""The pages around an answer, on the page's pager and in the API's Link header."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.links import link_header
from gateway.domain.paging import DEEPEST, pager, too_deep
from gateway.domain.question import Question, at_cursor, at_page
from tests.unit.gateway.builders import results


def test_the_first_of_many_pages_leads_to_the_next_and_the_last() -> None:
    pages = pager(Question(), results(248))
    assert pages.prev is None
    assert pages.next == Question(page=2)
    assert pages.last == Question(page=42)


def test_a_middle_page_leads_both_ways() -> None:
    pages = pager(Question(q="silk", page=3), results(248, page=3))
    assert pages.first == Question(q="silk")
    assert pages.prev == Question(q="silk", page=2)
    assert pages.next == Question(q="silk", page=4)


def test_the_last_page_has_no_next() -> None:
    assert pager(Question(page=42), results(248, page=42)).next is None


def test_beyond_the_last_page_the_way_back_is_the_last_page() -> None:
    """A reader whose results have shrunk is not sent from one empty page to another."""
    pages = pager(Question(page=99), results(248, page=99))
    assert pages.prev == Question(page=42)
    assert pages.next is None


def test_nothing_found_has_no_pages() -> None:
    pages = pager(Question(q="nothing"), results(0))
    assert (pages.first, pages.prev, pages.next, pages.last) == (None, None, None, None)
    assert link_header("/api/v1/feed", pages) == ""


def test_where_the_next_page_lies_too_deep_it_is_asked_by_cursor() -> None:
    deepest = Question(page=100, page_size=100)
    pages = pager(deepest, results(20_000, page=100, page_size=100, next_cursor="abc"))
    assert pages.next == at_cursor(deepest, "abc")
    assert pages.last is None


def test_by_cursor_the_ways_are_on_and_to_the_first_page() -> None:
    asked = at_cursor(Question(q="silk"), "abc")
    pages = pager(asked, results(248, page=None, next_cursor="def"))
    assert pages.first == Question(q="silk")
    assert pages.prev is None
    assert pages.next == at_cursor(Question(q="silk"), "def")


@pytest.mark.parametrize(
    ("page", "page_size", "deep"), [(100, 100, False), (101, 100, True), (1666, 6, False), (1667, 6, True)]
)
def test_ten_thousand_is_the_deepest_by_number(page: int, page_size: int, *, deep: bool) -> None:
    assert too_deep(page, page_size) is deep


@given(total=st.integers(0, 40_000), page=st.integers(1, 5_000), page_size=st.integers(1, 100))
def test_every_page_offered_by_number_may_be_asked_and_exists(total: int, page: int, page_size: int) -> None:
    question = Question(page=page, page_size=page_size)
    answer = results(total, page=page, page_size=page_size, next_cursor="on")
    pages = pager(question, answer)
    for offered in (pages.first, pages.prev, pages.next, pages.last):
        if offered is not None and offered.cursor is None:
            assert offered.page * page_size <= DEEPEST
            assert 1 <= offered.page <= answer.pages


def test_the_link_header_names_every_page_by_a_relative_address() -> None:
    """No forged Host header can send a client elsewhere."""
    header = link_header("/api/v1/feed", pager(Question(q='a "b" >', page=2), results(18, page=2)))
    q = "q=a+%22b%22+%3E"
    assert header == (
        f'</api/v1/feed?{q}>; rel="first", </api/v1/feed?{q}>; rel="prev", '
        f'</api/v1/feed?{q}&page=3>; rel="next", </api/v1/feed?{q}&page=3>; rel="last"'
    )
    assert at_page(Question(), 1) == Question()
