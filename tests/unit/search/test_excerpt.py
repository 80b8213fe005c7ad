"""An excerpt is the text's first words, joined by one space, cut only when there are more."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.domain.excerpt import MOST_WORDS, excerpt, excerpt_at, most_characters, opening
from search.domain.rights import may_show_whole, shown_excerpt
from tests.suites.article_builders import a_source, an_article

TEXTS = st.text(alphabet=st.sampled_from("ab.\u00a0\u2003 \t\r\n…"), max_size=60)


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("one two three", 3, "one two three"),
        ("one two three", 2, "one two..."),
        ("  one \t two\r\n\nthree  ", 3, "one two three"),
        ("one\u00a0two three", 1, "one\u00a0two..."),
        ("one\u2003two\u2028three", 1, "one\u2003two\u2028three"),
        ("one, two.", 1, "one,..."),
        ("one two", 0, ""),
        ("", 5, ""),
        (" \n ", 5, ""),
    ],
)
def test_words_part_at_space_tab_and_line_ends_only(text: str, words: int, expected: str) -> None:
    assert excerpt(text, words).text == expected


def test_a_text_of_exactly_five_hundred_words_is_not_cut_and_of_one_more_is() -> None:
    exact, longer = " ".join(["word"] * 500), " ".join(["word"] * 501)
    assert (excerpt(exact, 500).text, excerpt(exact, 500).truncated) == (exact, False)
    assert (excerpt(longer, 500).text, excerpt(longer, 500).truncated) == (f"{exact}...", True)


@given(text=TEXTS, words=st.integers(0, 12))
def test_an_excerpt_is_a_prefix_of_the_words(text: str, words: int) -> None:
    all_words = [word for word in re.split(r"[ \t\r\n]+", text) if word]
    cut = excerpt(text, words)
    assert cut.truncated == (len(all_words) > words)
    shown = cut.text.removesuffix("...") if cut.truncated else cut.text
    assert shown == " ".join(all_words[:words])


@pytest.mark.parametrize("between", [" ", "\r\n", "\t \n", " " * 40])
@pytest.mark.parametrize("words", [0, 1, 500, 501, 502, 5000])
def test_the_opening_is_of_501_words_whatever_parts_them(between: str, words: int) -> None:
    text = f"{between}{between.join(['word'] * words)}{between}"
    assert opening(text) == " ".join(["word"] * min(words, MOST_WORDS + 1))


@given(
    text=st.lists(st.sampled_from(["a", "b\u00a0c", "d."]), max_size=510).map("\n ".join),
    words=st.integers(0, 500),
)
def test_the_opening_is_all_that_any_excerpt_needs(text: str, words: int) -> None:
    """A view keeps openings, not texts; its excerpts must be those of the text."""
    assert excerpt(opening(text), words) == excerpt(text, words)


@pytest.mark.parametrize(
    ("rights", "shown", "whole"),
    [("title", "", False), ("excerpt", "one two...", False), ("full", "one two...", True)],
)
def test_only_as_much_is_shown_as_the_source_allows(rights: str, shown: str, *, whole: bool) -> None:
    article = an_article(text="one two three", source=a_source(rights=rights))
    assert (shown_excerpt(article, 2).text, may_show_whole(article)) == (shown, whole)


def test_no_excerpt_is_longer_than_five_hundred_words_whatever_is_asked() -> None:
    article = an_article(text="word " * 600, source=a_source(rights="full"))
    assert len(shown_excerpt(article, 10_000).text.split()) == MOST_WORDS


def test_an_article_without_text_is_excerpted_from_its_summary() -> None:
    assert shown_excerpt(an_article(text="", summary="In short."), 500).text == "In short."


@pytest.mark.parametrize("rights", ["excerpt", "full"])
def test_an_excerpt_is_bounded_in_characters_too(rights: str) -> None:
    """A text without spaces is one word: whole books were shown of sources that allow an excerpt."""
    article = an_article(text="字" * 760_000, source=a_source(rights=rights)).listed()
    shown = shown_excerpt(article, 500)
    assert (shown.text, shown.truncated) == ("字" * most_characters(500) + "...", True)
    assert len(article.text) < 2 * most_characters(500)
    assert shown_excerpt(article, 1).text == "字" * most_characters(1) + "..."


def test_an_excerpt_around_a_word_is_bounded_in_characters_and_shows_the_word() -> None:
    text = f"{'a' * 5000} {'b' * 5000} wanted {'c' * 5000} end"
    for words in (1, 2, 9):
        around = excerpt_at(text, words, text.index("wanted"))
        assert "wanted" in around.text
        assert around.truncated
        assert len(around.text) <= most_characters(words) + 6


@given(
    sizes=st.lists(st.sampled_from([1, 5, 20, 21, 400, 10_197, 10_198, 10_199, 10_200]), max_size=6),
    more=st.integers(0, 510),
    words=st.integers(0, 500),
)
def test_the_opening_is_all_that_any_excerpt_needs_of_long_words_too(
    sizes: list[int], more: int, words: int
) -> None:
    text = " ".join(["a" * size for size in sizes] + ["bb"] * more)
    assert excerpt(opening(text), words) == excerpt(text, words)
    assert len(excerpt(text, words).text) <= most_characters(words) + 3
