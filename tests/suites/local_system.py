"""`silkwire up` as a user runs it: a process with lines on its output, a page, a data folder."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2

from shared.testing.eventually import eventually
from silkwire.backing import mongod, rabbitmq
from silkwire.backing.ports import free_port
from silkwire.errors import StartError
from tests.backing import MONGODB, Backing

FORMS = {"a process for each service": "auto", "one process": "memory"}
UP_S = 150.0
STOP_S = 60.0


class LocalSystem:
    """One running `silkwire up`."""

    def __init__(self, process: asyncio.subprocess.Process, port: int, data: Path) -> None:
        self.process = process
        self.port = port
        self.data = data
        self.lines: list[str] = []
        self._reading = asyncio.create_task(self._read())
        self.http = httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=10)

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(line.decode().rstrip("\n"))

    @property
    def output(self) -> str:
        """All that it has printed so far."""
        return "\n".join(self.lines)

    async def up(self) -> None:
        """Waits until it says that it is up."""

        async def told() -> bool:
            if self._reading.done():
                raise RuntimeError(f"it ended: {self.output}")
            return "Silkwire is up" in self.output

        await eventually(told, within_s=UP_S, what="Silkwire is up")

    async def feed(self, **parameters: str) -> dict[str, Any]:
        """The public feed's answer."""
        response = await self.http.get("/api/v1/feed", params=parameters)
        assert response.is_success, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def pid_of(self, service: str) -> int:
        """The process of a service."""
        text = (self.data / "run" / f"{service}.pid").read_text(encoding="utf-8")
        return int(text.split()[0])

    async def ended(self) -> int:
        """Waits for its end; the exit code."""
        async with asyncio.timeout(STOP_S):
            await self._reading
            return await self.process.wait()

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Signals it; the exit code."""
        if self.process.returncode is None:
            self.process.send_signal(number)
        return await self.ended()


async def launch(
    data: Path, *arguments: str, port: int | None = None, environment: dict[str, str] | None = None
) -> LocalSystem:
    """Starts `silkwire up` on a data folder; whoever does so stops it."""
    chosen = port or free_port(100)
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("silkwire")),
        *("up", "--port", str(chosen), "--data", str(data), *arguments),
        env={**os.environ, **(environment or {})},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    return LocalSystem(process, chosen, data)


@asynccontextmanager
async def running(
    data: Path,
    arguments: Sequence[str],
    *,
    port: int | None = None,
    environment: dict[str, str] | None = None,
) -> AsyncIterator[LocalSystem]:
    """A `silkwire up` that is stopped at the end, whatever happened."""
    system = await launch(data, *arguments, port=port, environment=environment)
    try:
        yield system
    finally:
        await system.stop()
        await system.http.aclose()


def servers(backing: Backing, broker: str) -> list[str]:
    """The options that make the system use servers of its own where it can, else those of this test session."""
    try:
        mongod.runnable()
        mongo = "embedded"
    except StartError:
        mongo = backing.require(MONGODB).address
    if broker == "auto" and rabbitmq.find_server() is None:
        broker = backing.fresh_virtual_host()
    return ["--broker", broker, "--mongo", mongo]
