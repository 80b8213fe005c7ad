"""A service as a process of its own: started, killed, stopped, kept alive; and what its metrics said to the last."""

import asyncio
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2
from prometheus_client.parser import text_string_to_metric_families

from shared.testing.eventually import eventually

ROOT = Path(__file__).resolve().parents[2]
_RESTART_S = 0.2

Sample = tuple[str, frozenset[tuple[str, str]]]
"""A metric's name and its labels."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended.

    Attributes:
        code: exit code; negative for a signal.
        seconds: from the asking to the end.
    """

    code: int
    seconds: float


class Service:
    """One replica of a service.

    Args:
        name: what people call it, such as `search` or `search-2`.
        module: what is run: `ingest`, `rates`, `search` or `gateway`.
        port: of its API; health and metrics are on port + 100.
        environment: its settings.
        folder: where its log goes.
    """

    def __init__(
        self, name: str, module: str, port: int, environment: Mapping[str, str], folder: Path
    ) -> None:
        self.name = name
        self.module = module
        self.port = port
        self.log = folder / f"{name}.log"
        self.starts = 0
        self._environment = dict(environment)
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None
        self._totals: Counter[Sample] = Counter()
        self._last: dict[Sample, float] = {}
        self._keeping: asyncio.Task[None] | None = None
        self._http = httpx2.AsyncClient(trust_env=False, timeout=2)

    @property
    def pid(self) -> int:
        """The process."""
        assert self._process is not None
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.returncode is None

    async def start(
        self, *, failpoints: str = "", without: str = "", more: Mapping[str, str] | None = None
    ) -> None:
        """Start it.

        Args:
            failpoints: `name:nth`, where it is to die by itself.
            without: the safeguard to take away, see `sabotage`; empty for none.
            more: settings for this start alone.
        """
        command = [sys.executable, "-m", self.module]
        if without:
            command = [sys.executable, "-m", "tests.faults.sabotage", without, self.module]
        environment = {**os.environ, **self._environment, **(more or {})}
        environment["SILKWIRE_FAILPOINTS"] = failpoints
        self.starts += 1
        with self.log.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                env=environment,
                cwd=ROOT if without else self._folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )

    async def ready(self, within_s: float = 40) -> None:
        """Wait until it can do its own job."""

        async def answers() -> bool:
            assert self.alive, f"{self.name} ended: {self.tail()}"
            try:
                return (await self._http.get(f"http://127.0.0.1:{self.port + 100}/readyz")).is_success
            except httpx2.HTTPError:
                return False

        await eventually(answers, within_s=within_s, every_s=0.05, what=f"{self.name} is ready")

    async def ended(self) -> int:
        """Wait until it ends by itself; the exit code."""
        assert self._process is not None
        return await self._process.wait()

    async def kill(self) -> None:
        """Kill -9."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> Ended:
        """SIGTERM, and wait; killed after 40 s."""
        return await self._end(signal.SIGTERM)

    async def _end(self, number: signal.Signals) -> Ended:
        began = time.monotonic()
        process = self._process
        if process is None:
            return Ended(0, 0)
        if process.returncode is None:
            await self.observe()
            with suppress(ProcessLookupError):
                process.send_signal(number)
            try:
                await asyncio.wait_for(process.wait(), 40)
            except TimeoutError:
                process.kill()
                await process.wait()
        self._settle()
        return Ended(process.returncode or 0, time.monotonic() - began)

    def keep(self, failpoints: Callable[[int], str] = lambda _start: "", without: str = "") -> None:
        """Start it again whenever it ends, until `release`.

        Args:
            failpoints: given how often it was started before, where it is to die this time.
            without: see `start`.
        """

        async def keep() -> None:
            while True:
                if self.alive:
                    await self.ended()
                self._settle()
                await asyncio.sleep(_RESTART_S)
                await self.start(failpoints=failpoints(self.starts), without=without)

        self._keeping = asyncio.create_task(keep())

    async def release(self) -> None:
        """Stop keeping it alive."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
            self._keeping = None

    async def close(self) -> None:
        """End it for good."""
        await self.release()
        if self.alive:
            await self.stop()
        await self._http.aclose()

    async def observe(self) -> None:
        """Take its metrics down; those of a process that is killed later are known only as of the last time."""
        try:
            answer = await self._http.get(f"http://127.0.0.1:{self.port + 100}/metrics")
        except httpx2.HTTPError:
            return
        self._last = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
        }

    def _settle(self) -> None:
        """Count what the process that is gone had counted."""
        for sample, value in self._last.items():
            if sample[0].endswith(("_total", "_count", "_sum")):
                self._totals[sample] += value  # type: ignore[assignment]  # seconds are no whole numbers
        self._last = {}

    def total(self, name: str, **labels: str) -> float:
        """Return a counter's value, summed over all its starts and over the labels not given."""
        return self._sum(self._totals, name, labels) + self._sum(self._last, name, labels)

    def gauge(self, name: str, **labels: str) -> float:
        """Return a gauge's value at the last look."""
        return self._sum(self._last, name, labels)

    @staticmethod
    def _sum(samples: Mapping[Sample, float], name: str, labels: Mapping[str, str]) -> float:
        wanted = set(labels.items())
        return sum(
            value
            for (its_name, its_labels), value in samples.items()
            if its_name == name and wanted <= its_labels
        )

    def lines(self, event: str) -> list[str]:
        """Return its log lines about an event."""
        if not self.log.exists():
            return []
        return [line for line in self.log.read_text(errors="replace").splitlines() if f'"{event}"' in line]

    def tail(self) -> str:
        """Return the last lines of its log."""
        if not self.log.exists():
            return "no log"
        return " / ".join(self.log.read_text(errors="replace").splitlines()[-3:])[-600:]
