"""Looks at an index folder as files: whether what its list of segments names is there and is what Tantivy once wrote.

Tantivy opens a folder without reading it, and then serves whatever the files say. But every file that it writes ends
with a footer: JSON with the CRC-32 of what comes before, the length of that JSON, and a number that marks it (Tantivy's
src/directory/footer.rs). Reading a gigabyte so takes about a second.
"""

import json
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

META = "meta.json"

_PARTS = ("idx", "pos", "term", "store", "fast", "fieldnorm")
_TAIL = struct.Struct("<II")
_MARK = 1337
_LONGEST_FOOTER = 4096
_FOOTER = {"version", "crc"}
_VERSION = {"major", "minor", "patch", "index_format_version"}
_BLOCK_BYTES = 1 << 20


def damage_of(folder: Path) -> str | None:
    """Return what is wrong with an index, in a few words that name the file; None when all of it can be trusted.

    The index may be in use: a file that a merge has replaced meanwhile is no damage, and all is looked at once more.
    """
    while True:
        try:
            name, fault = _first_fault(folder, json.loads((folder / META).read_bytes()))
            if not name:
                return None
            if name in _named(json.loads((folder / META).read_bytes())):
                return f"{name}: {fault}"
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            return f"{META}: {error!r}"[:300]


def _first_fault(folder: Path, meta: dict[str, Any]) -> tuple[str, str]:
    faults = ((name, fault) for name in _named(meta) if (fault := _fault(folder / name)) is not None)
    return next(faults, ("", ""))


def _named(meta: dict[str, Any]) -> Iterator[str]:
    """Give the names of all files that make up the index."""
    for segment in meta["segments"]:
        stem = segment["segment_id"].replace("-", "")
        yield from (f"{stem}.{part}" for part in _PARTS)
        if segment["deletes"] is not None:
            yield f"{stem}.{segment['deletes']['opstamp']}.del"


def _crc_told(footer: dict[str, Any]) -> int:
    """Return the checksum that a footer tells; a footer of another form than Tantivy's has itself been changed."""
    if set(footer) != _FOOTER or set(footer["version"]) != _VERSION:
        raise LookupError
    return int(footer["crc"])


def _fault(path: Path) -> str | None:
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            file.seek(max(0, size - _TAIL.size))
            length, mark = _TAIL.unpack(file.read())
            end = size - _TAIL.size - length
            if mark != _MARK or length > _LONGEST_FOOTER or end < 0:
                return "cut short"
            file.seek(end)
            expected = _crc_told(json.loads(file.read(length)))
            file.seek(0)
            crc, left = 0, end
            while left > 0:
                block = file.read(min(left, _BLOCK_BYTES))
                if not block:
                    return "cut short"
                crc, left = zlib.crc32(block, crc), left - len(block)
    except FileNotFoundError:
        return "missing"
    except struct.error:
        return "cut short"
    except (ValueError, LookupError, TypeError):
        return "its footer cannot be read"
    return None if crc == expected else "its checksum is wrong"
