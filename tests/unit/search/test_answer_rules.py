"""Rules behind answers: what is counted, how age weighs, what is costly, what suggests itself."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.domain.article import microseconds_at, microseconds_of, order_key
from search.domain.bounds import is_costly
from search.domain.facets import MOST_VALUES, FacetValue, source_label, told, topic_labels
from search.domain.freshness import HALF_LIFE, LASTING, weight, weight_of
from search.domain.results import DEEPEST, Ask, shown
from search.domain.suggesting import MOST_COMPLETIONS, READ, completions, typed
from shared.query import read_query
from tests.suites.article_builders import an_article


def test_a_source_that_was_renamed_is_counted_once_under_the_name_of_most_articles() -> None:
    counts = [(source_label("orda", "Orda"), 2), (source_label("ORDA", "Orda News"), 5)]
    assert told("source", counts) == (FacetValue("orda", "Orda News", 7),)


def test_a_topic_is_told_as_most_articles_spell_it() -> None:
    """Its key is written with the letters of a Russian keyboard, and looks like a mistake."""
    counts = [("казакстан\tҚазақстан", 2), ("казакстан\tказакстан", 1)]
    assert told("topic", counts) == (FacetValue("казакстан", "Қазақстан", 3),)
    assert topic_labels(["Қазақстан", "КАЗАКСТАН", " ", "Сауда"]) == ["казакстан\tҚазақстан", "сауда\tСауда"]


def test_of_too_many_values_those_of_most_articles_are_told_and_of_days_the_newest() -> None:
    topics = told("topic", [(f"t{number:04}", number) for number in range(300)])
    assert (len(topics), topics[0]) == (MOST_VALUES, FacetValue("t0299", "t0299", 299))
    days = told("day", [(number, 1) for number in range(300)])
    assert (len(days), days[0].value) == (MOST_VALUES, "1970-10-27")


def test_an_article_as_old_as_the_half_life_counts_three_quarters() -> None:
    assert (weight(timedelta()), weight(HALF_LIFE)) == (1, 0.75)
    assert weight(timedelta(days=-3)) == 1


@given(
    age=st.timedeltas(timedelta(), timedelta(days=20_000)),
    more=st.timedeltas(timedelta(), timedelta(days=99)),
)
def test_age_never_helps_and_never_takes_more_than_half(age: timedelta, more: timedelta) -> None:
    """A match twice as good is shown above, however old it is."""
    assert LASTING <= weight(age + more) <= weight(age) <= 1


@given(
    milliseconds=st.integers(0, 6 * 10**12), age=st.timedeltas(timedelta(days=-99), timedelta(days=20_000))
)
def test_an_article_is_weighed_alike_by_its_key_and_by_its_date(milliseconds: int, age: timedelta) -> None:
    """A key knows the millisecond, up to the year 2200."""
    published = datetime(1980, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    now = published + age
    by_key = weight_of(microseconds_at(now) - microseconds_of(order_key("x", published)))
    assert by_key == weight(now - published)


@pytest.mark.parametrize(
    ("q", "costly"),
    [
        ("", False),
        ("taliban tashkent", False),
        ('"foreign minister" -rail source:orda', False),
        ("tash*", False),
        ("title:ta*", False),
        ("ta*", True),
        ("-ta* rail", True),
        ("tash* kaza*", True),
        ("one two three four five six seven eight nine", True),
        ('-"one two three four five six seven eight nine"', True),
    ],
)
def test_only_what_few_people_ask_is_costly(q: str, costly: bool) -> None:
    assert is_costly(Ask(read_query(q), "newest", 6)) is costly


def test_counting_grouping_long_and_deep_pages_and_fixing_an_order_are_costly() -> None:
    query = read_query("rail")
    assert is_costly(Ask(query, "newest", 6, facets=("day",)))
    assert is_costly(Ask(query, "newest", 6, collapse=True))
    assert is_costly(Ask(query, "newest", 100))
    assert is_costly(Ask(query, "relevance", 6, start=DEEPEST - 6))
    assert is_costly(Ask(query, "relevance", 6, behind=shown(query, [an_article()], 0)))


def test_suggestions_are_quick_to_find() -> None:
    """They are asked for with every letter that somebody types."""
    assert not is_costly(Ask(read_query("tash*"), "newest", READ))


def test_words_go_on_as_titles_write_them_the_most_frequent_first() -> None:
    titles = ["Қазақстан мен Казахстан", "Қазақстан", "Казань", "казино"]
    assert completions("каз", titles) == ("Қазақстан", "Казань", "Казахстан", "казино")
    assert len(completions("w", [f"w{number}" for number in range(99)])) == MOST_COMPLETIONS


@given(text=st.text(max_size=60))
def test_whatever_is_typed_is_read(text: str) -> None:
    found = typed(text)
    assert found is None or found.query.has_words or found.query.filters.fields
