"""Which article an entry is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.articles.identity import (
    article_id,
    canonical_url,
    identity_url,
    registrable_host,
)
from tests.fuzz.target_url import one_input


@pytest.mark.parametrize(
    ("given", "canonical"),
    [
        (
            "HTTPS://WWW.Example.KG:443/a/../b/./c?utm_source=x&b=2&a=1#part",
            "https://www.example.kg/b/c?b=2&a=1",
        ),
        ("http://a.kg", "http://a.kg/"),
        ("//cdn.a.kg/x", "https://cdn.a.kg/x"),
        ("/rel?fbclid=1&yclid=2", "https://base.kg/rel"),
        ("http://a.kg:8080/x", "http://a.kg:8080/x"),
        (
            "http://пример.рф/путь?q=да",
            "http://xn--e1afmkfd.xn--p1ai/%D0%BF%D1%83%D1%82%D1%8C?q=%D0%B4%D0%B0",
        ),
        ("http://a.kg/%7euser/%d0%b0", "http://a.kg/~user/%D0%B0"),
        ("http://a.kg/100%", "http://a.kg/100%25"),
        ("http://user:secret@a.kg/", "http://a.kg/"),
        (" http://a.kg/a b\n", "http://a.kg/a%20b"),
        ("http://a.kg/#!/page/1", "http://a.kg/#!/page/1"),
        ("http://a.kg/#/news/1?utm", "http://a.kg/#/news/1?utm"),
        ("http://a.kg/1#news/2", "http://a.kg/1"),
        ("www.a.kg/1", "https://www.a.kg/1"),
        ("http://a.kg/x;jsessionid=0A1B.node2?b=1&PHPSESSID=f00", "http://a.kg/x?b=1"),
        ("http://a.kg/x;v=1;JSESSIONID=0A1B/y", "http://a.kg/x;v=1/y"),
        ("http://[2001:DB8::1]:80/", "http://[2001:db8::1]/"),
        ("http://a.kg./", "http://a.kg/"),
        ("http://a.kg。/", "http://a.kg/"),
        ("http://a.kg/?UTM_Campaign=x&%75tm_medium=y", "http://a.kg/"),
    ],
)
def test_an_address_has_one_form(given: str, canonical: str) -> None:
    assert canonical_url(given, "https://base.kg/feed/rss") == canonical


@pytest.mark.parametrize(
    "given",
    ["javascript:alert(1)", "mailto:a@b.kg", "ftp://a.kg/", "http://", "http://a.kg:99999/", "http://[::1/", "data:,x",
     "http://a b/", "http://a.kg/" + "x" * 2000],
)  # fmt: skip
def test_what_is_no_web_address_is_none(given: str) -> None:
    assert canonical_url(given) is None


TRACKING = [
    "utm_source=rss", "UTM_Campaign=x", "yclid=1", "ysclid=lx1", "_openstat=bWFya2V0", "etext=1", "fbclid=1", "gclid=1",
    "fb_action_ids=1", "igsh=1", "mc_cid=1", "from=rss", "from=rss_main", "from=yandex_news", "ref=telegram", "source=feed",
    "partner=rss", "rss=", "__twitter_impression=true", "mtm_campaign=x", "at_medium=rss", "srsltid=1",
]  # fmt: skip


@given(st.lists(st.sampled_from(TRACKING), max_size=4), st.integers(0, 4))
def test_where_the_reader_came_from_is_no_part_of_an_address(tracking: list[str], place: int) -> None:
    """Each network adds its own; the article is one."""
    pairs = [*tracking[:place], "id=7", *tracking[place:]]
    assert canonical_url(f"https://a.kg/news?{'&'.join(pairs)}") == "https://a.kg/news?id=7"


@pytest.mark.parametrize(
    "pair", ["from=2026-01-01", "source=akipress", "ref=12", "page=2", "id=utm_source", "fromage=rss"]
)
def test_what_is_shown_stays_in_an_address(pair: str) -> None:
    assert canonical_url(f"https://a.kg/news?{pair}") == f"https://a.kg/news?{pair}"


ADDRESSES = st.one_of(
    st.text(max_size=80),
    st.text(alphabet="/.%2567eE?&=#!utm_sourceаЙ: @;[]", max_size=80),
).map(lambda rest: f"http://a.kg/{rest}")


@given(ADDRESSES)
def test_the_canonical_form_is_its_own_canonical_form(address: str) -> None:
    canonical = canonical_url(address)
    assert canonical is None or canonical_url(canonical) == canonical


@given(st.binary(max_size=200))
def test_no_bytes_of_a_stranger_trip_identity_up(data: bytes) -> None:
    """The same target is fuzzed for longer; what it finds becomes a case above."""
    one_input(data)


@given(st.text(max_size=80))
def test_no_host_crashes_it(rest: str) -> None:
    canonical = canonical_url(f"https://{rest}")
    assert canonical is None or canonical_url(canonical) == canonical


def test_scheme_www_and_a_last_slash_make_no_other_feed() -> None:
    forms = ("http://www.a.kg/news/1/", "https://a.kg/news/1")
    assert {identity_url(form) for form in forms} == {"a.kg/news/1"}


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://www.24.kg/rss/", "24.kg"),
        ("https://news.tengrinews.kz/x", "tengrinews.kz"),
        ("https://www.bbc.co.uk/", "bbc.co.uk"),
        ("https://a.b.com.kz/", "b.com.kz"),
        ("http://127.0.0.1:8000/", "127.0.0.1"),
        ("http://localhost/", "localhost"),
        ("http://[::1]/", "::1"),
    ],
)
def test_the_registrable_host_names_the_publisher(url: str, host: str) -> None:
    assert registrable_host(url) == host


def test_an_article_id_is_26_letters_of_outlet_and_key() -> None:
    assert article_id("24.kg", "url:24.kg/1") == "pwta3wfrf4vdrb6ssp73tpm6jm"
    assert article_id("a.kg", "k") != article_id("b.kg", "k")
    assert article_id("a.kg", "k") == article_id("a.kg", "k")
