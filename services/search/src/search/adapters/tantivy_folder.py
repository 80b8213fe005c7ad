"""Looks at an index folder as files: whether what its list of segments names is there and is what Tantivy once wrote.

Tantivy opens a folder without reading it, and then serves whatever the files say. But every file that it writes ends
with a footer: JSON with the CRC-32 of what comes before, the length of that JSON, and a number that marks it (Tantivy's
src/directory/footer.rs). Reading a gigabyte that is in the system's memory takes 0.15 s of a processor.

An index may be in use meanwhile, and merges replace its files. So they are held open before they are read: what was made
of a damaged file has a checksum that is right, and only the file itself, removed or not, can tell. For the same reason it is
noted in the folder where something is written before all files have been looked at.
"""

import asyncio
import json
import os
import struct
from collections.abc import Collection
from concurrent.futures import Executor
from contextlib import ExitStack
from io import BufferedReader
from pathlib import Path
from typing import Any

from isal.isal_zlib import crc32

from search.adapters.block_reading import blocks_of
from search.ports import ViewDamagedError
from shared.durable import remove_file, replace_file

META = "meta.json"

UNLOOKED = "unlooked.json"
"""META as it was before anything was written into an index whose files had not all been looked at. While it is there, no
segment is trusted that it does not name: a merge makes of a damaged one another whose checksums are right."""

_PARTS = ("idx", "pos", "term", "store", "fast", "fieldnorm")
_TAIL = struct.Struct("<II")
_MARK = 1337
_LONGEST_FOOTER = 4096
_FOOTER = {"version", "crc"}
_VERSION = {"major", "minor", "patch", "index_format_version"}


def held_files(folder: Path, opened: ExitStack) -> dict[str, BufferedReader]:
    """Return the files that make up an index now, by their names; `opened` closes them.

    Raises:
        ViewDamagedError: not all of them are there and can be opened, or one came of files that nobody had looked at.
    """
    noted = _noted(folder)
    if noted is not None and (later := _listed(folder, META).keys() - noted):
        raise ViewDamagedError(f"{min(later)}: written before all files had been looked at")
    while True:
        names = _named(folder)
        try:
            return {name: opened.enter_context((folder / name).open("rb")) for name in names}
        except OSError as error:
            name, missing = Path(error.filename).name, isinstance(error, FileNotFoundError)
            # One that a merge has replaced meanwhile is not missing: then all are named anew.
            if not missing or name in _named(folder):
                fault = "missing" if missing else error.strerror
                raise ViewDamagedError(f"{name}: {fault}") from error


def note_unlooked(folder: Path) -> None:
    """Note which segments an index has, before anything is written into it whose files have not all been looked at.

    Raises:
        OSError: it cannot be noted.
    """
    replace_file(folder / UNLOOKED, [(folder / META).read_bytes()])


def note_looked(folder: Path) -> None:
    """Note that all files of an index have been looked at, and nothing was wrong with them.

    Raises:
        OSError: it cannot be noted.
    """
    remove_file(folder / UNLOOKED)


def damage_of(folder: Path) -> str | None:
    """Return what is wrong with an index, in a few words that name the file; None when all of it can be trusted."""
    with ExitStack() as opened:
        try:
            files = held_files(folder, opened)
        except ViewDamagedError as error:
            return str(error)
        faults = ((name, fault_of(file)) for name, file in files.items())
        return next((f"{name}: {fault}" for name, fault in faults if fault is not None), None)


async def fault_among(files: Collection[BufferedReader], held: ExitStack, looking: Executor) -> str | None:
    """Return what is wrong with files that are held open, and let them go; None where nothing is.

    As many are read at once as there are threads that look.
    """
    loop = asyncio.get_running_loop()
    with held:
        faults = await asyncio.gather(*(loop.run_in_executor(looking, fault_of, file) for file in files))
    told = zip(files, faults, strict=True)
    return next((f"{Path(file.name).name}: {fault}" for file, fault in told if fault is not None), None)


def _named(folder: Path) -> list[str]:
    """Return the names of all files that make up the index."""
    names = []
    for stem, deletes in _listed(folder, META).items():
        names += [f"{stem}.{part}" for part in _PARTS]
        if deletes is not None:
            names.append(f"{stem}.{deletes}.del")
    return names


def _noted(folder: Path) -> set[str] | None:
    """Return the segments that are trusted once they have been looked at; None where all are."""
    try:
        return set(_listed(folder, UNLOOKED))
    except ViewDamagedError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return None
        raise


def _listed(folder: Path, name: str) -> dict[str, int | None]:
    """Return what a list of segments names: the stem of a segment's files -> which of its lists of deletions counts."""
    listed: dict[str, int | None] = {}
    try:
        for segment in json.loads((folder / name).read_bytes())["segments"]:
            deletes = segment["deletes"]
            stem = segment["segment_id"].replace("-", "")
            listed[stem] = None if deletes is None else int(deletes["opstamp"])
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise ViewDamagedError(f"{name}: {error!r}"[:300]) from error
    return listed


def _crc_told(footer: dict[str, Any]) -> int:
    """Return the checksum that a footer tells; a footer of another form than Tantivy's has itself been changed."""
    if set(footer) != _FOOTER or set(footer["version"]) != _VERSION:
        raise LookupError
    return int(footer["crc"])


def fault_of(file: BufferedReader) -> str | None:
    """Return what is wrong with a file of an index; None when it is what was once written."""
    try:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _TAIL.size))
        length, mark = _TAIL.unpack(file.read())
        end = size - _TAIL.size - length
        if mark != _MARK or length > _LONGEST_FOOTER or end < 0:
            return "cut short"
        file.seek(end)
        expected = _crc_told(json.loads(file.read(length)))
        crc, left = 0, end
        for block in blocks_of(file):
            part = block[:left]
            crc, left = crc32(part, crc), left - len(part)
            if left == 0:
                break
        if left:
            return "cut short"
    except struct.error:
        return "cut short"
    except OSError as error:
        return repr(error)
    except (ValueError, LookupError, TypeError):
        return "its footer cannot be read"
    return None if crc == expected else "its checksum is wrong"
