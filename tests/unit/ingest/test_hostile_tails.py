"""What is cut off the end of a text never leaves an element or an attribute open."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.domain.parsing.entries import Markup
from ingest.domain.text.markup import sanitise

BASE = "https://a.kg/news/1"
PIECES = (
    "The post ", " appeared first on ", "a", "\n", " ", "<p>", "</p>", "<div>", "</div>", "<br>", "<a href='/x' title='", "'>",
    "<img src='/x.jpg' alt='", "Подробнее", "<a href='/x'>", "</a>", "Read more", "<b>", "</b>", "…", "(", "x" * 1990, "&gt;", "&quot;",
)  # fmt: skip


def html(source: str) -> str:
    return sanitise(Markup(source, is_html=True), BASE)


@pytest.mark.parametrize(
    "source",
    [
        "<p>News.</p><a href='https://x.kg' title='\nThe post a appeared first on b'>c</a>",
        "<p>News.</p><img src='https://x.kg/a.jpg' alt='\nThe post a appeared first on b'>",
    ],
)
def test_words_in_an_attribute_are_not_taken_for_the_end_of_the_text(source: str) -> None:
    """Readers: an attribute left open swallows the page around the article, and a second article could close it."""
    cleaned = html(source)
    assert cleaned.rfind(">") == len(cleaned) - 1
    assert cleaned.count('"') % 2 == 0


@example("<a href='/x'>The post  appeared first on ")
@example("<p>News.</p><p>Подробнее</p><a href='/x'>\nThe post a appeared first on b</a>")
@example("<p>Подробнее" * 6)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_whatever_is_cut_what_is_left_is_whole(source: str) -> None:
    """A sanitiser that reads it again finds nothing to close."""
    once = html(source)
    assert html(once) == once
