"""Fetching from a real socket: whatever a bank does, it ends soon, with a reason, and in bounded memory."""

import gzip
from collections.abc import AsyncIterator

import pytest

from rates.adapters.httpx2_bank import Httpx2BankFetcher
from rates.ports import FetchFailedError, FetchReason
from tests.suites.rates_bank_server import (
    BankServer,
    Behaviour,
    answer,
    bank_server,
    cut,
    endless,
    hang_up,
    silent,
)


@pytest.fixture
async def bank() -> AsyncIterator[BankServer]:
    async with bank_server() as server:
        yield server


@pytest.fixture
async def fetcher(bank: BankServer) -> AsyncIterator[Httpx2BankFetcher]:
    made = Httpx2BankFetcher(
        {"NBK": bank.address, "CBU": "http://127.0.0.1:9"},
        user_agent="Silkwire/test",
        timeout_s=2,
        max_bytes=50_000,
    )
    yield made
    await made.close()


async def reason(fetcher: Httpx2BankFetcher, path: str = "/rates", bank_id: str = "NBK") -> FetchReason:
    with pytest.raises(FetchFailedError) as caught:
        await fetcher.fetch(bank_id, path)
    return caught.value.reason


async def test_the_bytes_come_as_they_were_sent(bank: BankServer, fetcher: Httpx2BankFetcher) -> None:
    """The document's own declaration decides its encoding, so nobody may decode it before."""
    bank.put(
        "/rates?fdate=01.04.2026",
        answer("ДОЛЛАР".encode("cp1251"), headers="Content-Type: text/xml; charset=utf-8\r\n"),
    )
    assert await fetcher.fetch("NBK", "/rates?fdate=01.04.2026") == "ДОЛЛАР".encode("cp1251")


async def test_we_say_who_asks(bank: BankServer, fetcher: Httpx2BankFetcher) -> None:
    bank.put("/rates", b"x")
    await fetcher.fetch("NBK", "/rates")
    assert "user-agent: silkwire/test" in bank.headers[0].lower()


async def test_a_moved_document_is_followed(bank: BankServer, fetcher: Httpx2BankFetcher) -> None:
    bank.put("/old", answer(b"", status="301 Moved Permanently", headers="Location: /rates\r\n"))
    bank.put("/rates", b"here")
    assert await fetcher.fetch("NBK", "/old") == b"here"


async def test_a_packed_document_is_unpacked(bank: BankServer, fetcher: Httpx2BankFetcher) -> None:
    bank.put("/rates", answer(gzip.compress(b"rates"), headers="Content-Encoding: gzip\r\n"))
    assert await fetcher.fetch("NBK", "/rates") == b"rates"


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        (answer(b"gone", status="404 Not Found"), FetchReason.HTTP_STATUS),
        (answer(b"", status="204 No Content"), FetchReason.HTTP_STATUS),
        (answer(b"busy", status="503 Service Unavailable"), FetchReason.HTTP_STATUS),
        (answer(b"", status="302 Found", headers="Location: /rates\r\n"), FetchReason.UNREACHABLE),
        (answer(b"no gzip", headers="Content-Encoding: gzip\r\n"), FetchReason.UNDECODABLE),
        (answer(gzip.compress(b"0" * 10**6), headers="Content-Encoding: gzip\r\n"), FetchReason.TOO_LARGE),
        (answer(b"x" * 50_001), FetchReason.TOO_LARGE),
        (endless, FetchReason.TOO_LARGE),
        (silent, FetchReason.TIMEOUT),
        (cut, FetchReason.UNREACHABLE),
        (hang_up, FetchReason.UNREACHABLE),
    ],
    ids=["404", "204", "503", "loop", "garbage", "bomb", "large", "endless", "silent", "cut", "hang up"],
)
async def test_a_bad_answer_has_a_name(
    bank: BankServer, fetcher: Httpx2BankFetcher, behaviour: Behaviour, expected: FetchReason
) -> None:
    bank.put("/rates", behaviour)
    assert await reason(fetcher) is expected


async def test_a_bank_that_is_not_there_has_a_name(fetcher: Httpx2BankFetcher) -> None:
    assert await reason(fetcher, bank_id="CBU") is FetchReason.UNREACHABLE


async def test_a_body_of_the_largest_size_is_taken(bank: BankServer, fetcher: Httpx2BankFetcher) -> None:
    bank.put("/rates", b"x" * 50_000)
    assert len(await fetcher.fetch("NBK", "/rates")) == 50_000


async def test_a_machines_proxy_is_not_asked_for_a_bank_on_this_machine(
    bank: BankServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    bank.put("/rates", b"here")
    fetcher = Httpx2BankFetcher({"NBK": bank.address}, user_agent="Silkwire/test", timeout_s=2, max_bytes=100)
    try:
        assert await fetcher.fetch("NBK", "/rates") == b"here"
    finally:
        await fetcher.close()


NBKR_FILE = b"<CurrencyRates/>"


def versioned(body: bytes, etag: str) -> Behaviour:
    """A file with an ETag."""
    return answer(body, headers=f'ETag: "{etag}"\r\nLast-Modified: Sat, 23 May 2026 10:20:45 GMT\r\n')


async def test_a_file_that_has_not_changed_is_not_sent_again(
    bank: BankServer, fetcher: Httpx2BankFetcher
) -> None:
    """NBKR's file is asked for dozens of times a day and changes once."""
    bank.put("/XML/daily.xml", versioned(NBKR_FILE, "one"))
    assert await fetcher.fetch("NBK", "/XML/daily.xml") == NBKR_FILE
    bank.put("/XML/daily.xml", answer(b"", status="304 Not Modified"))
    assert await fetcher.fetch("NBK", "/XML/daily.xml") == NBKR_FILE
    assert "if-none-match" not in bank.headers[0].lower()
    asked = bank.headers[1].lower()
    assert 'if-none-match: "one"' in asked
    assert "if-modified-since: sat, 23 may 2026 10:20:45 gmt" in asked
    bank.put("/XML/daily.xml", versioned(b"<CurrencyRates>new</CurrencyRates>", "two"))
    assert await fetcher.fetch("NBK", "/XML/daily.xml") == b"<CurrencyRates>new</CurrencyRates>"


async def test_a_bank_without_validators_is_asked_without_conditions(
    bank: BankServer, fetcher: Httpx2BankFetcher
) -> None:
    bank.put("/rates", b"x")
    for _ in range(2):
        await fetcher.fetch("NBK", "/rates")
    assert not any("if-none-match" in head.lower() or "if-modified" in head.lower() for head in bank.headers)


async def test_not_modified_to_who_asked_without_a_condition_is_no_answer(
    bank: BankServer, fetcher: Httpx2BankFetcher
) -> None:
    bank.put("/rates", answer(b"", status="304 Not Modified"))
    assert await reason(fetcher) is FetchReason.HTTP_STATUS
