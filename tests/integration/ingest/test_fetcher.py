"""The fetcher against a real server with good and bad manners."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ingest.adapters.getaddrinfo_names import GetaddrinfoNames
from ingest.adapters.httpx2_fetcher import Httpx2Fetcher, Limits
from ingest.domain.fetching.headers import read_retry_after
from ingest.domain.fetching.outcomes import Failed, Fetched, FetchOutcome, NotModified, Reason, Validators
from ingest.pipeline.threads import BackgroundThreads
from shared.clock import SystemClock
from tests.integration.ingest.local_web import LocalWeb, Page, local_web, zipped


def system_names(hosts: Mapping[str, tuple[str, ...]] | None = None) -> GetaddrinfoNames:
    return GetaddrinfoNames(BackgroundThreads(4).run, hosts=hosts)


LIMITS = Limits(deadline_s=4.0, connect_s=4.0, max_wire_bytes=100_000, max_plain_bytes=300_000)


@pytest.fixture
async def fetcher() -> AsyncIterator[Httpx2Fetcher]:
    made = Httpx2Fetcher(
        system_names(), clock=SystemClock(), user_agent="Tester/1", allow_private=True, limits=LIMITS
    )
    yield made
    await made.close()


@pytest.fixture
async def guarded() -> AsyncIterator[Httpx2Fetcher]:
    made = Httpx2Fetcher(system_names(), clock=SystemClock(), user_agent="Tester/1", limits=LIMITS)
    yield made
    await made.close()


async def fetched(fetcher: Httpx2Fetcher, url: str) -> Fetched:
    outcome = await fetcher.fetch(url, Validators())
    assert isinstance(outcome, Fetched), outcome
    return outcome


def reason(outcome: FetchOutcome) -> Reason:
    assert isinstance(outcome, Failed), outcome
    assert outcome.detail
    return outcome.reason


async def failure(fetcher: Httpx2Fetcher, url: str) -> Reason:
    return reason(await fetcher.fetch(url, Validators()))


async def test_an_answer_comes_with_its_validators(fetcher: Httpx2Fetcher, web: LocalWeb) -> None:
    headers = {"Content-Type": "application/rss+xml", "Last-Modified": "Tue, 22 Sep 2026 10:00:00 GMT"}
    web.pages["/rss"] = Page(b"<rss/>", headers=headers, etag=True)
    answer = await fetched(fetcher, web.url("/rss"))
    assert (answer.body, answer.content_type) == (b"<rss/>", "application/rss+xml")
    assert answer.validators.etag
    assert answer.validators.last_modified == headers["Last-Modified"]
    again = await fetcher.fetch(web.url("/rss"), answer.validators)
    assert isinstance(again, NotModified)
    asked = web.asked[-1][1]
    assert (asked["if-none-match"], asked["if-modified-since"]) == (
        answer.validators.etag,
        headers["Last-Modified"],
    )


async def test_we_say_who_we_are_and_what_we_take(fetcher: Httpx2Fetcher, web: LocalWeb) -> None:
    web.pages["/rss"] = Page(b"<rss/>")
    await fetched(fetcher, web.url("/rss"))
    asked = web.asked[-1][1]
    assert (asked["user-agent"], asked["accept-encoding"]) == ("Tester/1", "gzip")
    assert "application/rss+xml" in asked["accept"]


async def test_gzip_is_unpacked(fetcher: Httpx2Fetcher, web: LocalWeb) -> None:
    web.pages["/rss"] = zipped(b"<rss/>" * 1000)
    answer = await fetched(fetcher, web.url("/rss"))
    assert (answer.body, answer.wire_bytes) == (b"<rss/>" * 1000, len(web.pages["/rss"].body))


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        pytest.param(Page(status=404), Reason.NOT_FOUND, id="404"),
        pytest.param(Page(status=410), Reason.GONE, id="410"),
        pytest.param(Page(status=403), Reason.FORBIDDEN, id="403"),
        pytest.param(Page(status=418), Reason.CLIENT_ERROR, id="418"),
        pytest.param(Page(status=503), Reason.SERVER_ERROR, id="503"),
        pytest.param(Page(status=304), Reason.PROTOCOL, id="304 that nobody asked for"),
        pytest.param(Page(b"x" * 1000, endless=True), Reason.TOO_LARGE, id="an endless body"),
        pytest.param(zipped(bytes(1_000_000)), Reason.TOO_LARGE, id="a bomb"),
        pytest.param(Page(b"<rss/>" * 99, drip_s=0.1), Reason.TIMEOUT, id="a body that drips"),
        pytest.param(Page(b"x", headers={"Content-Encoding": "br"}), Reason.BAD_ENCODING, id="brotli unasked"),
        pytest.param(Page(gzip.compress(b"<rss/>")[:-4], headers={"Content-Encoding": "gzip"}), Reason.BAD_ENCODING, id="broken gzip"),
        pytest.param(Page(gzip.compress(gzip.compress(b"<rss/>")), headers={"Content-Encoding": "gzip"}), Reason.BAD_ENCODING, id="gzip in gzip"),
        pytest.param(Page(b"x", headers={"Content-Encoding": "gzip, gzip"}), Reason.BAD_ENCODING, id="gzip in gzip that says so"),
        pytest.param(Page(gzip.compress(b"") * 4000, headers={"Content-Encoding": "gzip"}), Reason.BAD_ENCODING, id="thousands of empty members"),
        pytest.param(Page(b"x", headers={"Content-Encoding": "zstd"}), Reason.BAD_ENCODING, id="zstd unasked"),
        pytest.param(Page(b"x", headers={f"X-{n}": "y" for n in range(300)}), Reason.PROTOCOL, id="hundreds of headers"),
        pytest.param(Page(b"x", headers={"X-Long": "y" * 200_000}), Reason.PROTOCOL, id="a header of 200 KB"),
        pytest.param(Page(b"<html><title>Just a moment...</title>", status=403, headers={"cf-mitigated": "challenge"}), Reason.CHALLENGE, id="a bot wall with 403"),
        pytest.param(Page(b"<html><head><title>Request Rejected</title></head></html>"), Reason.CHALLENGE, id="a bot wall with 200"),
        pytest.param(Page(b"<html>" * 99, status=503, drip_s=0.1), Reason.SERVER_ERROR, id="an error page that drips"),
        pytest.param(Page(b"<rss/>", cut=True), Reason.PROTOCOL, id="a body that breaks off"),
        pytest.param(Page(status=302, headers={"Location": "/rss"}), Reason.BAD_REDIRECT, id="a redirect to itself"),
        pytest.param(Page(status=302, headers={"Location": "file:///etc/passwd"}), Reason.BAD_REDIRECT, id="a redirect to a file"),
        pytest.param(Page(status=302, headers={"Location": "http://[::1/"}), Reason.BAD_REDIRECT, id="a redirect to nonsense"),
    ],
)  # fmt: skip
async def test_bad_manners_are_a_named_failure(
    fetcher: Httpx2Fetcher, web: LocalWeb, page: Page, expected: Reason
) -> None:
    web.pages["/rss"] = page
    assert await failure(fetcher, web.url("/rss")) is expected


async def test_redirects_are_followed_to_the_end(fetcher: Httpx2Fetcher, web: LocalWeb) -> None:
    web.pages["/old"] = Page(status=301, headers={"Location": "/newer"})
    web.pages["/newer"] = Page(status=307, headers={"Location": web.url("/rss")})
    web.pages["/rss"] = Page(b"<rss/>")
    assert (await fetched(fetcher, web.url("/old"))).url == web.url("/rss")


async def test_a_redirect_in_bare_cyrillic_letters_is_followed(fetcher: Httpx2Fetcher, web: LocalWeb) -> None:
    """Many a site of the region sends them so; it was a 404 for ever."""
    web.pages["/rss"] = Page(status=301, headers={"Location": "/новости".encode().decode("latin-1")})
    web.pages["/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8"] = Page(b"<rss/>")
    assert (await fetched(fetcher, web.url("/rss"))).body == b"<rss/>"


async def test_too_many_redirects_are_one_too_many(fetcher: Httpx2Fetcher, web: LocalWeb) -> None:
    for number in range(9):
        web.pages[f"/{number}"] = Page(status=302, headers={"Location": f"/{number + 1}"})
    assert await failure(fetcher, web.url("/0")) is Reason.BAD_REDIRECT
    assert len(web.asked) == 6


async def test_retry_after_is_read(fetcher: Httpx2Fetcher, web: LocalWeb) -> None:
    web.pages["/rss"] = Page(status=429, headers={"Retry-After": "120"})
    outcome = await fetcher.fetch(web.url("/rss"), Validators())
    assert isinstance(outcome, Failed)
    assert (outcome.reason, outcome.retry_after_s, outcome.status) == (Reason.RATE_LIMITED, 120, 429)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(None, None), ("", None), ("soon", None), ("60", 60), ("Tue, 22 Sep 2026 10:01:00 GMT", 60), ("Mon, 21 Sep 2026 10:00:00 GMT", 0)],
)  # fmt: skip
def test_retry_after_may_be_seconds_or_a_date(value: str | None, seconds: float | None) -> None:
    assert read_retry_after(value, datetime(2026, 9, 22, 10, tzinfo=UTC)) == seconds


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]", "127.1", "2130706433"]
)
async def test_private_addresses_are_refused_however_they_are_written(
    guarded: Httpx2Fetcher, web: LocalWeb, host: str
) -> None:
    web.pages["/"] = Page(b"secret")
    outcome = reason(await guarded.fetch(f"http://{host}:{web.port}/", Validators()))
    assert outcome is Reason.ADDRESS_REFUSED
    assert web.asked == []


async def test_a_private_address_on_a_usual_port_is_refused_for_what_it_is(guarded: Httpx2Fetcher) -> None:
    outcome = await guarded.fetch("http://169.254.169.254/latest/meta-data", Validators())
    assert isinstance(outcome, Failed)
    assert "169.254.169.254" in outcome.detail


async def test_nobody_listening_is_a_failed_connection(fetcher: Httpx2Fetcher) -> None:
    async with local_web() as gone:
        url = gone.url("/")
    assert await failure(fetcher, url) is Reason.CONNECT


async def test_a_name_without_an_address_is_a_dns_failure(fetcher: Httpx2Fetcher) -> None:
    assert await failure(fetcher, "http://no-such-host.invalid/rss") is Reason.DNS


async def test_a_name_of_the_hosts_file_is_fetched_from_there(web: LocalWeb) -> None:
    """Whoever runs ingest on a network without DNS, and the tests that need many hosts."""
    web.pages["/rss"] = Page(b"<rss/>")
    made = Httpx2Fetcher(
        system_names({"news.example": ("127.0.0.1",)}),
        clock=SystemClock(),
        user_agent="Tester/1",
        allow_private=True,
        limits=LIMITS,
    )
    assert (await fetched(made, f"http://News.Example:{web.port}/rss")).body == b"<rss/>"
    assert web.asked[-1][1]["host"] == f"news.example:{web.port}"
    await made.close()


async def test_the_hosts_file_opens_no_way_to_a_private_address(web: LocalWeb) -> None:
    made = Httpx2Fetcher(
        system_names({"news.example": ("127.0.0.1",)}),
        clock=SystemClock(),
        user_agent="Tester/1",
        limits=LIMITS,
    )
    assert await failure(made, f"http://news.example:{web.port}/") is Reason.ADDRESS_REFUSED
    assert await failure(made, "http://news.example/") is Reason.ADDRESS_REFUSED
    assert web.asked == []
    await made.close()


async def test_plain_http_on_the_https_port_is_a_tls_failure(fetcher: Httpx2Fetcher) -> None:
    async def answer_in_plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer_in_plain, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    assert await failure(fetcher, f"https://127.0.0.1:{port}/") is Reason.TLS
    server.close()
    await server.wait_closed()


async def test_interim_answers_without_end_are_cut_off() -> None:
    """They are no body, so that only a bound on everything stops them before the deadline."""
    patient = replace(LIMITS, deadline_s=30.0)
    fetcher = Httpx2Fetcher(
        system_names(), clock=SystemClock(), user_agent="Tester/1", allow_private=True, limits=patient
    )

    async def never_get_to_it(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        with suppress(ConnectionError):
            while True:
                writer.write(b"HTTP/1.1 102 Processing\r\n\r\n" * 1000)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(never_get_to_it, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    assert await failure(fetcher, f"http://127.0.0.1:{port}/") is Reason.TOO_LARGE
    server.close()
    await fetcher.close()


async def test_validators_that_come_with_a_304_are_told(fetcher: Httpx2Fetcher, web: LocalWeb) -> None:
    """Both are stored every time: a server may go over to new ones for the same feed."""
    web.pages["/rss"] = Page(status=304, headers={"ETag": '"new"', "Cache-Control": "max-age=600"})
    outcome = await fetcher.fetch(web.url("/rss"), Validators('"old"'))
    assert outcome == NotModified(Validators('"new"'), fresh_s=600)


async def test_an_address_that_moved_for_good_is_told(fetcher: Httpx2Fetcher, web: LocalWeb) -> None:
    web.pages["/old"] = Page(status=301, headers={"Location": "/newer"})
    web.pages["/newer"] = Page(status=308, headers={"Location": "/rss"})
    web.pages["/odd"] = Page(status=302, headers={"Location": "/old"})
    web.pages["/rss"] = Page(b"<rss/>", etag=True)
    known = (await fetched(fetcher, web.url("/old"))).validators
    again = await fetcher.fetch(web.url("/old"), known)
    assert isinstance(again, NotModified)
    assert again.moved_to == web.url("/rss")
    assert (await fetched(fetcher, web.url("/odd"))).moved_to is None
    assert (await fetched(fetcher, web.url("/rss"))).moved_to is None


async def test_a_login_in_an_address_is_not_sent(fetcher: Httpx2Fetcher, web: LocalWeb) -> None:
    web.pages["/rss"] = Page(b"<rss/>")
    await fetched(fetcher, f"http://user:secret@127.0.0.1:{web.port}/rss")
    assert "authorization" not in web.asked[-1][1]
    assert web.asked[-1][1]["host"] == f"127.0.0.1:{web.port}"


async def test_requests_to_one_host_keep_their_distance(web: LocalWeb) -> None:
    """A publisher with forty category feeds."""
    web.pages["/rss"] = Page(b"<rss/>")
    made = Httpx2Fetcher(
        system_names(),
        clock=SystemClock(),
        user_agent="Tester/1",
        allow_private=True,
        limits=LIMITS,
        gap_s=0.3,
    )
    began = asyncio.get_running_loop().time()
    await asyncio.gather(*(fetched(made, web.url("/rss")) for _ in range(3)))
    assert asyncio.get_running_loop().time() - began >= 0.6
    await made.close()


async def test_a_request_to_one_host_keeps_no_other_host_waiting(web: LocalWeb) -> None:
    web.pages["/rss"] = Page(b"<rss/>")
    made = Httpx2Fetcher(
        system_names({"other.example": ("127.0.0.1",)}),
        clock=SystemClock(),
        user_agent="Tester/1",
        allow_private=True,
        limits=LIMITS,
        gap_s=600,
    )
    async with asyncio.timeout(60):
        await fetched(made, web.url("/rss"))
        await fetched(made, f"http://other.example:{web.port}/rss")
    await made.close()


async def test_a_host_that_says_too_many_is_left_alone(fetcher: Httpx2Fetcher, web: LocalWeb) -> None:
    """Its other feeds wait as well, since most servers count by our address."""
    web.pages["/rss"] = Page(status=429, headers={"Retry-After": "120"})
    await failure(fetcher, web.url("/rss"))
    outcome = await fetcher.fetch(web.url("/other"), Validators())
    assert isinstance(outcome, Failed)
    assert outcome.reason is Reason.RATE_LIMITED
    assert outcome.retry_after_s == pytest.approx(120, abs=5)
    assert len(web.asked) == 1


async def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch, web: LocalWeb) -> None:
    """It would get round the guard."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    web.pages["/rss"] = Page(b"<rss/>")
    made = Httpx2Fetcher(
        system_names(), clock=SystemClock(), user_agent="Tester/1", allow_private=True, limits=LIMITS
    )
    assert (await fetched(made, web.url("/rss"))).body == b"<rss/>"
    await made.close()
