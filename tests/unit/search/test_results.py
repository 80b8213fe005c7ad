"""The results line, pages and cursors."""

import base64
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.api.parameters import LONGEST_CURSOR
from search.domain.article import HIGHEST_KEY, first_key, key_at, last_key, order_key
from search.domain.results import (
    DEEPEST,
    Ask,
    BadCursorError,
    Cursor,
    Found,
    Newest,
    Sort,
    Standing,
    Walk,
    decode_cursor,
    encode_cursor,
    shown,
    standing,
    walk_name,
)
from shared.query import read_query
from shared.query.dates import EARLIEST, LATEST
from tests.suites.article_builders import an_article

ANY = read_query("")
INSTANTS = st.timedeltas(timedelta(days=-25_000), timedelta(days=120_000)).map(lambda since: EARLIEST + since)


def place(total: int, shown: int, *, start: int = 0, behind: Cursor | None = None) -> Standing:
    ask = Ask(read_query(""), "newest", 6, start=start, behind=behind)
    articles = tuple(an_article(str(number)) for number in range(shown))
    return standing(ask, Found(total, articles, None))


def test_a_first_page_says_which_results_it_shows() -> None:
    assert place(248, 6) == Standing(1, 6, 1, 42, "Viewing results 1 - 6 of 248")


def test_a_last_page_may_be_shorter() -> None:
    assert place(248, 2, start=246) == Standing(247, 248, 42, 42, "Viewing results 247 - 248 of 248")


def test_nothing_found_says_so() -> None:
    assert place(0, 0) == Standing(None, None, 1, 0, "No results")


def test_a_page_past_the_last_says_how_many_there_are() -> None:
    assert place(248, 0, start=252) == Standing(None, None, 43, 42, "No results on this page (248 in all)")


def test_by_cursor_nobody_knows_the_page() -> None:
    assert place(248, 6, behind=Newest(1, "a")) == Standing(
        None, None, None, 42, "Viewing 6 more of 248 results"
    )


@given(
    key=st.integers(0, HIGHEST_KEY), article_id=st.text(st.characters(exclude_categories=["Cs"]), max_size=64)
)
def test_a_cursor_by_publication_comes_back_as_it_was_given_out(key: int, article_id: str) -> None:
    cursor = Newest(key, article_id)
    assert decode_cursor(encode_cursor(cursor), "newest", ANY) == cursor


@given(place=st.integers(0, DEEPEST), ids=st.lists(st.text(max_size=9), max_size=100))
def test_a_cursor_by_relevance_comes_back_as_it_was_given_out(place: int, ids: list[str]) -> None:
    query = read_query("rail")
    begun = shown(query, [an_article(one) for one in ids], place)
    cursors: list[Cursor] = [begun, Walk(walk_name(begun), place, begun.of)]
    for cursor in cursors:
        text = encode_cursor(cursor)
        assert decode_cursor(text, "relevance", query) == cursor
        assert len(text) <= LONGEST_CURSOR
        others: list[tuple[Sort, str]] = [
            ("newest", "rail"),
            ("relevance", "road"),
            ("relevance", "rail lang:ru"),
        ]
        for sort, other in others:
            with pytest.raises(BadCursorError):
                decode_cursor(text, sort, read_query(other))


@given(text=st.text(max_size=40))
def test_what_is_not_a_cursor_is_refused_and_never_crashes(text: str) -> None:
    try:
        cursor = decode_cursor(text, "newest", ANY)
    except BadCursorError:
        return
    assert isinstance(cursor, Newest)


@pytest.mark.parametrize("plain", ["n:zz:a", "n:1", "r:1", f"n:{1 << 63:x}:a", "n:-1:a", "x:1:a", ""])
def test_a_forged_cursor_is_refused(plain: str) -> None:
    with pytest.raises(BadCursorError):
        decode_cursor(base64.urlsafe_b64encode(plain.encode()).decode(), "newest", ANY)


def test_a_cursor_of_the_other_order_is_refused() -> None:
    with pytest.raises(BadCursorError):
        decode_cursor(encode_cursor(Newest(1, "a")), "relevance", ANY)


@given(one=INSTANTS, other=INSTANTS)
def test_a_later_article_has_a_higher_key(one: datetime, other: datetime) -> None:
    if one + timedelta(milliseconds=1) <= other and one >= EARLIEST and other <= LATEST:
        assert order_key("a", one) < order_key("b", other)


@given(article_id=st.text(max_size=30), at=INSTANTS, day=st.dates())
def test_keys_and_days_agree_on_what_is_within_a_day(article_id: str, at: datetime, day: date) -> None:
    """Filters by day are ranges of keys in an index and comparisons of days in the matcher."""
    key = order_key(article_id, at)
    clamped = min(max(at, EARLIEST), LATEST).date()
    assert 0 <= key_at(at) <= key <= HIGHEST_KEY
    assert (key >= first_key(day)) == (clamped >= day)
    assert (key <= last_key(day)) == (clamped <= day)
