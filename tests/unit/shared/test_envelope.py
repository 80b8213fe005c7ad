"""The envelope: what one service seals another can open, and what it cannot is named."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.articles import ArticleWithdrawn
from shared.contracts.envelope import (
    Envelope,
    UndecodableEventError,
    UnknownEventTypeError,
    event_id,
    from_headers,
    open_envelope,
    seal,
    to_headers,
)

AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def withdrawn(rev: int = 2) -> ArticleWithdrawn:
    return ArticleWithdrawn(id="a" * 26, rev=rev, reason="publisher: 410", withdrawn_at=AT)


def test_an_event_survives_headers_and_body() -> None:
    envelope = seal(
        withdrawn(), source="/silkwire/ingest", at=AT, traceparent="00-" + "1" * 32 + "-" + "2" * 16 + "-01"
    )
    received = from_headers(to_headers(envelope), envelope.data)
    assert received == envelope
    assert open_envelope(received) == withdrawn()


def test_a_repeat_of_the_same_fact_has_the_same_id_and_another_revision_another() -> None:
    first = seal(withdrawn(2), source="/silkwire/ingest", at=AT)
    again = seal(withdrawn(2), source="/silkwire/ingest", at=AT.replace(hour=10))
    later = seal(withdrawn(3), source="/silkwire/ingest", at=AT)
    assert first.id == again.id != later.id


@given(st.tuples(st.text(), st.text(), st.integers(1)), st.tuples(st.text(), st.text(), st.integers(1)))
def test_different_facts_have_different_ids(one: tuple[str, str, int], other: tuple[str, str, int]) -> None:
    assume_free = all("\n" not in text for text in (*one[:2], *other[:2]))
    if assume_free and one != other:
        assert event_id(*one) != event_id(*other)


@pytest.mark.parametrize("name", ["specversion", "id", "type", "source", "subject", "time"])
def test_a_missing_header_is_named(name: str) -> None:
    headers = to_headers(seal(withdrawn(), source="/silkwire/ingest", at=AT))
    del headers[f"cloudEvents_{name}"]
    with pytest.raises(UndecodableEventError, match=f"cloudEvents_{name}"):
        from_headers(headers, b"{}")


@pytest.mark.parametrize("time", ["yesterday", "2026-11-23T09:30:00", "0001-01-01T00:00:00+05:00"])
def test_a_time_that_cannot_be_read_is_refused(time: str) -> None:
    headers = {**to_headers(seal(withdrawn(), source="/silkwire/ingest", at=AT)), "cloudEvents_time": time}
    with pytest.raises(UndecodableEventError, match="time"):
        from_headers(headers, b"{}")


def sealed(type_: str, body: bytes) -> Envelope:
    return Envelope(id="1", type=type_, source="/x", subject="s", time=AT, data=body)


def test_an_unknown_major_version_is_its_own_error() -> None:
    with pytest.raises(UnknownEventTypeError, match=r"article\.withdrawn\.v2"):
        open_envelope(sealed("article.withdrawn.v2", b"{}"))


@pytest.mark.parametrize("body", [b"", b"not json", b"\xff\xfe", b"[]", b'{"id": 1}', b'{"id":"x","rev":0}'])
def test_a_broken_body_is_refused_with_its_fault(body: bytes) -> None:
    with pytest.raises(UndecodableEventError):
        open_envelope(sealed("article.withdrawn.v1", body))


def test_unknown_fields_of_a_newer_minor_version_are_ignored() -> None:
    envelope = seal(withdrawn(), source="/silkwire/ingest", at=AT)
    newer = envelope.data[:-1] + b',"colour":"blue"}'
    assert open_envelope(sealed("article.withdrawn.v1", newer)) == withdrawn()
