"""Dead letters of the one-process form: one JSON line each, on disk before anyone relies on it."""

import base64
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One dead letter: the headers it would have on a broker, epitaph included, and its body."""

    headers: Mapping[str, object]
    body: bytes


class DeadLetterFile:
    """The dead letters of one queue, in `<folder>/<queue>.dead.jsonl`.

    Args:
        folder: made when missing.
        queue: the work queue.
    """

    def __init__(self, folder: Path, queue: str) -> None:
        self.path = folder / f"{queue}.dead.jsonl"

    def append(self, letter: DeadLetter) -> None:
        """Add one; when this returns it survives the loss of the process and of power.

        Raises:
            OSError: it could not be written.
        """
        new = not self.path.exists()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps({"headers": dict(letter.headers), **_pack(letter.body)}, ensure_ascii=False)
        with self.path.open("ab") as file:
            # The first newline ends a line that a crash cut off.
            file.write(b"\n" + line.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        if new:
            _sync_folder(self.path.parent)

    def read(self) -> Iterator[DeadLetter]:
        """Yield all of them, oldest first; a line cut by a crash was never relied on and is passed over."""
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            for line in file:
                letter = _parse(line)
                if letter is not None:
                    yield letter


def _parse(line: bytes) -> DeadLetter | None:
    try:
        values = json.loads(line)
    except ValueError:
        return None
    return DeadLetter(values["headers"], _unpack(values))


def _pack(body: bytes) -> dict[str, str]:
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"body_base64": base64.b64encode(body).decode()}


def _unpack(values: Mapping[str, str]) -> bytes:
    if "body" in values:
        return values["body"].encode()
    return base64.b64decode(values["body_base64"])


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
