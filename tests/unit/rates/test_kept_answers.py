"""What is remembered of banks' answers: little, small, and not for ever."""

from rates.adapters.kept_answers import BELIEVED_S, KEPT_MAX, KEPT_MAX_BYTES, KeptAnswers

URL = "http://bank/daily.xml"
TAGGED = {"ETag": '"one"'}


def test_an_answer_with_a_validator_is_asked_for_with_it() -> None:
    kept = KeptAnswers()
    assert kept.condition(URL, 0) == {}
    kept.keep(URL, b"x", TAGGED, 0)
    assert kept.condition(URL, 1) == {"If-None-Match": '"one"'}
    assert kept.body(URL) == b"x"


def test_not_modified_is_believed_for_some_hours_only() -> None:
    """A server whose validators stand still would else hide every new table."""
    kept = KeptAnswers()
    kept.keep(URL, b"x", TAGGED, 100)
    assert kept.condition(URL, 100 + BELIEVED_S)
    assert kept.condition(URL, 101 + BELIEVED_S) == {}


def test_an_answer_without_validators_replaces_the_one_that_had_them() -> None:
    kept = KeptAnswers()
    kept.keep(URL, b"x", TAGGED, 0)
    kept.keep(URL, b"y", {}, 1)
    assert kept.condition(URL, 2) == {}
    assert kept.body(URL) is None


def test_large_bodies_are_not_kept() -> None:
    kept = KeptAnswers()
    kept.keep(URL, b"x" * (KEPT_MAX_BYTES + 1), TAGGED, 0)
    assert kept.body(URL) is None


def test_of_many_addresses_those_asked_for_last_are_kept() -> None:
    """Each day of an archive has an address of its own."""
    kept = KeptAnswers()
    kept.keep(URL, b"x", TAGGED, 0)
    for day in range(KEPT_MAX + 3):
        kept.keep(f"{URL}?{day}", b"x", TAGGED, 0)
        kept.body(URL)
    assert kept.body(URL) == b"x"
    assert kept.body(f"{URL}?0") is None
