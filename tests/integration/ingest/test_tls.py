"""The fetcher over TLS: what a certificate must be, and whom it is checked against."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import trustme

from ingest.adapters.getaddrinfo_names import GetaddrinfoNames
from ingest.adapters.httpx2_fetcher import Httpx2Fetcher, Limits
from ingest.domain.fetching.outcomes import Failed, Fetched, Reason, Validators
from ingest.pipeline.threads import BackgroundThreads
from shared.clock import SystemClock

BODY = b"<rss>" + b"x" * 300_000 + b"</rss>"
HOSTS = {"news.example": ("127.0.0.1",), "other.example": ("127.0.0.1",)}


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """A certificate authority that the fetcher trusts."""
    made = trustme.CA()
    made.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    return made


@asynccontextmanager
async def secure_web(authority: trustme.CA, *names: str) -> AsyncIterator[Callable[[str], str]]:
    """Serve one body to everybody, several requests a connection; yields how to make an address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    connections = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                await reader.readuntil(b"\r\n\r\n")
                head = b'HTTP/1.1 200 OK\r\nX-Connection: %d\r\nETag: "%d"\r\nContent-Length: %d\r\n\r\n'
                writer.write(head % (connections, connections, len(BODY)) + BODY)
                await writer.drain()
        writer.transport.abort()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    yield lambda host: f"https://{host}:{port}/rss"
    server.close()


@asynccontextmanager
async def fetching() -> AsyncIterator[Httpx2Fetcher]:
    made = Httpx2Fetcher(
        GetaddrinfoNames(BackgroundThreads(2).run, hosts=HOSTS), clock=SystemClock(), user_agent="Tester/1",
        allow_private=True, limits=Limits(deadline_s=5, connect_s=2),
    )  # fmt: skip
    yield made
    await made.close()


async def test_a_feed_is_read_over_tls_and_the_connection_used_again(authority: trustme.CA) -> None:
    """Nearly every feed there is."""
    async with secure_web(authority, "news.example") as url, fetching() as fetcher:
        answers = [await fetcher.fetch(url("news.example"), Validators()) for _ in range(2)]
    assert all(isinstance(answer, Fetched) and answer.body == BODY for answer in answers)
    assert {answer.validators.etag for answer in answers if isinstance(answer, Fetched)} == {'"1"'}


async def test_a_certificate_for_another_name_is_refused(authority: trustme.CA) -> None:
    """The address that is dialled is judged by us, so the name must still be judged by TLS."""
    async with secure_web(authority, "news.example") as url, fetching() as fetcher:
        outcome = await fetcher.fetch(url("other.example"), Validators())
    assert isinstance(outcome, Failed)
    assert outcome.reason is Reason.TLS


async def test_a_certificate_of_an_unknown_authority_is_refused(authority: trustme.CA) -> None:
    del authority
    async with secure_web(trustme.CA(), "news.example") as url, fetching() as fetcher:
        outcome = await fetcher.fetch(url("news.example"), Validators())
    assert isinstance(outcome, Failed)
    assert outcome.reason is Reason.TLS


async def test_a_handshake_that_never_ends_is_given_up(authority: trustme.CA) -> None:
    del authority

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    async with fetching() as fetcher:
        outcome = await fetcher.fetch(
            f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/", Validators()
        )
    server.close()
    assert isinstance(outcome, Failed)
    assert outcome.reason is Reason.TIMEOUT
