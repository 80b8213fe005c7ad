"""Connections to public addresses only, judged at connect time on what the name resolved to.

Checking the name beforehand would leave a gap in which it can resolve anew (DNS rebinding); here the very address
that was judged is dialled, while TLS and the Host header still see the name.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

import httpcore2

from ingest.adapters.asyncio_network import SocketOption
from ingest.adapters.getaddrinfo_names import NameUnknownError
from ingest.domain.fetching.addresses import PUBLIC_PORTS, is_public


class AddressRefusedError(Exception):
    """A feed's host is not on the public internet.

    Attributes:
        detail: what was refused.
    """

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class Names(Protocol):
    """Finds out where hosts are."""

    async def addresses(self, host: str) -> Sequence[str]:
        """Return the addresses of a host, at least one, the one to try first at the head.

        Raises:
            NameUnknownError: there is none.
        """
        ...


class GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Opens connections, refusing hosts of which any address is not public.

    Args:
        names: where hosts are.
        allow_private: True lets everything through, for tests and for feeds on one's own network.
        network: opens the connections that are allowed.
    """

    def __init__(self, names: Names, *, allow_private: bool, network: httpcore2.AsyncNetworkBackend) -> None:
        self._names = names
        self._allow_private = allow_private
        self._network = network

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  the signature is httpcore2's
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect to the first address of `host` that answers.

        Raises:
            AddressRefusedError: one of the host's addresses, or the port, is not public.
            NameUnknownError: the host has no address.
        """
        addresses = await self._names.addresses(host)
        if not self._allow_private:
            _refuse_private(host, port, addresses)
        for position, address in enumerate(addresses):
            try:
                return await self._network.connect_tcp(
                    address, port, timeout=timeout, local_address=local_address, socket_options=socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                if position == len(addresses) - 1:
                    raise
        raise NameUnknownError(f"{host} has no address")

    async def sleep(self, seconds: float) -> None:
        """Wait, for httpcore2's own retries, which we do not use."""
        await self._network.sleep(seconds)


def _refuse_private(host: str, port: int, addresses: Sequence[str]) -> None:
    if port not in PUBLIC_PORTS:
        raise AddressRefusedError(f"port {port} of {host} is not one for feeds")
    private = [address for address in addresses if not is_public(address)]
    if private:
        raise AddressRefusedError(f"{host} is at {private[0]}, which is not a public address")
