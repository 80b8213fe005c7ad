"""Analysis: words with their places, and stems that meet."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.query import normalise, tokens
from shared.query.analyse import APART, LONGEST_TERM, places_of, terms_of, words_of


def terms(text: str) -> list[str]:
    return [token.word.stem for token in tokens(normalise(text))]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("minister", "ministers"),
        ("Taliban's", "taliban"),
        ("elections", "election"),
        ("министр", "министры"),
        ("переговоры", "переговоров"),
        ("Oʻzbekiston", "Ozbekiston"),
        ("don't", "dont"),
        ("ёлка", "елки"),
        ("го\u0301род", "город"),
        ("co\u00adoperation", "cooperation"),
    ],
)
def test_forms_of_a_word_meet_in_one_term(one: str, other: str) -> None:
    assert terms(one) == terms(other)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("COVID-19 in Osh, 2026!", ["COVID", "19", "in", "Osh", "2026"]),
        ("oʻzbek 'quoted' rock'n'roll", ["oʻzbek", "quoted", "rock'n'roll"]),
        ("снег\u00a0и_дождь", ["снег", "и", "дождь"]),
        ("... --- '''", []),
    ],
)
def test_a_token_knows_where_in_the_text_it_stands(text: str, words: list[str]) -> None:
    assert [text[token.start : token.end] for token in tokens(text)] == words


@given(text=st.text())
def test_tokens_are_in_order_and_never_empty(text: str) -> None:
    text = normalise(text)
    end = 0
    for token in tokens(text):
        assert end <= token.start < token.end <= len(text)
        word = token.word
        assert 0 < len(word.form) <= LONGEST_TERM
        assert 0 < len(word.stem) <= LONGEST_TERM
        assert word.written in {word.form, f"{word.form}{APART}{word.spelled}"}
        assert not set(word.stem + word.form) & set(f" \t\n'{APART}")
        end = token.end


@given(
    text=st.text(st.sampled_from("aaбé'ʻ’\u0301\u00ad\u200d\u0345_1². -")) | st.text(),
    count=st.integers(0, 9),
)
def test_the_first_words_of_a_text_stand_where_its_tokens_do(text: str, count: int) -> None:
    text = normalise(text)
    places = [(token.start, token.end) for token in tokens(text)]
    assert places_of(text, words_of(text)[:count]) == places[:count]


@given(text=st.text())
def test_whole_articles_are_analysed_as_single_words_are(text: str) -> None:
    text = normalise(text)
    words = [token.word for token in tokens(text)]
    assert terms_of(text, None).terms == [word.stem for word in words]
    assert terms_of(text, "kk").terms == terms_of(text, "kk").forms == [word.form for word in words]
    assert terms_of(text, "uz").written == [word.written for word in words]
    assert [len(terms_of(text, language).keys) for language in ("uz", "kk", "ru")] == [len(words)] * 2 + [0]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "ministers of Министры", ["minist", "of", "министр"]),
        ("ru", "Министры elections", ["министр", "elect"]),
        (None, "Министры elections", ["министр", "elect"]),
        ("kk", "министры балалар", ["министры", "балалар"]),
        ("tk", "ministers ýurtlar", ["ministers", "yurtlar"]),
    ],
)
def test_only_english_and_russian_articles_are_stemmed(
    language: str | None, text: str, expected: list[str]
) -> None:
    """A Kazakh word cut by Russian rules meets words that have nothing to do with it."""
    assert terms_of(text, language).terms == expected


def test_stemming_in_many_threads_gives_the_same_as_in_one() -> None:
    """The stemming library is not safe to share between threads, and ours index and search at once."""
    words = [f"running{number} министры{number} elections" for number in range(2000)]
    expected = [terms(word) for word in words]
    seen: list[list[list[str]]] = []
    threads = [
        threading.Thread(target=lambda: seen.append([terms(word) for word in words])) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [expected] * 4
