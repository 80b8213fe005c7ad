"""Dead letters of the one-process form: one JSON line each, on disk before anyone relies on it."""

import base64
import json
import os
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

from shared.durable import remove_file, replace_file, sync_folder


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One dead letter: the headers it would have on a broker, epitaph included, and its body."""

    headers: Mapping[str, object]
    body: bytes


class LetterFile:
    """Letters in a file, one JSON line each: `{"headers": {...}, "body": "..."}`, or `body_base64` for what is not text.

    Args:
        path: the file; made when the first letter comes.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, *letters: DeadLetter) -> None:
        """Add some; when this returns they survive the loss of the process and of power.

        Raises:
            OSError: they could not be written.
        """
        new = not self.path.exists()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as file:
            for letter in letters:
                # The first newline ends a line that a crash cut off.
                file.write(b"\n" + _line(letter))
            file.flush()
            os.fsync(file.fileno())
        if new:
            sync_folder(self.path.parent)

    def read(self) -> Iterator[DeadLetter]:
        """Yield all of them, oldest first; a line cut by a crash was never relied on and is passed over."""
        for _place, letter in self.places():
            yield letter

    def places(self) -> Iterator[tuple[int, DeadLetter]]:
        """Yield all of them, each with its place in the file."""
        for place, line in self._lines():
            letter = _parse(line)
            if letter is not None:
                yield place, letter

    def remove(self, places: AbstractSet[int]) -> None:
        """Take out the letters in these places; a crash leaves either all of them or none. Nobody may append meanwhile.

        Raises:
            OSError: the rest could not be written; then none was taken out.
        """
        if not places:
            return
        replace_file(self.path, (line for place, line in self._lines() if place not in places))

    def erase(self) -> None:
        """Remove the file."""
        remove_file(self.path)

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        if not self.path.exists():
            return
        place = 0
        with self.path.open("rb") as file:
            for line in file:
                yield place, line
                place += len(line)


class DeadLetterFile(LetterFile):
    """The dead letters of one queue, in `<folder>/<queue>.dead.jsonl`.

    Args:
        folder: made when missing.
        queue: the work queue.
    """

    def __init__(self, folder: Path, queue: str) -> None:
        super().__init__(folder / f"{queue}.dead.jsonl")


class ReplayFile(LetterFile):
    """The letters that one queue's reader is to hear again, in `<folder>/<queue>.replay.jsonl`.

    Args:
        folder: made when missing.
        queue: the work queue.
    """

    def __init__(self, folder: Path, queue: str) -> None:
        super().__init__(folder / f"{queue}.replay.jsonl")


def _line(letter: DeadLetter) -> bytes:
    values = {"headers": dict(letter.headers), **_pack(letter.body)}
    return json.dumps(values, ensure_ascii=False, default=str).encode() + b"\n"


def _parse(line: bytes) -> DeadLetter | None:
    try:
        values = json.loads(line)
        return DeadLetter(values["headers"], _unpack(values))
    except (ValueError, TypeError, KeyError):
        return None


def _pack(body: bytes) -> dict[str, str]:
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"body_base64": base64.b64encode(body).decode()}


def _unpack(values: Mapping[str, str]) -> bytes:
    if "body" in values:
        return values["body"].encode()
    return base64.b64decode(values["body_base64"])
