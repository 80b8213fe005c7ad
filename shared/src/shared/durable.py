"""Small files that are on disk, under their names, when the call returns: a crash afterwards takes nothing back."""

import os
from collections.abc import Iterable
from pathlib import Path


def replace_file(path: Path, content: Iterable[bytes]) -> None:
    """Replace a file, or make it; a reader sees the old content or the new one, never a part.

    Args:
        path: the file; `.new` beside it is written first.
        content: its parts, in order; they may be read from the old content.

    Raises:
        OSError: it cannot be written, and what was there before still stands; or what was written may not survive a crash.
    """
    beside = path.with_suffix(".new")
    with beside.open("wb") as file:
        file.writelines(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync_folder(path.parent)


def remove_file(path: Path) -> None:
    """Remove a file, if it is there.

    Raises:
        OSError: it cannot be removed.
    """
    path.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Have what a folder lists on disk: files that were made, replaced or removed in it.

    Raises:
        OSError: it cannot be written.
    """
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
