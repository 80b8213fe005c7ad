"""Tables of what people type: each typed form finds its word, and the word is marked as the article spells it."""

from datetime import UTC, datetime

import pytest

from shared.query import Subject, analyse, highlight, matches, read_query
from tests.suites.typed_forms import TYPED_FORMS

_ROWS = [(language, typed, found) for language, rows in TYPED_FORMS.items() for typed, found in rows]
_AT = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(("language", "typed", "found"), _ROWS)
def test_what_is_typed_finds_the_word_and_marks_it_as_it_is_spelled(
    language: str, typed: str, found: str
) -> None:
    """Readers have the keyboard they have; nobody types ң or oʻ into a phone that offers н and o."""
    text = f"2026: «{found}» — 24."
    query = read_query(typed)
    assert matches(query, analyse(Subject("", text, "s", "S", "o", None, language, (), _AT)))
    assert [text[start:end] for start, end in highlight(query, text, language)] == [found]


@pytest.mark.parametrize("language", TYPED_FORMS)
def test_each_language_has_its_table(language: str) -> None:
    assert len(set(TYPED_FORMS[language])) >= 20


@pytest.mark.parametrize(
    ("language", "typed", "other"),
    [
        ("ru", "елка", "белка"),
        ("ru", "мир", "мэр"),
        ("en", "rail", "nail"),
        ("kk", "министры", "министром"),  # no Russian stems in Kazakh
        ("en", "Тошкент", "Toshkent"),  # only Kazakh and Uzbek articles are found from the other script
        ("uz", "tosh", "туш"),
        ("uz", "toshkent", "тушкент"),
        ("kk", "asan", "есен"),
        ("tg", "ҷанг", "данг"),
        ("tk", "gün", "gan"),
        ("ky", "күн", "кан"),
    ],
)
def test_words_that_only_resemble_what_is_typed_are_not_found(language: str, typed: str, other: str) -> None:
    assert not matches(read_query(typed), analyse(Subject("", other, "s", "S", "o", None, language, (), _AT)))
