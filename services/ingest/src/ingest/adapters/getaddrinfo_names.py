"""Finds the addresses of names by the operating system, off the event loop, within a deadline, and remembers briefly.

What is remembered opens no gap for DNS rebinding: whatever comes from here is judged before each connection, and
that very address is dialled.
"""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Mapping
from ipaddress import ip_address

REMEMBER_S = 30.0
"""How long an answer of DNS is used again; getaddrinfo gives no TTL, and no news site moves within half a minute."""

REMEMBER_FAILURE_S = 5.0
"""How long it is remembered that a name has no address, so that a host's many sources ask once."""

MOST_REMEMBERED = 4096
MOST_ADDRESSES = 4
DEADLINE_S = 5.0

Addresses = tuple[str, ...]
InThread = Callable[[Callable[[], Addresses]], Awaitable[Addresses]]
"""Runs blocking work in one of a bounded number of threads; uvloop's own resolver has only four for everything."""


class NameUnknownError(Exception):
    """A host has no address, or DNS does not say so in time."""


class GetaddrinfoNames:
    """Addresses of names, for the whole process.

    Args:
        in_thread: where to block; its bound is the number of names looked up at once.
        hosts: names that are not asked for, with their addresses.
        deadline_s: seconds that a lookup may take, waiting for a thread included.
    """

    def __init__(
        self,
        in_thread: InThread,
        *,
        hosts: Mapping[str, Addresses] | None = None,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self._in_thread = in_thread
        self._hosts = hosts or {}
        self._deadline_s = deadline_s
        self._known: dict[str, tuple[float, Addresses]] = {}

    async def addresses(self, host: str) -> Addresses:
        """Return where a host is, at least one address; an address is its own answer, in whatever notation.

        Raises:
            NameUnknownError: it is nowhere, or the lookup takes too long.
        """
        fixed = self._hosts.get(host.lower().rstrip(".")) or _literal(host)
        if fixed:
            return fixed
        found = self._remembered(host)
        if found is None:
            found = await self._look_up(host)
            self._remember(host, found)
        if not found:
            raise NameUnknownError(f"{host} has no address")
        return found

    async def _look_up(self, host: str) -> Addresses:
        try:
            async with asyncio.timeout(self._deadline_s):
                return await self._in_thread(lambda: _ask_system(host))
        except TimeoutError:
            raise NameUnknownError(f"{host}: no answer of DNS within {self._deadline_s:g} s") from None

    def _remembered(self, host: str) -> Addresses | None:
        until, found = self._known.get(host, (0.0, ()))
        return found if time.monotonic() < until else None

    def _remember(self, host: str, found: Addresses) -> None:
        if len(self._known) >= MOST_REMEMBERED:
            self._known.clear()  # asking anew costs little, and hostile names in masses must not cost memory
        self._known[host] = (time.monotonic() + (REMEMBER_S if found else REMEMBER_FAILURE_S), found)


def _literal(host: str) -> Addresses:
    try:
        return (str(ip_address(host)),)
    except ValueError:
        return ()


def _ask_system(host: str) -> Addresses:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(dict.fromkeys(str(address[4][0]) for address in found))[:MOST_ADDRESSES]
