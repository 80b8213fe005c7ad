"""Where a view stands in the record's changes, on disk: written, synced and renamed, so that it is whole or old."""

import asyncio
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from search.ports import ViewNotWrittenError
from shared.durable import remove_file, replace_file


@dataclass(frozen=True, slots=True)
class Position:
    """How far a view has followed the record.

    Attributes:
        schema: version of the view's fields and analysis.
        store: id of the record it follows.
        token: the change stream's resume token; None right after the first scan.
        time: the record's time (seconds, counter) of the last change applied, or at the beginning of the first scan; to
            follow from without a token.
        scanned: the place up to which the first scan has come, see `MongoRecord.page`; None once it is complete.
    """

    schema: str
    store: str
    token: dict[str, Any] | None
    time: tuple[int, int]
    scanned: str | None = None


class PositionFile:
    """Keeps a position.

    Args:
        path: the file; its folder must exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Position | None:
        """Return what was saved last, or None when there is nothing that can be read."""
        try:
            fields = json.loads(self._path.read_text(encoding="utf-8"))
            return Position(**{**fields, "time": tuple(fields["time"])})
        except (OSError, ValueError, TypeError, KeyError):
            return None

    async def keep(self, position: Position) -> None:
        """Save a position, in a thread; what was begun has its end before this does, cancelled or not.

        Raises:
            ViewNotWrittenError: it cannot be written; what was saved before still stands.
        """
        saving = asyncio.create_task(asyncio.to_thread(self.save, position))
        try:
            await asyncio.shield(saving)
        except asyncio.CancelledError:
            # Else it would bring back a file that is removed meanwhile, or write into that of who saves next.
            await asyncio.gather(saving, return_exceptions=True)
            raise
        except OSError as error:
            raise ViewNotWrittenError(str(error)) from error

    def save(self, position: Position) -> None:
        """Replace what was saved; when this returns, it is on disk.

        Raises:
            OSError: it cannot be written; what was saved before still stands.
        """
        replace_file(self._path, [json.dumps(asdict(position)).encode()])

    def remove(self) -> None:
        """Forget the position: the view is about to be built anew. When this returns, a crash does not bring it back."""
        remove_file(self._path)
