"""Parameters as they arrive: bounds, empty form fields, days."""

from datetime import date

import pytest
from pydantic import ValidationError

from gateway.api.parameters import Asked, question_of
from gateway.domain.question import Question
from shared.web import HTTPProblem


def test_the_empty_fields_of_a_form_count_as_not_given() -> None:
    """Browsers send every field of a form, filled in or not."""
    asked = Asked.model_validate({"q": "silk", "after": "", "before": "", "country": [""], "page_size": ""})
    assert question_of(asked) == Question(q="silk")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("page", "0"),
        ("page", "two"),
        ("page_size", "0"),
        ("page_size", "101"),
        ("excerpt_words", "-1"),
        ("excerpt_words", "501"),
        ("match", "some"),
        ("sort", "oldest"),
        ("after", "yesterday"),
        ("before", "2026-13-01"),
        ("q", "x" * 1001),
        ("cursor", "x" * 1001),
        ("source", ["x" * 201]),
        ("topic", [str(number) for number in range(51)]),
    ],
)
def test_a_wrong_parameter_is_named(name: str, value: object) -> None:
    with pytest.raises(ValidationError) as caught:
        Asked.model_validate({name: value})
    assert {fault["loc"][0] for fault in caught.value.errors()} == {name}


def test_filters_too_long_together_are_refused_by_name_with_the_bound() -> None:
    """Each value may be long, but all of them must fit into one address, however they are escaped."""
    long = [f"{number:0200}" for number in range(15)]
    assert question_of(Asked.model_validate({"source": long})).source == tuple(long)
    with pytest.raises(ValidationError, match="3000 characters") as caught:
        Asked.model_validate({"source": long, "topic": ["x"]})
    assert [fault["loc"] for fault in caught.value.errors()] == [("topic",)]


def test_a_month_stands_for_all_its_days() -> None:
    question = question_of(Asked.model_validate({"after": "2026-02", "before": "2026-02"}))
    assert (question.after, question.before) == (date(2026, 2, 1), date(2026, 2, 28))


def test_a_page_too_deep_is_refused_with_the_cursor_as_the_way_out() -> None:
    with pytest.raises(HTTPProblem) as caught:
        question_of(Asked(page=101, page_size=100))
    assert caught.value.status == 400
    assert "cursor" in caught.value.detail


def test_by_cursor_the_page_does_not_count() -> None:
    assert question_of(Asked(cursor="abc", page=101, page_size=100)) == Question(cursor="abc", page_size=100)


def test_a_value_given_twice_counts_once() -> None:
    assert question_of(Asked(country=["KG", "KG"])).country == ("KG",)
