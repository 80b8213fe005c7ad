"""The start, in order: servers and newsroom, then the services, then the page; each needs the ones before it."""

import asyncio
import json
import os
import sys
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from ingest.domain.sources.opml import OpmlError, parse_opml
from silkwire import page
from silkwire.backing import given, mongod, rabbitmq
from silkwire.backing.ports import free_port, is_free
from silkwire.errors import StartError
from silkwire.folder import Admin, DataFolder, Kind
from silkwire.logs import LogWatch
from silkwire.options import Broker, Options
from silkwire.parts import BackingServer, Part, ServiceProcess
from silkwire.progress import Progress
from silkwire.supervisor import Supervisor
from silkwire.wiring import LOCAL, SERVICES, Wiring, environment, scrape_targets

SERVERS, NEWSROOM, APPLICATION = 1, 2, 3
PART_ANSWERS_S = 90.0
SAMPLE_SHOWS_S = 120.0
# What the ticker shows of the sample's banks.
PAIRS = 4


@dataclass(frozen=True)
class Sample:
    """The sample newsroom, once it answers.

    Attributes:
        address: Where it is; its banks too.
        opml: The list of its sources.
        articles: How many articles it begins with.
    """

    address: str
    opml: Path
    articles: int


@dataclass(frozen=True, kw_only=True)
class Start:
    """One start.

    Attributes:
        options: What was asked for.
        broker: How events travel.
        folder: Where data and logs are.
        progress: Prints what happens.
        supervisor: Keeps the parts running from then on.
        watch: Shows the errors they log.
    """

    options: Options
    broker: Broker
    folder: DataFolder
    progress: Progress
    supervisor: Supervisor
    watch: LogWatch

    async def everything(self) -> None:
        """Starts all parts and waits until the page shows what it should.

        Raises:
            StartError: Something stands in the way.
        """
        self.progress.say(f"Silkwire starts; its data is in {self.folder.path}")
        left = await asyncio.to_thread(self.folder.end_leftovers)
        if left:
            self.progress.say(f"  ! ended what a killed run had left behind: {', '.join(left)}")
        kind: Kind = "sample" if self.options.sample else "real"
        self.folder.need_kind(kind)
        self._need_ports()
        self._need_sources()
        # Only now: a start that was refused leaves no mark, and the folder may still become either.
        self.folder.keep_kind(kind)
        async with page.client() as http:
            mongodb_uri, amqp_url, sample = await together(
                self._mongodb(), self._amqp(), self._newsroom(http)
            )
            wiring = self._wiring(mongodb_uri, amqp_url, sample)
            targets = json.dumps(scrape_targets(wiring), indent=2) + "\n"
            (self.folder.path / "prometheus.json").write_text(targets, encoding="utf-8")
            self.folder.keep_admin(
                Admin(
                    gateway=self._page_address(),
                    ingest=wiring.address("ingest"),
                    rates=wiring.address("rates"),
                    search=wiring.address("search"),
                    token=wiring.admin_token,
                )
            )
            await together(*(self._service(part, wiring, http) for part in self._services(wiring)))
            await self._page(http, sample)

    def _need_ports(self) -> None:
        for port, what in ((self.options.port, "page"), (self.options.port + 100, "gateway's health")):
            if not is_free(port, self.options.host):
                raise StartError(
                    f"Port {port}, for the {what}, is taken by another program.",
                    "name another: --port PORT (make demo: PORT=...)",
                )

    def _need_sources(self) -> None:
        """Read the list of sources before anything is started, and say which of its rows are left out."""
        if self.options.sources is None:
            return
        try:
            listed = parse_opml(self.options.sources.read_bytes(), str(self.options.sources))
        except OpmlError as err:
            raise StartError(
                f"The list of sources cannot be read: {err}.",
                "it must be an OPML file, as feed readers export it",
            ) from err
        for fault in listed.faults:
            self.progress.say(f"  ! source left out: {fault.row}: {fault.reason}")
        if (self.folder.path / "mongodb").exists():
            self.progress.say(
                f"  ! {self.folder.path} knows its sources already; the list fills only an empty data folder (--data DIR)"
            )

    async def _mongodb(self) -> str:
        if self.options.mongo != "embedded":
            with self.progress.step("MongoDB") as step:
                version = await asyncio.to_thread(given.mongodb_version, self.options.mongo)
                step.note(f"MongoDB {version}, as given")
            return self.options.mongo
        folder = self.folder.path / "mongodb"
        part = BackingServer("MongoDB", lambda abandon: mongod.start(folder, abandon=abandon))
        with self.progress.step("MongoDB") as step:
            await self.supervisor.add(part, SERVERS)
            step.note(f"MongoDB {part.running.version}, embedded, port {part.running.port}")
        return f"mongodb://{LOCAL}:{part.running.port}/?directConnection=true"

    async def _amqp(self) -> str | None:
        if self.broker.kind == "memory":
            return None
        if self.broker.kind == "given":
            with self.progress.step("RabbitMQ") as step:
                version = await asyncio.to_thread(given.rabbitmq_version, self.broker.url)
                step.note(f"RabbitMQ {version}, as given")
            return self.broker.url
        part = BackingServer("RabbitMQ", self._own_node(free_port()))
        with self.progress.step("RabbitMQ") as step:
            await self.supervisor.add(part, SERVERS)
            step.note(f"RabbitMQ {part.running.version}, own node, port {part.running.port}")
        return f"amqp://guest:guest@{LOCAL}:{part.running.port}/"

    def _own_node(self, port: int) -> Any:
        # The same port at every start: the services know the broker by it.
        folder = self.folder.path / "rabbitmq"
        return lambda abandon: rabbitmq.start(folder, port=port, abandon=abandon)

    async def _newsroom(self, http: httpx2.AsyncClient) -> Sample | None:
        if not self.options.sample:
            return None
        port = self.folder.port("sample newsroom")
        data = self.folder.path / "newsroom"
        data.mkdir(exist_ok=True)
        with self.progress.step("sample newsroom and banks"):
            await self.supervisor.add(self._newsroom_part(port, data), NEWSROOM)
            address = f"http://{LOCAL}:{port}"
            await self._answers(http, address, "The sample newsroom")
        # Loads the newsroom's server, which refusals and real sources need not wait for.
        from silkwire.newsroom import opml, sources  # noqa: PLC0415  see the line above

        path = data / "sources.opml"
        path.write_text(opml(address), encoding="utf-8")
        return Sample(address, path, sum(source.plain + source.talks for source in sources.sources()))

    def _newsroom_part(self, port: int, data: Path) -> Part:
        if self.broker.kind == "memory":
            from silkwire.one_process import newsroom_task  # noqa: PLC0415  see _services

            return newsroom_task(port, data)
        return self._process("newsroom", "silkwire.newsroom", {}, "--port", str(port), "--folder", str(data))

    def _wiring(self, mongodb_uri: str, amqp_url: str | None, sample: Sample | None) -> Wiring:
        ports = {service: free_port(100) for service in SERVICES} | {"gateway": self.options.port}
        opml = sample.opml if sample else self.options.sources
        return Wiring(
            host=self.options.host,
            ports=ports,
            folder=self.folder.path,
            mongodb_uri=mongodb_uri,
            amqp_url=amqp_url,
            opml=opml.resolve() if opml else None,
            newsroom=sample.address if sample else None,
            own_mongodb=self.options.mongo == "embedded",
            admin_token=os.environ.get("INGEST_ADMIN_TOKEN") or self.folder.admin_token(),
        )

    def _services(self, wiring: Wiring) -> list[Part]:
        told = environment(wiring, os.environ)
        if self.broker.kind == "memory":
            # Loads all four services, which takes seconds that the other form need not spend.
            from silkwire.one_process import service_tasks  # noqa: PLC0415  see the line above

            return list(service_tasks(told, self.folder.path))
        return [self._process(name, name, told) for name in SERVICES]

    def _process(self, name: str, module: str, told: dict[str, str], *arguments: str) -> ServiceProcess:
        # -P: whatever lies in the current folder cannot take the place of a module.
        command = [sys.executable, "-P", "-m", module, *arguments]
        merged = os.environ | told
        kept = {key: value for key, value in merged.items() if value or key not in told}
        part = ServiceProcess(name, command, kept, self.folder)
        self.watch.add(part.log)
        return part

    async def _service(self, part: Part, wiring: Wiring, http: httpx2.AsyncClient) -> None:
        with self.progress.step(part.name):
            await self.supervisor.add(part, APPLICATION)
            await self._answers(http, f"{wiring.health(part.name)}/livez", part.name.capitalize())

    async def _answers(self, http: httpx2.AsyncClient, address: str, who: str) -> None:
        try:
            async with asyncio.timeout(PART_ANSWERS_S):
                await page.answers(http, address)
        except TimeoutError as err:
            logs = self.folder.path / "logs"
            raise StartError(
                f"{who} did not answer within {PART_ANSWERS_S:.0f} s.", f"the logs are in {logs}"
            ) from err

    def _page_address(self) -> str:
        shown_host = LOCAL if self.options.host in {"0.0.0.0", "::"} else self.options.host
        return f"http://{shown_host}:{self.options.port}"

    async def _page(self, http: httpx2.AsyncClient, sample: Sample | None) -> None:
        address = self._page_address()
        try:
            with self.progress.step("page") as step:
                async with asyncio.timeout(SAMPLE_SHOWS_S):
                    if sample:
                        await page.shows(http, address, step, articles=sample.articles, pairs=PAIRS)
                    await page.answers(http, f"{address}/")
        except TimeoutError as err:
            raise StartError(
                f"After {SAMPLE_SHOWS_S:.0f} s the page does not show all it should: {step.text}.",
                f"the logs are in {self.folder.path / 'logs'}",
            ) from err
        kind = "sample data; " if sample else ""
        self.progress.say(f"Silkwire is up: {address}/   ({kind}Ctrl-C stops it)")


async def together(*work: Coroutine[Any, Any, Any]) -> list[Any]:
    """Does all of `work` side by side; when one fails the others are cancelled, and its error is raised as it is."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()
        return [task.result() for task in tasks]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
