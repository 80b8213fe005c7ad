"""A question and its addresses: short, stable, and read back as the same question."""

from datetime import date
from urllib.parse import parse_qsl, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from gateway.api.parameters import Asked, question_of
from gateway.domain.question import (
    FILTERS,
    Question,
    address,
    all_parameters,
    at_cursor,
    changed,
    dropping,
    narrowing,
    without,
)

words = st.text(min_size=1, max_size=20)
values = st.lists(words, max_size=3, unique=True).map(tuple)
questions = st.builds(
    Question,
    q=st.text(max_size=40),
    match=st.sampled_from(["all", "any"]),
    source=values,
    outlet=values,
    country=values,
    language=values,
    topic=values,
    after=st.none() | st.dates(min_value=date(1000, 1, 1)),
    before=st.none() | st.dates(min_value=date(1000, 1, 1)),
    sort=st.sampled_from(["newest", "relevance"]),
    collapse=st.sampled_from([None, "story"]),
    page=st.integers(1, 100),
    page_size=st.integers(1, 100),
    excerpt_words=st.integers(0, 500),
)


def read_back(link: str) -> Question:
    given_values: dict[str, object] = {}
    for name, value in parse_qsl(urlsplit(link).query, keep_blank_values=True):
        if name in FILTERS:
            listed = given_values.setdefault(name, [])
            assert isinstance(listed, list)
            listed.append(value)
        else:
            given_values[name] = value
    return question_of(Asked.model_validate(given_values))


@given(question=questions)
def test_an_address_is_read_back_as_the_question_it_was_made_of(question: Question) -> None:
    """Whoever follows a link of ours gets exactly the page it names."""
    assert read_back(address("/", question)) == question


@given(question=questions, cursor=st.text("abc123-_=", min_size=1, max_size=30))
def test_a_cursor_s_address_is_read_back_with_the_cursor_and_no_page(question: Question, cursor: str) -> None:
    assert read_back(address("/", at_cursor(question, cursor))) == at_cursor(question, cursor)


def test_the_plain_question_has_the_bare_address() -> None:
    assert address("/", Question()) == "/"


def test_only_what_differs_from_the_defaults_stands_in_an_address() -> None:
    assert address("/", Question(q="silk road", page=2)) == "/?q=silk+road&page=2"


def test_the_asked_service_gets_the_defaults_spelled_out() -> None:
    """Search may one day have other defaults than the public API."""
    asked = dict(all_parameters(Question(q="silk")))
    assert asked["page_size"] == "6"
    assert asked["excerpt_words"] == "500"
    assert "cursor" not in asked
    assert "after" not in asked


def test_a_filter_with_two_values_is_asked_twice() -> None:
    asked = all_parameters(Question(country=("KG", "TJ")))
    assert [value for name, value in asked if name == "country"] == ["KG", "TJ"]


def test_dropping_one_value_of_a_filter_keeps_the_other_and_goes_to_the_first_page() -> None:
    question = Question(q="silk", country=("KG", "TJ"), after=date(2026, 6, 1), page=4)
    assert narrowing(question) == [("country", "KG"), ("country", "TJ"), ("after", "2026-06-01")]
    assert dropping(question, "country", "KG") == Question(q="silk", country=("TJ",), after=date(2026, 6, 1))
    assert dropping(question, "after", "2026-06-01") == Question(q="silk", country=("KG", "TJ"))


def test_changing_a_question_leads_to_its_first_page() -> None:
    assert changed(Question(q="silk", page=7), sort="relevance") == Question(q="silk", sort="relevance")
    assert without(Question(q="silk", page=7), "q") == Question()
