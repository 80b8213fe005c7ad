"""What `silkwire dead-letters` reads and prints, and where it looks."""

import io
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.bus.dead_letter_choice import Letter
from shared.contracts.catalogue import SEARCH_ARTICLES
from silkwire.backing.ports import free_port
from silkwire.dead_letters import words
from silkwire.dead_letters.place import find
from silkwire.dead_letters.spans import parse_span, span
from silkwire.dead_letters.tell import Tell
from silkwire.errors import OptionError

NOW = datetime(2026, 6, 3, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("15m", 900), ("2h", 7200), ("7d", 604_800), ("1h30m", 5400)]
)
def test_a_span_of_time_is_read_as_people_write_it(text: str, seconds: int) -> None:
    assert parse_span(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "2", "h", "2 h", "-2h", "2w", "soon", "99999999999999d"])
def test_what_is_no_span_of_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"span|long"):
        parse_span(text)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0s"), (59, "59s"), (61, "1m"), (7300, "2h"), (9e6, "104d")]
)
def test_an_age_is_told_in_its_largest_unit(seconds: float, text: str) -> None:
    assert span(seconds) == text


@given(st.text())
def test_text_from_outside_never_reaches_the_terminal_as_control(text: str) -> None:
    assert words.plain(text).isprintable()


@given(st.dictionaries(st.text(), st.text() | st.binary() | st.integers()), st.binary())
def test_any_letter_however_odd_can_be_printed(headers: dict[str, object], body: bytes) -> None:
    letter = Letter(1, SEARCH_ARTICLES, headers, body)
    assert "\n" not in words.row(letter, NOW)
    assert all(line.isprintable() for line in words.whole(letter))
    assert "\n" not in words.as_json(words.as_object(letter, with_content=True))


def test_the_summary_counts_by_queue_and_cause_most_first() -> None:
    counts = {("q", "rejected"): 2, ("q", "exhausted"): 5}
    assert [line.split() for line in words.summary(counts)] == [
        ["5", "q", "exhausted"],
        ["2", "q", "rejected"],
        ["7", "in", "all"],
    ]
    assert list(words.summary({})) == ["no dead letters"]


def test_a_named_broker_goes_before_a_folder_and_a_named_folder_before_the_environment(
    tmp_path: Path,
) -> None:
    assert find("amqp://a/", tmp_path, "amqp://b/").amqp_url == "amqp://a/"
    assert find(None, tmp_path, "amqp://b/").amqp_url is None
    assert find(None, None, "amqp://b/").amqp_url == "amqp://b/"


def test_a_password_is_not_printed() -> None:
    assert find("amqps://me:secret@broker/x", None, None).name == "RabbitMQ at broker:5671"


def test_a_broker_must_be_an_address() -> None:
    """A wrong option is exit code 2, and who set a variable is not told of an option."""
    with pytest.raises(OptionError, match=r"^--broker memory: must be an amqp:// URL"):
        find("memory", None, None)
    with pytest.raises(OptionError, match=r"^AMQP_URL=memory: must be an amqp:// URL"):
        find(None, None, "memory")


def test_a_broker_that_is_not_there_is_told_in_our_own_words_alone() -> None:
    """The library's own line about it stood before them."""
    line = ["dead-letters", "list", "--broker", f"amqp://guest:guest@127.0.0.1:{free_port()}/"]
    done = subprocess.run(  # noqa: S603  our own command
        [sys.executable, "-c", "from silkwire.cli import main; main()", *line],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    first, *ways = done.stderr.splitlines()
    assert "cannot be reached" in first
    assert all(way.startswith("  - ") for way in ways)


def test_work_that_is_done_at_once_tells_of_no_progress() -> None:
    stream = io.StringIO()
    tell = Tell("replayed", stream)
    tell.so_far(1, 2, 1)
    tell.end()
    assert stream.getvalue() == ""
