"""HTML to safe HTML and to plain text."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.parsing.entries import Markup
from ingest.domain.text.markup import clip, first_image, one_line, plain_text, sanitise
from ingest.domain.text.sizes import cut_html, cut_text, json_bytes

BASE = "https://a.kg/news/1"


def html(source: str) -> str:
    return sanitise(Markup(source, is_html=True), BASE)


def text(source: str) -> str:
    return plain_text(html(source))


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<SCRIPT SRC=//evil/x.js></SCRIPT>",
        "<img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href=' java\nscript:alert(1)'>x</a>",
        "<a href='data:text/html,x'>x</a>",
        "<iframe src='https://evil'></iframe>",
        "<svg onload=alert(1)>",
        "<style>body{background:url(//evil)}</style>",
        "<p style='position:fixed'>x</p>",
        "<form action='//evil'><input></form>",
        "<math><mtext><script>alert(1)</script>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    ],
)
def test_nothing_that_runs_or_covers_the_page_survives(hostile: str) -> None:
    cleaned = html(f"<p>before</p>{hostile}<p>after</p>").lower()
    assert "before" in cleaned
    for token in ("script", "onerror", "onload", "javascript", "iframe", "style", "<form", "data:", "<svg"):
        assert token not in cleaned


def test_links_are_absolute_and_marked() -> None:
    assert html("<a href='/x'>y</a>") == '<a href="https://a.kg/x" rel="noopener noreferrer nofollow">y</a>'
    assert "mailto:a@b.kg" in html("<a href='mailto:a@b.kg'>y</a>")


def test_tracking_pixels_go_and_pictures_stay() -> None:
    assert html("<img src='/t.gif' width='1' height='1'><img src='/p.jpg' width='600'>") == (
        '<img src="https://a.kg/p.jpg" width="600">'
    )


def test_plain_text_in_place_of_html_is_escaped_and_put_into_paragraphs() -> None:
    source = Markup("1 < 2 & 3\n\n<script>", is_html=False)
    assert sanitise(source, BASE) == "<p>1 &lt; 2 &amp; 3</p><p>&lt;script&gt;</p>"
    assert plain_text(sanitise(source, BASE)) == "1 < 2 & 3\n\n<script>"


def test_paragraphs_are_parted_by_an_empty_line() -> None:
    assert text("<p>One\n two</p><p>Three</p>") == "One two\n\nThree"
    assert text("<div>One<div>Two</div></div>Three") == "One\n\nTwo\n\nThree"
    assert text("One<br>two<br><br>Three") == "One\ntwo\n\nThree"
    assert text("<ul><li>One</li><li>Two</li></ul>End") == "One\nTwo\n\nEnd"
    assert text("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>") == "a b\nc"


def test_a_no_break_space_stays() -> None:
    """The excerpt counts words by it."""
    assert text("<p>10&nbsp;000 &amp; more</p>") == "10\xa0000 & more"


def test_text_is_in_nfc_and_without_invisible_characters() -> None:
    assert text("<p>й\u200bо\ufeff\x07</p>") == "йо"
    assert text("<p>\u202egnp.kg\u2069</p>") == "gnp.kg"


def test_a_title_is_one_line_with_tags_and_entities_resolved() -> None:
    assert one_line(Markup("A &amp;amp; <b>B</b>\n C", is_html=True), 100) == "A &amp; B C"
    assert one_line(Markup("1 < 2\t&amp; 3", is_html=False), 100) == "1 < 2 &amp; 3"
    assert one_line(None, 100) == ""


def test_a_long_title_ends_at_a_word_with_an_ellipsis() -> None:
    assert clip("one two three four", 12) == "one two…"
    assert clip("x" * 20, 12) == "x" * 11 + "…"
    assert clip("short", 12) == "short"


def test_the_first_picture_is_found() -> None:
    assert (
        first_image(html("<p>x</p><img src='/a.jpg?x=1&amp;y=2'><img src='/b.jpg'>"))
        == "https://a.kg/a.jpg?x=1&y=2"
    )
    assert first_image("<p>none</p>") is None


@pytest.mark.parametrize("tag", ["div", "b", "blockquote", "p", "table", "a href=x", "x"])
def test_hostile_nesting_is_quick(tag: str) -> None:
    """60,000 open div elements cost the sanitiser 13 s."""
    started = time.process_time()
    assert plain_text(sanitise(Markup(f"<{tag}>word </i>" * 40_000, is_html=True), BASE)).startswith("word")
    assert time.process_time() - started < 5


@given(st.text())
def test_no_html_crashes_it_and_sanitising_again_changes_nothing(source: str) -> None:
    once = html(source)
    assert plain_text(html(once)) == plain_text(once)
    assert unicodedata.is_normalized("NFC", plain_text(once))


@given(st.text(alphabet='aй"\\\n <>😀', max_size=400), st.integers(1, 300))
def test_a_cut_text_fits_and_is_a_beginning(source: str, room: int) -> None:
    kept, cut = cut_text(source, room)
    assert json_bytes(kept) <= room
    assert source.startswith(kept)
    assert cut == (json_bytes(source) > room)


@given(st.integers(200, 3000))
def test_cut_html_fits_and_its_elements_are_closed(room: int) -> None:
    source = html("<div>" + "<p>Слово <b>word</b> <a href='/x'>link</a></p>" * 60 + "</div>")
    kept, cut = cut_html(source, room)
    assert json_bytes(kept) <= room
    assert cut
    assert kept.count("<p>") == kept.count("</p>")
    assert html(kept) == kept


def test_what_fits_is_left_alone() -> None:
    assert cut_text("short", 5) == ("short", False)
    assert cut_html("<p>short</p>", 50) == ("<p>short</p>", False)
