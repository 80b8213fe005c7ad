"""Progress on standard error: a line that is overwritten on a terminal, else a new one each second."""

import sys
import time
from typing import TextIO

from silkwire.progress import CLEAR_LINE

ON_TERMINAL_S = 0.2
ELSEWHERE_S = 1.0


class Tell:
    """Tells how far work has come; says nothing of work that is done at once.

    Args:
        doing: What is being done, such as `replayed`.
        stream: Where to; standard error by default.
    """

    def __init__(self, doing: str, stream: TextIO | None = None) -> None:
        self._doing = doing
        self._stream = stream or sys.stderr
        self._terminal = self._stream.isatty()
        self._every_s = ON_TERMINAL_S if self._terminal else ELSEWHERE_S
        self._told_at = time.monotonic()
        self._drawn = False

    def so_far(self, looked_at: int, total: int, done: int) -> None:
        """Tells, if it is time to."""
        now = time.monotonic()
        if now - self._told_at < self._every_s:
            return
        self._told_at = now
        line = f"{looked_at} of {total} looked at, {done} {self._doing}"
        self._stream.write(f"{CLEAR_LINE}{line}" if self._terminal else f"{line}\n")
        self._stream.flush()
        self._drawn = self._terminal

    def end(self) -> None:
        """Takes the line away again."""
        if self._drawn:
            self._stream.write(CLEAR_LINE)
            self._stream.flush()
            self._drawn = False
