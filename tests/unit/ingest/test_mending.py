"""Publishers' HTML without what counts readers, waits for scripts or calls to read on."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.parsing.entries import Markup
from ingest.domain.text.markup import plain_text, sanitise
from ingest.domain.text.mending import after_sanitising, before_sanitising, is_picture

BASE = "https://a.kg/news/1"


def html(source: str) -> str:
    return sanitise(Markup(source, is_html=True), BASE)


@pytest.mark.parametrize(
    "tag",
    [
        "<img data-src='/p.jpg' src='data:image/gif;base64,R0lGOD'>",
        "<img class=lazy data-lazy-src=/p.jpg src=/spacer.gif>",
        "<img src='/stub.png' data-original=\"/p.jpg\" />",
        "<img srcset='/s.jpg 300w, /p.jpg 1200w'>",
        "<img data-srcset='/s.jpg 1x, /p.jpg 2x' src='/stub.png'>",
        "<img src=/p.jpg srcset='/s.jpg 300w, /q.jpg 1200w' onload='x()'>",
        "<img src='//a.kg/p.jpg'>",
    ],
)
def test_a_picture_that_waits_for_a_script_is_shown_without_one(tag: str) -> None:
    assert html(tag) == '<img src="https://a.kg/p.jpg">'


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "x"])
def test_a_lazy_address_is_sanitised_like_any_other(address: str) -> None:
    assert "alert" not in html(f"<img data-src='{address}' onerror=alert(1)>")
    assert "data:" not in html(f"<img data-src='{address}'>")


@pytest.mark.parametrize(
    "counter",
    [
        "<img src='https://mc.yandex.ru/watch/123'>",
        "<a href='//www.liveinternet.ru/click'><img src='//counter.yadro.ru/hit?t1'></a>",
        "<img src='https://c.zero.kz/z.png?u=1'>",
        "<img src='https://pixel.wp.com/g.gif?x=1'>",
        "<img src='http://feeds.feedburner.com/~r/akipress/~4/abc' height='1' width='1'>",
        "<div><a href='http://feeds.feedburner.com/~ff/akipress?a=1'>Share<img src='http://x.com/i.png'></a></div>",
        "<img src=/t.png style='display:none'>",
        "<img src=/t.png width=0 height=0>",
    ],
)
def test_what_counts_readers_goes(counter: str) -> None:
    """Nobody who reads an article here is told to a third party."""
    cleaned = html(f"<p>Text</p>{counter}")
    assert "<img" not in cleaned
    assert "<a" not in cleaned
    assert plain_text(cleaned) == "Text"


def test_a_link_that_is_counted_keeps_its_words() -> None:
    link = "<p>See <a href='http://feedproxy.google.com/~r/a/~3/x/'>the law</a> itself.</p>"
    assert html(link) == "<p>See the law itself.</p>"


TAILS = {
    "wordpress": "<p>The post <a href='/1'>A law</a> appeared first on <a href='/'>Kloop</a>.</p>",
    "wordpress in russian": "<p>Сообщение <a href='/1'>Закон</a> появились сначала на <a href='/'>Kloop</a>.</p>",
    "newer wordpress in russian": "<p>Запись <a href='/1'>Закон</a> впервые появилась на <a href='/'>A</a>.</p>",
    "a link": "<p><a href='/1'>Читать далее</a></p>",
    "a link with an arrow": "<a href='/1'>Read more →</a>",
    "a link with the title": "<p><a href='/1'>Continue reading <span>A law</span> &rarr;</a></p>",
    "in brackets": "[<a href='/1'>Подробнее</a>]",
    "uzbek": "<br><a href='/1'>Batafsil</a>",
    "kazakh": "<p>Толығырақ...</p>",
    "both": "<p><a href='/1'>Читать далее</a></p><p>The post <a href='/1'>A</a> appeared first on <a href='/'>B</a>.</p>",
}


@pytest.mark.parametrize("tail", TAILS.values(), ids=TAILS)
def test_calls_to_read_on_are_no_part_of_a_text(tail: str) -> None:
    assert plain_text(html(f"<p>The law was passed.</p>{tail}")) == "The law was passed."
    nested = html(f"<div><p>The law was passed.</p>{tail}</div>")
    assert plain_text(nested) == "The law was passed."
    assert nested.count("<div>") == nested.count("</div>")


@pytest.mark.parametrize(
    "text",
    [
        "<p>The post office appeared first in 1890.</p>",
        "<p>He asked to <a href='/x'>read more books</a> and went home.</p>",
        "<p>Об этом подробнее</p>",
        "<p>Запись разговора появилась на сайте.</p>",
    ],
)
def test_sentences_that_sound_alike_stay(text: str) -> None:
    assert plain_text(html(text)) == plain_text(text.replace("href='/x'", ""))


@given(st.text(alphabet="<>/ap='\"! imgsrcdivb&;x\n", max_size=200))
def test_mending_again_changes_nothing(source: str) -> None:
    once = html(source)
    assert after_sanitising(once) == once
    assert html(once) == once


@pytest.mark.parametrize(
    "piece",
    [
        " ", "( [", "<br>", "<p>The post ", "The post appeared first on x ", "<a href=x>Read more", "</p>", "<img a", "<img ",
        "<img aaaa", "<img src=//a.", "<a href='//x.y/~r/'>", "Подробнее ", "<p>Далее. ", "<a>", "a=' ",
    ],
)  # fmt: skip
def test_hostile_html_is_mended_quickly(piece: str) -> None:
    started = time.process_time()
    before_sanitising(piece * (500_000 // len(piece)))
    after_sanitising(sanitise(Markup("<p>Text</p>" + piece * 20_000, is_html=True), BASE))
    assert time.process_time() - started < 3


def test_portraits_and_smilies_are_not_an_articles_picture() -> None:
    assert not is_picture("https://secure.gravatar.com/avatar/x")
    assert not is_picture("https://s.w.org/images/core/emoji/15/72x72/1f600.png")
    assert is_picture("https://a.kg/photo.jpg")
