"""What Tantivy raises when it cannot go on, and why it could not."""

import os
from pathlib import Path

_ROOM_BYTES = 1 << 20
"""A disk that has not even this much room is the reason why a write failed."""

_ERRORS = (ValueError, OSError, RuntimeError)


def is_tantivys(error: BaseException) -> bool:
    """Tell whether an error is Tantivy's; where its own code broke down it is no Exception, and has no name to import."""
    return isinstance(error, _ERRORS) or type(error).__name__ == "PanicException"


def cause_of(error: BaseException, folder: Path) -> str:
    """Say why a write failed; a writer's thread that died only says that it did, so the disk of the folder is asked."""
    probe = folder / "room.probe"
    try:
        with probe.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, _ROOM_BYTES)
        probe.unlink()
    except OSError as found:
        probe.unlink(missing_ok=True)
        return str(found)
    return str(error)[:300]
