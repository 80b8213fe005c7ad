"""A folder of one's own below a shared one: the first `slot-N` that no living process holds, by a lock of the OS."""

import fcntl
from io import TextIOWrapper
from pathlib import Path

_MOST_SLOTS = 1000


class FolderSlot:
    """A claimed folder; the claim ends with `release` or with the process, however it dies.

    Args:
        parent: the shared folder; made when missing.
    """

    def __init__(self, parent: Path) -> None:
        self.path, self._lock = _claim(parent)

    def release(self) -> None:
        """Let another process have the folder; what is in it stays."""
        self._lock.close()


def _claim(parent: Path) -> tuple[Path, TextIOWrapper]:
    for number in range(_MOST_SLOTS):
        folder = parent / f"slot-{number}"
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("a", encoding="utf-8")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            continue
        return folder, lock
    raise RuntimeError(f"{_MOST_SLOTS} processes hold all slots below {parent}")
