"""What answers mean: bot walls, redirects, headers about time."""

import pytest

from ingest.domain.fetching.answers import headers_of, refusal
from ingest.domain.fetching.headers import read_fresh_s, read_retry_after
from ingest.domain.fetching.outcomes import Failed, Reason
from ingest.domain.fetching.redirects import MAX_REDIRECTS, Redirect, next_address
from ingest.domain.fetching.walls import wall_of
from tests.suites.ingest_stores import NOW

FEED = b'<?xml version="1.0"?><rss><channel><title>Just a moment...</title></channel></rss>'
CYRILLIC = "<!DOCTYPE html><html><head><title>Вы не робот?</title>".encode()


@pytest.mark.parametrize(
    ("status", "headers", "beginning", "whose"),
    [
        (403, {"cf-mitigated": "challenge"}, b"", "Cloudflare"),
        (503, {}, b"<!DOCTYPE html><html><head><title>Just a moment...</title>", "a page that checks for people"),
        (403, {}, b"<html><script>window._cf_chl_opt={}</script>", "Cloudflare"),
        (403, {"server": "ddos-guard"}, b"", "DDoS-Guard"),
        (401, {"server": "QRATOR"}, b"", "Qrator"),
        (403, {"x-datadome": "protected"}, b"", "DataDome"),
        (202, {"x-amzn-waf-action": "challenge"}, b"", "AWS WAF"),
        (200, {}, b"<html><head><title>Request Rejected</title></head><body>", "a page that checks for people"),
        (200, {}, b"Request Rejected", "a firewall"),
        (200, {}, CYRILLIC, "a page that checks for people"),
        (200, {}, b"<!-- x --> <html><script src='/__qrator/qauth.js'>", "Qrator"),
    ],
)  # fmt: skip
def test_bot_walls_are_recognised(status: int, headers: dict[str, str], beginning: bytes, whose: str) -> None:
    """Readers, who would otherwise get the wall for an article, and operators, who see why a source is silent."""
    assert wall_of(status, headers, beginning) == whose


@pytest.mark.parametrize(
    ("status", "headers", "beginning"),
    [
        (200, {"server": "cloudflare", "cf-ray": "1"}, FEED),
        (200, {"server": "ddos-guard"}, FEED),
        (200, {"x-datadome": "protected"}, b"<html><title>News</title>"),
        (200, {}, b"<html><title>Just a moment: how a bridge fell</title><p>geo</p>"),
        (200, {}, b"Access denied, says the minister: " + b"a long report " * 30),
        (404, {"server": "ddos-guard"}, b""),
        (
            200,
            {},
            b"<html><script src='/_Incapsula_Resource?x=1'></script><p>" + b"The law on water. " * 4000,
        ),
        (403, {"server": "nginx"}, b"<html><title>403 Forbidden</title>"),
        (200, {}, b""),
    ],
)
def test_what_only_resembles_a_wall_is_none(status: int, headers: dict[str, str], beginning: bytes) -> None:
    """Publishers behind such guards who let us read, and articles about such things."""
    assert wall_of(status, headers, beginning) is None


def test_a_wall_keeps_its_retry_after() -> None:
    failure = refusal(503, {"server": "ddos-guard", "retry-after": "60"}, b"", NOW)
    assert (failure.reason, failure.retry_after_s, failure.status) == (Reason.CHALLENGE, 60, 503)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(None, None), ("", None), ("soon", None), ("60", 60), ("Tue, 22 Sep 2026 12:01:00 GMT", 60),
     ("Mon, 21 Sep 2026 10:00:00 GMT", 0), ("9" * 40, 999_999_999), ("٣", None)],
)  # fmt: skip
def test_retry_after_may_be_seconds_or_a_date(value: str | None, seconds: float | None) -> None:
    assert read_retry_after(value, NOW) == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({}, 0), ({"cache-control": "public, max-age=600"}, 600), ({"cache-control": "max-age=600", "age": "500"}, 100),
     ({"cache-control": "max-age=600", "age": "700"}, 0), ({"cache-control": "max-age=60, s-maxage=300"}, 300),
     ({"cache-control": "no-cache, max-age=600"}, 0), ({"cache-control": "private, no-store"}, 0)],
)  # fmt: skip
def test_freshness_is_read_from_cache_control_and_age(headers: dict[str, str], seconds: float) -> None:
    assert read_fresh_s(headers) == seconds


def test_the_first_of_repeated_headers_counts_and_lists_are_joined() -> None:
    raw = [(b"ETag", b"1"), (b"etag", b"2"), (b"Cache-Control", b"public"), (b"cache-control", b"max-age=6")]
    assert headers_of(raw) == {"etag": "1", "cache-control": "public, max-age=6"}


@pytest.mark.parametrize(
    "location",
    ["ftp://a.kg/", "gopher://a.kg:70/", "javascript:alert(1)", "http://a.kg/down", "http://[::1/", "/rss", "/rss#top",
     f"/{'x' * 5000}"],
)  # fmt: skip
def test_a_redirect_that_leads_nowhere_good_is_refused(location: str) -> None:
    onward = next_address(["https://a.kg/rss"], Redirect(location, permanent=True))
    assert isinstance(onward, Failed)
    assert onward.reason is Reason.BAD_REDIRECT


def test_redirects_are_followed_five_times() -> None:
    path = ["http://a.kg/0"]
    for number in range(MAX_REDIRECTS):
        onward = next_address(path, Redirect(f"/{number + 1}", permanent=False))
        assert isinstance(onward, str)
        path.append(onward)
    assert isinstance(next_address(path, Redirect("/6", permanent=False)), Failed)


@pytest.mark.parametrize(
    ("location", "onward"),
    [
        ("/новости/rss".encode().decode("latin-1"), "https://a.kg/новости/rss"),
        ("/%D0%BD?q=%F0", "https://a.kg/%D0%BD?q=%F0"),
        ("/caf\xe9", "https://a.kg/caf\xe9"),
        ("https://reader:secret@b.kg/rss#top", "https://b.kg/rss"),
        ("?page=1", "https://a.kg/rss?page=1"),
    ],
)
def test_a_redirect_leads_where_its_server_meant(location: str, onward: str) -> None:
    """Servers that send Cyrillic letters as they are; and no login that is not ours is kept, shown or logged."""
    assert next_address(["https://a.kg/rss"], Redirect(location, permanent=True)) == onward
