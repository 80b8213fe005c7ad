"""The lines of a start."""

import io

import pytest

from silkwire.progress import Progress


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_finished_step_is_one_line_with_check_mark_and_seconds() -> None:
    stream = io.StringIO()
    with Progress(stream).step("MongoDB") as step:
        step.note("MongoDB 6.0.5, embedded")
    line = stream.getvalue()
    assert line.startswith("  ✓ MongoDB 6.0.5, embedded ")
    assert line.endswith(" s\n")


def test_a_step_that_failed_gets_no_check_mark() -> None:
    stream = io.StringIO()
    with pytest.raises(ValueError, match="no"), Progress(stream).step("MongoDB"):
        raise ValueError("no")
    assert stream.getvalue() == ""


def test_a_terminal_also_shows_what_is_being_waited_for() -> None:
    stream = Terminal()
    progress = Progress(stream)
    with progress.step("MongoDB"), progress.step("RabbitMQ"):
        assert stream.getvalue().endswith("  … MongoDB, RabbitMQ")


def test_a_stream_that_knows_only_ascii_gets_words_instead_of_marks() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    with Progress(stream).step("MongoDB"):
        pass
    assert raw.getvalue().startswith(b"  ok MongoDB")
