"""Whether something leaves files or pipes of this process open."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_OPEN = Path("/proc/self/fd")


@contextmanager
def none_left_open() -> Iterator[None]:
    """Fail if more files are open at the end than were at the beginning."""
    before = set(_OPEN.iterdir())
    yield
    assert set(_OPEN.iterdir()) <= before
