"""Which article an entry is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.articles.identity import (
    article_id,
    canonical_url,
    identity_key,
    identity_url,
    registrable_host,
    reused_guids,
    shared_links,
)
from ingest.domain.parsing.entries import RawEntry


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
        ("http://[2001:DB8::1]:80/", "http://[2001:db8::1]/"),
        ("http://a.kg./", "http://a.kg/"),
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


ADDRESSES = st.one_of(
    st.text(max_size=80),
    st.text(alphabet="/.%2567eE?&=#!utm_sourceаЙ: @;[]", max_size=80),
).map(lambda rest: f"http://a.kg/{rest}")


@given(ADDRESSES)
def test_the_canonical_form_is_its_own_canonical_form(address: str) -> None:
    canonical = canonical_url(address)
    assert canonical is None or canonical_url(canonical) == canonical


@given(st.text(max_size=80))
def test_no_host_crashes_it(rest: str) -> None:
    canonical = canonical_url(f"https://{rest}")
    assert canonical is None or canonical_url(canonical) == canonical


def test_scheme_www_and_a_last_slash_make_no_other_article() -> None:
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


def key(guid: str | None, url: str = "https://a.kg/1", *, shared_link: bool = False) -> str:
    return identity_key(guid=guid, url=url, source_id="s", shared_link=shared_link)


def test_a_guid_identifies_whatever_the_address_does() -> None:
    assert key("tag:a.kg,2026:1", "https://a.kg/1") == key("tag:a.kg,2026:1", "https://a.kg/renamed")


def test_a_guid_that_is_an_address_survives_https_and_tracking() -> None:
    assert key("http://a.kg/1") == key("https://www.a.kg/1/?utm_source=rss")


@pytest.mark.parametrize("guid", [None, "", "123456789", "ab1"], ids=["none", "empty", "a number", "short"])
def test_a_weak_guid_yields_to_the_address(guid: str | None) -> None:
    assert key(guid) == "url:a.kg/1"


def test_a_weak_guid_is_better_than_an_address_that_all_share() -> None:
    assert key("1", shared_link=True) != key("2", shared_link=True)


def test_a_guid_on_entries_with_different_links_is_reused() -> None:
    entries = [RawEntry(guid="x", link="/1"), RawEntry(guid="x", link="/2"), RawEntry(guid="y", link="/3")]
    assert reused_guids([*entries, RawEntry(guid="y", link="/3")]) == {"x"}


def test_links_of_several_entries_are_shared() -> None:
    assert shared_links(["/a", "/b", "/a"]) == {"/a"}


def test_an_article_id_is_26_letters_of_outlet_and_key() -> None:
    assert article_id("24.kg", "url:24.kg/1") == "pwta3wfrf4vdrb6ssp73tpm6jm"
    assert article_id("a.kg", "k") != article_id("b.kg", "k")
    assert article_id("a.kg", "k") == article_id("a.kg", "k")
