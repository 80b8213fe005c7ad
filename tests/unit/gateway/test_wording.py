"""What people read."""

from datetime import UTC, datetime

import pytest

from gateway.domain import wording
from shared.contracts.articles import Certainty
from shared.contracts.http.problem import FieldFault, ProblemAnswer

AT = datetime(2026, 6, 3, 8, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("certainty", "text"),
    [
        ("exact", "3 June 2026, 08:05 UTC"),
        ("zone_assumed", "3 June 2026, 08:05 UTC, time zone assumed"),
        ("day_only", "3 June 2026"),
        ("first_seen", "first seen 3 June 2026, 08:05 UTC"),
    ],
)
def test_a_date_says_no_more_than_is_known(certainty: Certainty, text: str) -> None:
    assert wording.published(AT, certainty) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1, "every second"),
        (30, "every 30 seconds"),
        (60, "every minute"),
        (600, "every 10 minutes"),
        (3600, "every hour"),
        (7_200, "every 2 hours"),
        (86_400, "every day"),
    ],
)
def test_a_cadence_reads_like_speech(seconds: float, text: str) -> None:
    assert wording.every(seconds) == text


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "", None, "//host/x", "http://", "http://["]
)
def test_a_reader_is_sent_to_web_addresses_only(url: str | None) -> None:
    """A feed may claim any address; a click on it must not run anything."""
    assert wording.web_link(url) is None


def test_a_web_address_is_kept_as_it_is() -> None:
    assert wording.web_link("https://news.example/a?b=c#d") == "https://news.example/a?b=c#d"


def test_names_fall_back_to_codes() -> None:
    assert wording.country_name("KG") == "Kyrgyzstan"
    assert wording.country_name("ZZ") == "ZZ"
    assert wording.country_name(None) == ""
    assert wording.language_name("ky") == "Kyrgyz"
    assert wording.language_name("xx") == "xx"


def test_scripts_have_their_direction() -> None:
    assert wording.text_direction("fa") == "rtl"
    assert wording.text_direction("ru") == "ltr"
    assert wording.text_direction(None) == "auto"


def test_paragraphs_are_parted_by_empty_lines() -> None:
    assert wording.paragraphs("One\nline.\n\n \n\nTwo.\n") == ["One\nline.", "Two."]
    assert wording.paragraphs("") == []


def test_a_problem_page_says_what_to_do() -> None:
    away = ProblemAnswer(type="urn:silkwire:problem:search-away", title="x", status=503)
    assert wording.problem_heading(away) == "The news cannot be reached"
    deep = ProblemAnswer(
        type="urn:silkwire:problem:page-too-deep", title="Page too deep", status=400, detail="Use `cursor`."
    )
    assert wording.problem_heading(deep) == "Page too deep"
    assert "Narrow the search" in wording.problem_advice(deep)
    other = ProblemAnswer(title="x", status=400, detail="As it was said.")
    assert wording.problem_advice(other) == "As it was said."
    wrong = ProblemAnswer(title="x", status=422, errors=[FieldFault(name="page", message="too small")])
    assert "named here" in wording.problem_advice(wrong)
