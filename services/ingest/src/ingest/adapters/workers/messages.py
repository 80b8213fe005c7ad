"""What passes between the service and a worker: a task and a document one way, a reply the other.

Each message is preceded by its length. The service trusts nothing that comes back, since a document may have taken the
worker over: of a reply's pickle only values of our own domain are accepted, and nothing in it can be called.
"""

import io
import pickle
import struct
from typing import Any, Literal

ASK = struct.Struct("<QQ")
"""Bytes of the task, then bytes of the document."""

ANSWER = struct.Struct("<Q")
"""Bytes of the reply."""

READY = b"R"
"""What a worker says once it has started."""

MAX_ANSWER_BYTES = 256 * 1024 * 1024
"""Longest reply; the texts of a feed of 15 MiB stay far below it."""

Kind = Literal["done", "unreadable", "memory", "fault"]
"""How a task ended: with a value, a document that cannot be read, too little memory, or a fault of ours."""

_VALUES = frozenset(
    {
        ("datetime", "datetime"),
        ("datetime", "date"),
        ("datetime", "timedelta"),
        ("datetime", "timezone"),
        ("builtins", "set"),
        ("builtins", "frozenset"),
        ("collections", "Counter"),
    }
)


class BadAnswerError(Exception):
    """A worker's reply is not one of ours."""


class _Unpickler(pickle.Unpickler):
    """Makes values of our own domain, and of a few plain types, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        """Return a class by its name; functions are never returned, so a pickle cannot call one."""
        if (module, name) in _VALUES or (module.startswith("ingest.domain.") and "." not in name):
            found = super().find_class(module, name)
            if isinstance(found, type):
                return found
        raise BadAnswerError(f"{module}.{name} in a reply")


def pack_answer(kind: Kind, value: object) -> bytes:
    """Return a reply with its length."""
    body = pickle.dumps((kind, value), protocol=5)
    return ANSWER.pack(len(body)) + body


def open_answer(body: bytes) -> tuple[str, Any]:
    """Return kind and value of a reply, without its length.

    Raises:
        BadAnswerError: it holds what no reply holds.
    """
    try:
        kind, value = _Unpickler(io.BytesIO(body)).load()
    except BadAnswerError:
        raise
    except Exception as error:  # a pickle that is none can fail in any way
        raise BadAnswerError(repr(error)[:200]) from error
    return str(kind), value
