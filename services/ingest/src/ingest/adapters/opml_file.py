"""Reads the list of sources that fills an empty store, from a file."""

import asyncio
from pathlib import Path

from ingest.domain.sources.opml import OpmlError, SourceList, parse_opml


async def read_source_list(path: str) -> SourceList:
    """Return the sources that an OPML file lists.

    Raises:
        OpmlError: the file cannot be read, or is not OPML; names file and line.
    """
    try:
        data = await asyncio.to_thread(Path(path).read_bytes)
    except OSError as error:
        raise OpmlError(path, None, f"cannot be read: {error.strerror}") from error
    return parse_opml(data, path)
