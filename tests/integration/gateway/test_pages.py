"""The pages as they are sent: safe, readable, in one look."""

import re

import pytest

from tests.integration.gateway.running import System
from tests.integration.gateway.standins import GONE

PAGES = ["/", "/articles/article0001", "/rates", "/sources", "/nothing", f"/articles/{GONE}", "/?page=0"]


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_runs_nothing_and_loads_nothing_foreign(well: System, path: str) -> None:
    page = await well.get(path)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in policy
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "<script" not in page.text
    assert "<img" not in page.text
    assert " style=" not in page.text
    loaded = re.findall(r'<link rel="(?:stylesheet|icon)"[^>]*href="([^"]+)"', page.text)
    assert len(loaded) == 2
    for link in loaded:
        asset = await well.get(link)
        assert asset.status_code == 200
        assert "immutable" in asset.headers["cache-control"]


async def test_what_a_source_writes_is_text_and_never_markup(well: System) -> None:
    page = (await well.get("/")).text
    assert "&lt;script&gt;alert(&#34;title&#34;)&lt;/script&gt; &amp; &lt;b&gt;bold&lt;/b&gt;" in page
    assert "javascript:" not in page
    assert "javascript:" not in (await well.get("/articles/article0003")).text


async def test_what_a_reader_types_is_text_and_never_markup(well: System) -> None:
    page = (await well.get("/", params={"q": '"><script>alert(1)</script>'})).text
    assert "<script" not in page
    assert 'value="&#34;&gt;&lt;script&gt;' in page


async def test_texts_carry_their_own_language_and_direction(well: System) -> None:
    page = (await well.get("/")).text
    assert '<h2 lang="ru" dir="ltr">' in page
    assert '<h2 lang="fa" dir="rtl">' in page
    assert '<h2 lang="" dir="auto">' in page


async def test_dates_are_for_people_and_for_machines(well: System) -> None:
    page = (await well.get("/")).text
    assert '<time datetime="2026-06-02T23:00:00Z">2 June 2026, 23:00 UTC</time>' in page
    assert '<time datetime="2026-06-02">2 June 2026</time>' in page


async def test_an_article_s_page_points_to_its_publisher(well: System) -> None:
    page = (await well.get("/articles/article0001")).text
    assert '<link rel="canonical" href="https://steppe.example/1">' in page
    assert "Read on at steppe.example" in page
    assert "lets us show an excerpt" in page


async def test_an_article_with_full_rights_is_shown_whole(well: System) -> None:
    page = (await well.get("/articles/article0002")).text
    assert "<p>First paragraph.</p>" in page
    assert "<p>Second paragraph.</p>" in page


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/nothing", 404, "There is nothing here"),
        ("/articles/unknown", 404, "There is nothing here"),
        (f"/articles/{GONE}", 410, "This article was withdrawn"),
        ("/?page_size=1000", 422, "less than or equal to 100"),
        ("/?page=5000", 400, "Page too deep"),
        ("/static/other.css", 404, "There is nothing here"),
    ],
)
async def test_an_error_is_a_page_in_the_same_look(well: System, path: str, status: int, said: str) -> None:
    page = await well.get(path)
    assert page.status_code == status
    assert said in page.text
    assert "KGS/USD" in page.text


async def test_the_form_s_empty_fields_are_no_error(well: System) -> None:
    page = await well.get("/?q=silk&country=&language=&after=&before=&match=all")
    assert page.status_code == 200
    assert "Filters in force" not in page.text


async def test_nothing_found_says_so_and_shows_a_way_on(own: System) -> None:
    own.search.total = 0
    page = (await own.get("/?q=nothing")).text
    assert "No results" in page
    assert "Nothing was found" in page


async def test_before_the_first_article_the_page_does_not_speak_of_a_search(own: System) -> None:
    """Who starts with sources of their own sees this first, and must learn where to look."""
    own.search.total = 0
    page = (await own.get("/")).text
    assert "No articles have come in yet." in page
    assert "Nothing was found" not in page
    assert "Nothing was found" in (await own.get("/?country=KG")).text


async def test_past_the_last_page_there_is_a_way_back(well: System) -> None:
    page = (await well.get("/?q=taliban&page=99")).text
    assert "No results on this page (248 in all)" in page
    assert 'href="/?q=taliban"' in page


async def test_the_rates_page_names_and_links_every_bank(well: System) -> None:
    page = (await well.get("/rates")).text
    assert page.count('href="https://bank.example/rates"') == 6
    assert "1000 UZS/USD = 0.08236" in page
    assert "0.011908976799524" in page
    assert "not known" in page
    assert "No newer table has been published." in page
    assert "The bank&#39;s next table is late" in page


async def test_the_ticker_s_second_line_is_there_for_who_rests_on_it(well: System) -> None:
    """The run itself keeps the familiar lines."""
    page = (await well.get("/")).text
    assert 'title="1000 UZS/USD = 0.08236">UZS/USD = 0.00008 <span class="change">0%</span></li>' in page


async def test_the_sources_page_tells_how_each_is_doing(well: System) -> None:
    page = (await well.get("/sources")).text
    assert "3 news sources" in page
    assert "http status" in page
    assert "not read yet" in page
    assert "every 10 minutes" in page


async def test_a_story_that_others_tell_too_says_so_and_lists_them(well: System) -> None:
    """Readers want one story once, and still to find who else has it."""
    page = (await well.get("/")).text
    assert '<a class="story-more" href="/articles/article0005#story">and 3 more articles' in page
    story = (await well.get("/articles/article0005")).text
    assert "4 articles tell this story" in story
    assert story.count("first seen here") == 1
    assert '<a href="/articles/article0007"' in story
    assert "The first 2 are listed." in story
    assert "tell this story" not in (await well.get("/articles/article0001")).text


async def test_the_page_offers_each_story_once(well: System) -> None:
    page = (await well.get("/", params={"q": "silk"})).text
    assert 'href="/?q=silk&amp;collapse=story">each once</a>' in page
    page = (await well.get("/", params={"q": "silk", "collapse": "story"})).text
    assert 'href="/?q=silk">every article</a>' in page
    assert '<input type="hidden" name="collapse" value="story">' in page
    assert well.search.asked[-1].query_params["collapse"] == "story"


async def test_words_that_were_looked_for_are_marked_and_marks_let_nothing_through(well: System) -> None:
    page = (await well.get("/", params={"q": "central"})).text
    assert "<mark>Cen</mark>tral Asia Asks" in page
    assert "<mark>&lt;sc</mark>ript&gt;alert(&#34;title&#34;)" in page
    assert "<script" not in page
    assert "<mark>" not in (await well.get("/")).text
