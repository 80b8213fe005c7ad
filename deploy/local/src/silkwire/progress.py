"""The lines printed while the system starts: each part with a check mark and its seconds."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

WIDTH = 60
CLEAR_LINE = "\r\x1b[K"


class Progress:
    """Prints finished steps, and on a terminal also what is being waited for."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._terminal = self._stream.isatty()
        self._open: dict[int, str] = {}
        self._drawn = False

    def say(self, text: str) -> None:
        """Prints a line."""
        self._erase()
        try:
            print(text, file=self._stream, flush=True)
        except UnicodeEncodeError:
            plain = text.replace("✓", "ok").encode("ascii", "replace").decode()
            print(plain, file=self._stream, flush=True)
        self._draw()

    @contextmanager
    def step(self, name: str) -> Iterator["Step"]:
        """Shows `name` as under way, and with a check mark once the block has succeeded."""
        step = Step(self, name)
        self._open[id(step)] = name
        self._redraw()
        try:
            yield step
        except BaseException:
            self._open.pop(id(step), None)
            self._redraw()
            raise
        self._open.pop(id(step), None)
        self.say(f"  ✓ {step.text:<{WIDTH}} {time.monotonic() - step.began:5.1f} s")

    def update(self, step: "Step") -> None:
        """Shows a step's new text where it can be overwritten."""
        self._open[id(step)] = step.text
        self._redraw()

    def _redraw(self) -> None:
        self._erase()
        self._draw()

    def _erase(self) -> None:
        if self._drawn:
            self._stream.write(CLEAR_LINE)
            self._drawn = False

    def _draw(self) -> None:
        if self._terminal and self._open:
            self._stream.write(f"  … {', '.join(self._open.values())}"[:WIDTH])
            self._drawn = True
        self._stream.flush()


class Step:
    """One step under way."""

    def __init__(self, progress: Progress, name: str) -> None:
        self._progress = progress
        self.text = name
        self.began = time.monotonic()

    def note(self, text: str) -> None:
        """Replaces the step's text by one that says more."""
        self.text = text
        self._progress.update(self)
