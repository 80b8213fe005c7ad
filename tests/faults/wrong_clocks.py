"""The clock of a process as somebody else sets it: libfaketime, which answers a process' questions for the time.

Only the clock on the wall is wrong. The monotonic one stays what it is, as on any real machine, and so do timeouts.
"""

from datetime import timedelta
from pathlib import Path

_FOOLED = Path(__file__).parent / "fooled"
_LIBRARY = "libfaketimeMT.so.1"
_PLACES = ("/usr/lib", "/usr/local/lib")


class NoWrongClocksError(Exception):
    """libfaketime is not installed here; on Debian or Ubuntu, as root: apt-get install libfaketime."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


class WrongClock:
    """How far one process' clock is off, read by the process once a second.

    Args:
        path: a file that says it.
        off: by how much it is ahead at the start; negative for behind.
    """

    def __init__(self, path: Path, off: timedelta = timedelta()) -> None:
        self._path = path
        self.set(off)

    def set(self, off: timedelta) -> None:
        """Put the clock ahead of the right time, or behind it."""
        anew = self._path.with_suffix(".new")
        anew.write_text(f"{off.total_seconds():+.0f}\n", encoding="ascii")
        anew.rename(self._path)

    def environment(self) -> dict[str, str]:
        """Return what a process must be started with.

        Raises:
            NoWrongClocksError: there is no libfaketime here.
        """
        return {
            "LD_PRELOAD": str(_library()),
            "FAKETIME_TIMESTAMP_FILE": str(self._path),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "PYTHONPATH": str(_FOOLED),
        }


def _library() -> Path:
    for place in _PLACES:
        for found in Path(place).glob(f"**/faketime/{_LIBRARY}"):
            return found
    raise NoWrongClocksError
