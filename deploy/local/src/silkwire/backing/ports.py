"""TCP ports for servers that are yet to start."""

import os
import secrets
import socket
import threading
from collections import deque

from silkwire.errors import StartError

PORTS = range(20_000, 32_000)
RESERVED_AT_MOST = 100
TRIES = 1000

_lock = threading.Lock()
_reserved: deque[int] = deque()


def free_port(*beside: int) -> int:
    """A TCP port of 127.0.0.1 that nobody listens on, nor on those that lie `beside` it, and that nobody else is given.

    It comes from below the range that systems hand out to outgoing connections, so that one which is remembered
    is most likely still free at the next start.

    Whoever asks next, in this process or another, gets another port: the UDP ports of the same numbers are held
    until this process ends or has asked for `RESERVED_AT_MOST` more. That bridges the time until the server listens,
    and its restarts; the system frees them whatever this process dies of.

    Raises:
        StartError: none is free.
    """
    for _ in range(TRIES):
        port = PORTS.start + secrets.randbelow(len(PORTS))
        if _reserve([port + step for step in (0, *beside)]):
            return port
    raise StartError(
        f"No TCP port between {PORTS.start} and {PORTS.stop - 1} is free on 127.0.0.1.",
        "end programs that listen on them: ss -ltnp shows which",
    )


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen on `port` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _reserve(ports: list[int]) -> bool:
    held = [descriptor for port in ports if (descriptor := _hold(port)) is not None]
    if len(held) < len(ports) or not all(map(is_free, ports)):
        _let_go(held)
        return False
    with _lock:
        _reserved.extend(held)
        _let_go([_reserved.popleft() for _ in range(len(_reserved) - RESERVED_AT_MOST)])
    return True


def _hold(port: int) -> int | None:
    with socket.socket(type=socket.SOCK_DGRAM) as mark:
        try:
            mark.bind(("127.0.0.1", port))
        except OSError:
            return None
        return mark.detach()


def _let_go(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
