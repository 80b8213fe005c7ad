"""Bodies within bounds."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.decoding.inflate import BodyError, Inflater
from ingest.domain.fetching.outcomes import Reason


def inflate(
    body: bytes, encoding: str | None, *, step: int = 1000, wire: int = 10**7, plain: int = 10**7
) -> bytes:
    inflater = Inflater(encoding, max_wire_bytes=wire, max_plain_bytes=plain)
    for start in range(0, len(body), step):
        inflater.feed(body[start : start + step])
    assert inflater.wire_bytes == len(body)
    return inflater.finish()


@given(st.binary(max_size=5000).filter(lambda body: not body.startswith(b"\x1f")), st.integers(1, 4000))
def test_every_encoding_gives_the_body_back(body: bytes, step: int) -> None:
    for encoding, sent in (
        ("gzip", gzip.compress(body)),
        (None, gzip.compress(body)),
        ("GZIP", gzip.compress(body[:50]) + gzip.compress(body[50:])),
    ):
        assert inflate(sent, encoding, step=step) == body


@given(st.binary(max_size=5000).filter(lambda body: not body.startswith(b"\x1f")))
def test_an_unencoded_body_stays_as_it_is(body: bytes) -> None:
    assert inflate(body, None) == body


def test_a_gzip_file_that_does_not_say_so_is_unpacked() -> None:
    assert inflate(gzip.compress(b"<rss/>"), None) == b"<rss/>"


def fault(body: bytes, encoding: str | None, **bounds: int) -> Reason:
    with pytest.raises(BodyError) as caught:
        inflate(body, encoding, **bounds)
    return caught.value.reason


def test_a_bomb_is_stopped_at_the_bound() -> None:
    assert fault(gzip.compress(bytes(50_000_000)), "gzip", plain=1_000_000) is Reason.TOO_LARGE


def test_an_endless_body_is_stopped_at_the_bound() -> None:
    assert fault(b"x" * 5000, None, wire=3000) is Reason.TOO_LARGE


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (b"x", "br"),
        (b"not gzip at all", "gzip"),
        (gzip.compress(b"x" * 100)[:-5], "gzip"),
        (b"x\x9c", "deflate"),
    ],
    ids=["not asked for", "not gzip", "broken off", "deflate"],
)
def test_a_body_that_is_not_what_it_says_is_refused(body: bytes, encoding: str) -> None:
    assert fault(body, encoding) is Reason.BAD_ENCODING
