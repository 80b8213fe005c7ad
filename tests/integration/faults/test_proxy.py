"""The fault runner's proxy does to real connections what it says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
import pytest_asyncio

from tests.faults.proxy import PASS, Mode, Proxy


@pytest_asyncio.fixture
async def proxy() -> AsyncIterator[Proxy]:
    """A proxy before a server that says everything back."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(1024):
                writer.write(data)
                await writer.drain()
        writer.close()

    async with await asyncio.start_server(echo, "127.0.0.1", 0) as server:
        proxy = Proxy(server.sockets[0].getsockname()[1])
        await proxy.start()
        yield proxy
        await proxy.close()


class Client:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def ask(self, said: bytes) -> bytes:
        """Say something; what comes back, or nothing when the connection ends."""
        self.writer.write(said)
        return await self.reader.read(1024)


async def connect(proxy: Proxy) -> Client:
    return Client(*await asyncio.open_connection("127.0.0.1", proxy.port))


async def silent(client: Client, said: bytes = b"?") -> bool:
    """Whether nothing at all comes back for a while, not even an end."""
    try:
        await asyncio.wait_for(client.ask(said), 0.2)
    except TimeoutError:
        return True
    return False


async def test_it_hands_on_both_ways(proxy: Proxy) -> None:
    client = await connect(proxy)
    assert await client.ask(b"hello") == b"hello"
    client.writer.close()


async def test_a_blackhole_swallows_and_gives_everything_back_afterwards(proxy: Proxy) -> None:
    client = await connect(proxy)
    assert await client.ask(b"a") == b"a"
    proxy.set(Mode("blackhole"))
    assert await silent(client, b"b")
    proxy.set(PASS)
    assert await asyncio.wait_for(client.reader.read(1024), 5) == b"b"
    client.writer.close()


async def test_a_reset_ends_old_connections_and_new_ones(proxy: Proxy) -> None:
    client = await connect(proxy)
    assert await client.ask(b"a") == b"a"
    proxy.set(Mode("reset"))
    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(client.ask(b"b"), 5)
    late = await connect(proxy)
    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(late.ask(b"c"), 5)
    for one in (client, late):
        one.writer.close()


async def test_half_open_keeps_the_client_in_the_belief_that_all_is_well(proxy: Proxy) -> None:
    client = await connect(proxy)
    assert await client.ask(b"a") == b"a"
    proxy.set(Mode("half-open"))
    assert await silent(client)
    client.writer.close()


async def test_a_cut_ends_the_connection_after_exactly_so_many_bytes(proxy: Proxy) -> None:
    proxy.set(Mode("cut", cut_after_bytes=7))
    client = await connect(proxy)
    assert await client.ask(b"hello") == b"hello"
    client.writer.write(b"hello")
    received = b""
    with suppress(ConnectionResetError):
        while part := await asyncio.wait_for(client.reader.read(1024), 5):
            received += part
    assert received in {b"he", b""}, "a reset may overtake what was sent before it"
    client.writer.close()


async def test_latency_delays_each_way(proxy: Proxy) -> None:
    proxy.set(Mode("latency", delay_s=0.1))
    client = await connect(proxy)
    began = asyncio.get_running_loop().time()
    assert await client.ask(b"a") == b"a"
    assert asyncio.get_running_loop().time() - began >= 0.2
    client.writer.close()
