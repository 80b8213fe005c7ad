"""A dead letter says why, where and how often, and can be brought back to life."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.bus import dead_letters
from shared.bus.dead_letter_file import DeadLetter, DeadLetterFile
from shared.bus.dead_letters import Epitaph
from shared.bus.retry import Bury, Failure
from shared.contracts.catalogue import SEARCH_ARTICLES
from shared.contracts.envelope import to_headers
from tests.suites.bus_suite import withdrawn

AT = datetime(2026, 6, 3, 9, 30, tzinfo=UTC)
SINCE = "2026-06-03T09:00:00Z"
FATE = Bury("exhausted", Failure(4, SINCE), "ValueError: odd")
SAID = dead_letters.epitaph(FATE, queue=SEARCH_ARTICLES, service="search", at=AT)


def test_an_epitaph_tells_the_whole_story() -> None:
    assert (
        Epitaph(
            cause="exhausted",
            reason="ValueError: odd",
            queue=SEARCH_ARTICLES,
            service="search",
            attempts=4,
            first_at=SINCE,
            last_at="2026-06-03T09:30:00Z",
        )
        == SAID
    )


def test_an_epitaph_is_read_from_headers_as_it_was_written() -> None:
    headers = dead_letters.to_headers(to_headers(withdrawn("a")), SAID)
    assert dead_letters.read(headers, "another") == SAID


def test_a_dead_letter_brought_back_is_as_it_was_before_it_died() -> None:
    """A replayed event starts the ladder anew, and an old broker must not see a cycle in it."""
    before = dict(to_headers(withdrawn("a")))
    died = dead_letters.to_headers({**before, "x-death": [{}], "x-silkwire-attempt": 3}, SAID)
    assert dead_letters.alive(died) == before


def test_what_the_broker_buried_by_itself_is_told_in_its_own_words() -> None:
    said = dead_letters.read({"x-first-death-reason": "delivery_limit"}, SEARCH_ARTICLES)
    assert (said.cause, said.service, said.queue) == ("delivery_limit", "rabbitmq", SEARCH_ARTICLES)


@pytest.mark.parametrize("body", [b'{"title": "\xd2\xaf\xd0\xbd"}', b"\xff\x00 not text", b""])
def test_dead_letters_on_disk_are_read_as_they_were_written(tmp_path: Path, body: bytes) -> None:
    letters = [DeadLetter({"n": number}, body) for number in range(3)]
    file = DeadLetterFile(tmp_path / "new", SEARCH_ARTICLES)
    for letter in letters:
        file.append(letter)
    assert list(DeadLetterFile(tmp_path / "new", SEARCH_ARTICLES).read()) == letters


def test_a_line_cut_off_by_a_crash_does_not_hide_the_others(tmp_path: Path) -> None:
    file = DeadLetterFile(tmp_path, SEARCH_ARTICLES)
    file.append(DeadLetter({"n": 1}, b"whole"))
    with file.path.open("ab") as raw:
        raw.write(b'{"headers": {"n": 2}, "bo')
    assert [letter.body for letter in file.read()] == [b"whole"]
    file.append(DeadLetter({"n": 3}, b"next"))
    assert [letter.body for letter in file.read()] == [b"whole", b"next"]


def test_without_a_file_there_are_no_dead_letters(tmp_path: Path) -> None:
    assert list(DeadLetterFile(tmp_path, SEARCH_ARTICLES).read()) == []
