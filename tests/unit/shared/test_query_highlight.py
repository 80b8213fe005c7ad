"""Highlights: which places of the original text a query marks."""

import tracemalloc
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.query import Highlighter, highlight, normalise, read_query, tokens
from shared.query.analyse import terms_of
from shared.query.match import meets


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


@given(
    asked=st.lists(st.sampled_from(["run", "qazaq", "ru*", '"run no"', '"no runs"', "title:no", "қаз*"])),
    text=st.lists(st.sampled_from(["Runs", "run-no", "no", "қазақ", "running,", "rural", "\n", ""])),
    language=st.sampled_from(["en", "kk", "ky", None]),
    title=st.booleans(),
)
def test_what_is_marked_is_what_answers(
    asked: list[str], text: list[str], language: str | None, *, title: bool
) -> None:
    """Every word in question of every alternative is looked at here, which takes too long for pages of a hundred."""
    query, shown = read_query(" ".join(asked), "any"), " ".join(text)
    terms, places = terms_of(shown, language), [set(range(one.start, one.end)) for one in tokens(shown)]
    expected = set[int]()
    for words in [one for group in query.groups for one in group.any_of if title or not one.in_title]:
        for at in range(len(places) - len(words.terms) + 1):
            if meets(words, terms, at):
                expected |= set(range(min(places[at]), max(places[at + len(words.terms) - 1]) + 1))
    spans = highlight(query, shown, language, title=title)
    assert {at for start, end in spans for at in range(start, end)} == expected


def test_where_the_words_of_a_long_text_without_spaces_stand_is_not_kept() -> None:
    """A Chinese article is all in one piece, and thousands of them would take a gigabyte."""
    highlighter, text = Highlighter(read_query("新闻")), "，".join(["新闻", *["天气"] * 1000])
    tracemalloc.start()
    try:
        for number in range(50):
            assert highlighter.spans(f"{text}{number}", "zh") == [(0, 2)]
        kept_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept_bytes < 1 << 20
