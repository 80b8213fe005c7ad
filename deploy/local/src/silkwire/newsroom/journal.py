"""Keeps the newsroom's anchor and entries in a folder, so that a second start goes on where the first one ended."""

import json
import os
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from silkwire.newsroom.room import Entry

_FILE = "newsroom.jsonl"


class Journal:
    """One line of JSON for the anchor, one for each entry since.

    Args:
        folder: where it is kept; made if it is missing.
        now: the anchor, where there is none yet; aware UTC.

    Attributes:
        anchor: when the newsroom was first started on this folder.
        entries: what had happened when the journal was opened.
    """

    def __init__(self, folder: Path, now: datetime) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / _FILE
        lines = self._whole_lines()
        if not lines:
            self._write({"anchor": now.replace(microsecond=0).isoformat()})
            lines = self._whole_lines()
        self.anchor = datetime.fromisoformat(lines[0]["anchor"])
        self.entries = [Entry(**{**line, "at": datetime.fromisoformat(line["at"])}) for line in lines[1:]]

    def append(self, entry: Entry) -> None:
        """Keep an entry; it is on the disk when this returns."""
        self._write({**asdict(entry), "at": entry.at.isoformat()})

    def _whole_lines(self) -> list[dict[str, Any]]:
        """Return the lines, cutting off one that was being written when the process was killed."""
        if not self._path.exists():
            return []
        raw = self._path.read_bytes()
        whole = raw[: raw.rfind(b"\n") + 1]
        if whole != raw:
            self._path.write_bytes(whole)
        return [json.loads(line) for line in whole.splitlines()]

    def _write(self, line: dict[str, Any]) -> None:
        with self._path.open("ab") as file:
            file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
