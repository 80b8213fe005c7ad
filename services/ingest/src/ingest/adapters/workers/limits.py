"""What a worker may take and touch: its memory, no network, no other process, no file but those of Python itself.

The memory is the kernel's limit (`RLIMIT_AS`, Linux). The rest is Python's audit hook: it cannot stop machine code that
took the process over, but it stops every library that was talked into opening an address or a file.
"""

import os
import resource
import sys
import sysconfig
import zoneinfo
from contextlib import suppress
from pathlib import Path
from typing import Any

_FORBIDDEN = (
    *(
        "socket.",
        "subprocess.",
        "os.exec",
        "os.fork",
        "os.posix_spawn",
        "os.spawn",
        "os.system",
        "os.startfile",
    ),
    *(
        "os.remove",
        "os.rename",
        "os.rmdir",
        "os.mkdir",
        "os.chmod",
        "os.chown",
        "os.link",
        "os.symlink",
        "os.kill",
    ),
    *("urllib.", "http.client.", "ftplib.", "webbrowser.", "pty.", "shutil.", "tempfile.", "sqlite3.connect"),
)
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def limit_memory(bytes_beyond: int) -> None:
    """Let this process take so many bytes more than it has now, and leave no core behind.

    Counted from what it has now, since libraries map much that they never use. Where the system knows no such limit
    there is none.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
        most = pages * resource.getpagesize() + bytes_beyond
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def keep_inside() -> None:
    """Refuse from now on, with a PermissionError, what no reading of a document needs; there is no way back."""
    sys.dont_write_bytecode = True
    roots = tuple({os.path.realpath(one) + os.sep for one in _own_folders()})

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _mode, flags = arguments
            if isinstance(path, int):
                return
            inside = os.path.realpath(os.fsdecode(path)).startswith(roots)
            if not inside or (isinstance(flags, int) and flags & _WRITES):
                raise PermissionError(f"a worker opens no file: {os.fsdecode(path)[:100]}")
        elif event.startswith(_FORBIDDEN):
            raise PermissionError(f"a worker does no such thing: {event}")

    sys.addaudithook(refuse)


def _own_folders() -> list[str]:
    """Where modules, their data and time zones are; a module may be loaded when it is first needed."""
    folders = [sys.prefix, sys.base_prefix, *sysconfig.get_paths().values(), *zoneinfo.TZPATH, *sys.path]
    return [one for one in folders if one and os.path.realpath(one) != os.sep]
