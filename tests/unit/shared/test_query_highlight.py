"""Highlights: which places of the original text a query marks."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.query import highlight, normalise, read_query


def marked(query: str, text: str, language: str | None = None, *, title: bool = False) -> list[str]:
    spans = highlight(read_query(query), text, language, title=title)
    return [text[start:end] for start, end in spans]


@pytest.mark.parametrize(
    ("query", "text", "language", "expected"),
    [
        ("minister", "Ministers met the minister's guests", "en", ["Ministers", "minister's"]),
        ("министр", "Министры, министров; администратор", "ru", ["Министры", "министров"]),
        ("казакстан", "Тәуелсіз Қазақстан", "kk", ["Қазақстан"]),
        ("Qazaqstan", "Тәуелсіз Қазақстан", "kk", ["Қазақстан"]),
        (
            "ozbekiston",
            "Oʻzbekiston, O'zbekiston, Ўзбекистон",
            "uz",
            ["Oʻzbekiston", "O'zbekiston", "Ўзбекистон"],
        ),
        ("gov*", "Governors of the government, ungoverned", "en", ["Governors", "government"]),
        ('"foreign minister"', "The foreign ministers; a minister, foreign", "en", ["foreign ministers"]),
        ('"foreign minister" minister', "The foreign minister", "en", ["foreign minister"]),
        ("rail -train source:s", "rail and train", "en", ["rail"]),
        ("rail OR train", "rail and train", "en", ["rail", "train"]),
        ("title:rail", "rail", "en", []),
        ("", "rail", "en", []),
        ("cafe", "cafe\u0301, <b>caf\u00e9</b>", "en", ["cafe\u0301", "caf\u00e9"]),
        ("министры", "министр министры", "kk", ["министр", "министры"]),
    ],
)
def test_whole_words_are_marked_as_they_are_spelled(
    query: str, text: str, language: str | None, expected: list[str]
) -> None:
    assert marked(query, text, language) == expected


def test_what_is_wanted_in_the_title_is_marked_there() -> None:
    assert marked("title:rail", "Rail to Osh", "en", title=True) == ["Rail"]


@given(
    text=st.text(alphabet=st.sampled_from("aé \u0301иң\u0306'oʻ\u1112\u1161\u11abh1"), max_size=30),
    form=st.sampled_from(["NFC", "NFD"]),
)
def test_every_word_of_a_text_marks_itself_in_whatever_unicode_form_the_text_is(text: str, form: str) -> None:
    """A text is marked as it is shown, and not every text that is shown was stored by us."""
    text = unicodedata.normalize("NFC", text)
    shown = unicodedata.normalize("NFD", text) if form == "NFD" else text
    spans = highlight(read_query(f'"{text}"'), shown, None)
    assert spans == sorted(spans)
    for start, end in spans:
        assert 0 <= start < end <= len(shown)
        assert normalise(shown[start:end]) in text
    assert bool(spans) == any(character.isalnum() for character in text.replace("ʻ", ""))
