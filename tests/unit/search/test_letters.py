"""Which words are equal bytes."""

import pytest

from search.domain.letters import words_of
from shared.query import fold

ALPHABETS = {
    "ru": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    "kk": "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя",
    "ky": "абвгдеёжзийклмнңоөпрстуүфхцчшщъыьэюя",
    "tg": "абвгғдеёжзиӣйкқлмнопрстуӯфхҳчҷшъэюя",
    "uz": "абвгғдеёжзийкқлмнопрстуўфхҳцчшъьэюя",
    "tk": "abçdeäfghijžklmnňoöprsştuüwyýz",
    "en": "abcdefghijklmnopqrstuvwxyz0123456789_",
}


@pytest.mark.parametrize("alphabet", ALPHABETS.values(), ids=ALPHABETS)
def test_letters_that_do_not_fold_alike_are_bytes_of_their_own(alphabet: str) -> None:
    """Words that become equal make different texts alike."""
    for letters in (alphabet, alphabet.upper()):
        coded = {letter: words_of(letter) for letter in letters}
        assert {len(words) for words in coded.values()} == {1}
        assert {len(words[0]) for words in coded.values()} == {1}
        assert len({words[0] for words in coded.values()}) == len(set(map(fold, alphabet)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ёлка", "елка"),
        ("Қазақстан, Өскемен", "Казакстан — Оскемен"),
        ("oʻzbek gʻalaba", "O'ZBEK G‘ALABA"),
        ("«Ала-Тоо»", "Ала Тоо"),
        ("Türkmenistan", "turkmenistan"),
        ("10\u00a0000 сом", "10 000 сом"),
        ("ab\u00adc", "AB C"),
    ],
)
def test_spellings_of_the_same_words_are_equal(one: str, other: str) -> None:
    """Outlets print the same text by their own habits of typing."""
    assert words_of(one) == words_of(other)


def test_words_of_other_alphabets_are_words_too() -> None:
    assert len(words_of("საქართველო, 中文 Ελλάδα 😀 — عربي")) == 4
    assert words_of("საქართველო") == words_of(" «საქართველო»")
    assert words_of("საქართველო") != words_of("თბილისი")


def test_nothing_else_is_a_word() -> None:
    assert words_of(" \t\r\n\x00\x0b\x0c\x1c\u2028\ufffe\ud800 ,.;:!?—…") == []
