"""Serves an ASGI app until an event is set, touching no signals: those belong to the runner."""

import asyncio
import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp


class PortTakenError(Exception):
    """Another program listens on the port."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"port {port} on {host} is taken by another program")
        self.host = host
        self.port = port


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket.

    Raises:
        PortTakenError: another program has the port.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        if error.errno in {errno.EADDRINUSE, errno.EACCES}:
            raise PortTakenError(host, port) from error
        raise
    listener.setblocking(False)
    return listener


async def serve(app: ASGIApp, host: str, port: int, stop: asyncio.Event, *, drain_s: float = 10) -> None:
    """Serve `app` until `stop` is set, then let requests in hand finish for at most `drain_s` seconds.

    Raises:
        PortTakenError: another program has the port.
    """
    listener = bind(host, port)
    options: dict[str, Any] = {
        "log_config": None,
        "access_log": False,
        "lifespan": "off",
        "server_header": False,
    }
    server = _Server(uvicorn.Config(app, timeout_graceful_shutdown=max(1, int(drain_s)), **options))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        await serving
    finally:
        stopping.cancel()
        if not serving.done():
            # Cut off, and yet uvicorn must close what it opened: a listener closed behind its back leaves its number
            # with the event loop, and the next socket that gets that number is deaf.
            server.should_exit = server.force_exit = True
            await asyncio.wait({serving})
        listener.close()
