"""Analysis: words with their places, and stems that meet."""

import re
import sys
import threading

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.query import exact, fold, normalise, tokens
from shared.query.analyse import APART, LONGEST_TERM, PlacedWords, streams_of, terms_of
from shared.query.fold import APOSTROPHE, APOSTROPHES, IGNORED
from shared.query.plain import COMMON, plain
from shared.query.transliterate import key_of

WRITTEN = st.lists(
    st.sampled_from("aZé9`ʻ'\u00ad\u0301 \u00a0\u2003\u2028\x1c_-,яЁйқңӯİıﬁＡ字") | st.characters(),
    max_size=80,
).map("".join)
"""Texts that crowd together what words are made of and what parts them."""


COMMONPLACE = st.text(st.sampled_from(COMMON)) | st.lists(
    st.sampled_from(
        [
            *("Kazakh", "ёлка", "ңұ", "o'", "'", " ", " ", " ", "-", "5"),
            *("t", "sh", "ch", "ts", "s", "zh", "gh", "kh", "ye", "е", "Е", "а", "т", "с", "ц", "щ"),
            *("ъ", "ь", "ю", "ў", "ҷ"),
        ]
    ),
    max_size=40,
).map("".join)
"""Texts of characters that are folded as a whole: spelled in ways that are folded, or of letters that other ones make another of."""

LONG = st.lists(st.sampled_from(["x" * 40, "x" * 24, "o'", "'", " ", "ё"]), max_size=12).map("".join)

PARTED = st.text(st.sampled_from("ab'ёо \u0306€😀\u2011\u2009Ⓐ²½№’′\u1fef\u2126\u037e\u00ad_"), max_size=12)
"""Letters with signs between them that are not common: most of these part words, and some only look so."""


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


@given(text=st.text(st.sampled_from("aaбé'ʻ’\u0301\u00ad\u200d\u0345_1². -\n\u00a0")) | st.text())
def test_the_words_of_a_text_stand_where_its_tokens_do(text: str) -> None:
    text = normalise(text)
    for language in ("en", "uz"):
        words, found = PlacedWords(text, language), list(tokens(text))
        assert words.terms == terms_of(text, language)
        for at, token in enumerate(found):
            assert words.span(at, at) == (token.start, token.end)
            assert words.span(0, at) == (found[0].start, token.end)


@given(text=st.text())
def test_whole_articles_are_analysed_as_single_words_are(text: str) -> None:
    text = normalise(text)
    words = [token.word for token in tokens(text)]
    assert terms_of(text, None).terms == [word.stem for word in words]
    assert terms_of(text, "kk").terms == terms_of(text, "kk").forms == [word.form for word in words]
    assert terms_of(text, "uz").written == [word.written for word in words]
    assert [len(terms_of(text, language).keys) for language in ("uz", "kk", "ru")] == [len(words)] * 2 + [0]


@given(text=WRITTEN)
def test_what_is_remembered_of_pieces_is_what_the_words_of_the_whole_text_are(text: str) -> None:
    text = normalise(text)
    words = [token.word for token in tokens(text)]
    for _ in range(2):
        for language in ("uz", "kk", "ky", "ru"):
            told = terms_of(text, language)
            assert told.forms == [word.form for word in words]
            assert told.written == [word.written for word in words]
        assert terms_of(text, "ru").terms == [word.stem for word in words]
        assert terms_of(text, "uz").keys == [key_of(word.spelled, "uz") for word in words]
        assert terms_of(text, "kk").keys == [key_of(word.spelled, "kk") for word in words]


@given(text=WRITTEN | COMMONPLACE | LONG | PARTED)
@example(text="т'с t's тьс")
@example(text="о'е 'е 5е еЕ ье")
@example(text="s'h tsh shch")
@example(text="ь а")
@example(text="\u1fef a\u1fefb")
def test_an_index_is_given_the_words_that_the_matcher_has(text: str) -> None:
    for language in (None, "en", "ru", "kk", "uz", "ky"):
        told, given_ = terms_of(normalise(text), language), streams_of(text, language)
        assert given_.terms.split() == told.terms
        assert given_.written.split() == told.written
        assert given_.keys.split() == told.keys


@given(text=COMMONPLACE)
def test_a_text_of_common_characters_is_folded_as_its_words_are(text: str) -> None:
    assert text == normalise(text)
    told = plain(text)
    assert told is not None
    assert len(told.exact) == len(told.folded) == len(told.coded) == len(text)
    words = [token.word for token in tokens(text)]
    for folded in (told.exact, told.folded):
        assert [token.word.form for token in tokens(folded)] == [word.form for word in words]
    assert [token.word.written for token in tokens(told.exact)] == [word.written for word in words]


def test_what_is_common_fits_into_a_byte() -> None:
    assert len(COMMON) == len(set(COMMON)) <= 256
    assert plain("word\u00ad") is None
    assert plain("字") is None
    assert plain("\ufffe") is None


def test_signs_that_are_not_common_part_words_as_spaces_do() -> None:
    told = plain("Цена\u2009— 5\u20ac😀 (қымбат)")
    assert told is not None
    assert told.folded.split() == ["цена", "5", "кымбат"]
    for belonging in ("o′z", "a\u1fefb", "\u212akm", "½"):
        assert plain(belonging) is None


@given(text=WRITTEN)
def test_a_word_is_folded_letter_by_letter_whatever_short_cut_is_taken(text: str) -> None:
    text = normalise(text)
    for token in tokens(text):
        found = text[token.start : token.end]
        spelled = exact(found).replace(IGNORED, "") or found
        form = fold(found).replace(IGNORED, "").replace(APOSTROPHE, "") or found
        assert token.word.spelled == spelled[:LONGEST_TERM]
        assert token.word.form == form[:LONGEST_TERM]


def test_no_character_that_parts_pieces_is_of_a_word() -> None:
    """Texts are looked up in pieces between spaces: a word that held one would be cut."""
    spaces = [character for character in map(chr, range(sys.maxunicode + 1)) if character.isspace()]
    assert " ".join(spaces).split() == []
    assert [space for space in spaces if space in APOSTROPHES or exact(space) == IGNORED] == []
    assert re.findall(r"\w", "".join(spaces) + fold("".join(spaces))) == []


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
