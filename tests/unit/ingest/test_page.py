"""What is found in the page of an article."""

import pytest

from ingest.adapters.trafilatura_page import extract_page
from ingest.domain.articles.pages import with_page
from ingest.domain.text.page import Extracted, NoText
from tests.suites.ingest_stores import candidate

URL = "https://a.kg/news/1"
TEXT = "Парламент үчүнчү окууда суу жөнүндө мыйзамды кабыл алды, эми документ президентке жөнөтүлөт. "
PAGE = f"""<!DOCTYPE html><html lang="ky"><head><meta charset="utf-8"><title>Суу жөнүндө мыйзам | A.kg</title>
<meta property="og:title" content="Суу жөнүндө мыйзам"><meta property="og:image" content="https://a.kg/photo.jpg">
<meta name="author" content="Аида Асанова"><meta property="article:published_time" content="2026-09-21T08:00:00+06:00">
</head><body><nav><ul><li><a href="/">Башкы бет</a></li></ul></nav><article><h1>Суу жөнүндө мыйзам</h1>
<p>{TEXT * 3}</p><p>{TEXT * 2}<a href="/law">мыйзам</a> <script>alert(1)</script></p><h2>Кийинки кадам</h2><p>{TEXT * 2}</p>
</article><footer>© 2026 A.kg. Бардык укуктар корголгон.</footer></body></html>"""


def found() -> Extracted:
    page = extract_page(PAGE.encode(), "text/html", URL)
    assert isinstance(page, Extracted)
    return page


def test_the_text_is_the_articles_and_not_the_sites() -> None:
    assert TEXT.strip() in found().text
    assert "Башкы бет" not in found().text
    assert "корголгон" not in found().text


def test_what_the_page_says_about_its_article_is_found() -> None:
    page = found()
    assert (page.title, page.authors) == ("Суу жөнүндө мыйзам", ("Аида Асанова",))
    assert (page.published_on, page.image) == ("2026-09-21", "https://a.kg/photo.jpg")


def test_a_page_in_windows_1251_is_read() -> None:
    text = "Парламент в третьем чтении принял закон о воде, документ направлен президенту. "
    page = extract_page(
        f"<html><body><article><p>{text * 9}</p></article></body></html>".encode("cp1251"), None, URL
    )
    assert isinstance(page, Extracted)
    assert text.strip() in page.text


@pytest.mark.parametrize(
    "body", [b"", b"\x00", b"<html></html>", b"<html><body>" + b"<div>" * 50_000, b"{}", b"\xff" * 99]
)
def test_what_holds_no_article_is_told_so(body: bytes) -> None:
    assert isinstance(extract_page(body, None, URL), NoText)


def test_what_a_page_gives_is_sanitised_and_completes_the_feed() -> None:
    feed = candidate(text="Суу", html="<p>Суу</p>", authors=(), image=None, published=None, language="ky")
    whole = with_page(feed, found(), URL)
    assert whole is not None
    assert whole.text.count("\n\n") >= 3
    assert "script" not in whole.html
    assert 'href="https://a.kg/law" rel="noopener' in whole.html
    assert (whole.authors, whole.image, whole.language) == (("Аида Асанова",), "https://a.kg/photo.jpg", "ky")
    assert whole.published is not None
    assert whole.published.certainty == "day_only"
    assert (whole.id, whole.title, whole.summary) == (feed.id, feed.title, "Суу")


def test_what_the_feed_says_itself_stays() -> None:
    feed = candidate(text="Суу", authors=("A. Author",), image="https://a.kg/feed.jpg")
    whole = with_page(feed, found(), URL)
    assert whole is not None
    assert (whole.authors, whole.image, whole.published) == (feed.authors, feed.image, feed.published)


def test_a_page_with_less_than_the_feed_is_left() -> None:
    assert with_page(candidate(text=TEXT * 20), found(), URL) is None
