"""The servers behind the tests: which RabbitMQ and MongoDB, who uses them, and what could not run."""

import contextlib
import itertools
import json
import secrets
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote, urlsplit

import pytest
from pymongo import MongoClient

from tests.servers import Server, Started, UnavailableError, start_mongodb, start_rabbitmq

RABBITMQ = "rabbitmq"
MONGODB = "mongodb"
# The fixtures by which a test asks for a server; a test that uses one carries the mark of the same server.
ASKS_FOR = {"amqp_url": RABBITMQ, "mongodb_uri": MONGODB}
DRIVERS = ("motor", "pymongo")
POOL_SIZE = 12
# What the processes of a session tell each other, by files in its folder.
NEEDED = "needed.json"
STARTED = "started.json"


class VirtualHosts:
    """Fresh, empty virtual hosts on one node, made a dozen at a time because each call to the node takes a second."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._parts = urlsplit(server.address)
        self._prefix = f"test-{secrets.token_hex(4)}"
        self._numbers = itertools.count()
        self._fresh: list[str] = []
        self._used: list[str] = []

    def fresh(self) -> str:
        """The URL of a virtual host that nobody has used yet."""
        if not self._fresh:
            self._refill()
        name = self._fresh.pop()
        self._used.append(name)
        return self._parts._replace(path=f"/{quote(name, safe='')}").geturl()

    def drop(self) -> None:
        """Deletes all that were made."""
        self._change(self._used + self._fresh, [])

    def _refill(self) -> None:
        self._fresh = [f"{self._prefix}-{next(self._numbers)}" for _ in range(POOL_SIZE)]
        self._change(self._used, self._fresh)
        self._used = []

    def _change(self, old: list[str], new: list[str]) -> None:
        assert self._server.erlang is not None
        user = self._parts.username or "guest"
        everything = ", ".join(['<<".*">>'] * 3)
        self._server.erlang.run(
            f'[rabbit_vhost:delete(V, <<"test">>) || V <- {_binaries(old)}], '
            f'[begin rabbit_vhost:add(V, <<"test">>), rabbit_auth_backend_internal:set_permissions('
            f'<<"{user}">>, V, {everything}, <<"test">>) end || V <- {_binaries(new)}], ok.'
        )


def _binaries(names: list[str]) -> str:
    return "[" + ", ".join(f'<<"{name}">>' for name in names) + "]"


@dataclass
class Backing:
    """The servers of one test session, and the record of who used them.

    With several processes (pytest-xdist) each has one: the controller's starts the servers and sums the records, the
    workers' `folder` is the controller's, where they leave word of what they need and find what was started.
    """

    folder: Path | None = None
    servers: dict[str, Server] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    not_run: Counter[str] = field(default_factory=Counter)
    excused: set[str] = field(default_factory=set)
    talked: Counter[str] = field(default_factory=Counter)
    hosts: VirtualHosts | None = None
    stops: list[Callable[[], object]] = field(default_factory=list)

    def open_folder(self) -> Path:
        """Makes the folder of this session."""
        self.folder = Path(tempfile.mkdtemp(prefix="silkwire-tests-"))
        return self.folder

    def start(self, needed: set[str]) -> None:
        """Starts what the collected tests need, both at once; what cannot start keeps its reason."""
        folder = self.folder or self.open_folder()
        starters = {RABBITMQ: start_rabbitmq, MONGODB: start_mongodb}
        pool = ThreadPoolExecutor()
        starting = {name: pool.submit(starters[name], folder) for name in sorted(needed)}
        try:
            pool.shutdown()
        finally:
            # Also when interrupted: what comes up after that must be known, or nobody would stop it.
            for name, future in starting.items():
                self._keep(name, future)

    def _keep(self, name: str, starting: Future[Started]) -> None:
        try:
            self.servers[name], stop = starting.result()
        except UnavailableError as err:
            self.reasons[name] = str(err)
        else:
            self.stops.append(stop)

    def ask(self, needed: set[str]) -> None:
        """A worker leaves word of what its tests need; every worker has collected the same tests."""
        assert self.folder is not None
        _write(self.folder / NEEDED, sorted(needed))

    def answer(self) -> None:
        """The controller starts what the workers asked for and tells them where it is."""
        assert self.folder is not None
        if not (self.folder / STARTED).exists() and (self.folder / NEEDED).exists():
            self.start(set(_read(self.folder / NEEDED)))
            servers = {name: server.to_json() for name, server in self.servers.items()}
            _write(self.folder / STARTED, {"servers": servers, "reasons": self.reasons})

    def join(self) -> None:
        """A worker takes over what the controller has started, once."""
        assert self.folder is not None
        if not (self.servers or self.reasons):
            told = _read(self.folder / STARTED)
            self.servers = {name: Server.from_json(server) for name, server in told["servers"].items()}
            self.reasons = told["reasons"]

    def record(self) -> dict[str, Any]:
        """What happened in this process."""
        return {
            "talked": dict(self.talked),
            "not_run": dict(self.not_run),
            "reasons": self.reasons,
            "excused": sorted(self.excused),
        }

    def add(self, record: dict[str, Any]) -> None:
        """Adds what happened in a worker."""
        self.talked.update(record["talked"])
        self.not_run.update(record["not_run"])
        self.reasons.update(record["reasons"])
        self.excused.update(record["excused"])

    def require(self, name: str) -> Server:
        """The server, or the end of the test that asked for it, counted as not run."""
        if name not in self.servers:
            self.give_up(name, self.reasons.get(name, "its server was not started"))
        return self.servers[name]

    def fresh_virtual_host(self) -> str:
        """The URL of an empty virtual host of RabbitMQ."""
        server = self.require(RABBITMQ)
        if self.hosts is None:
            self.hosts = VirtualHosts(server)
        return self.hosts.fresh()

    def give_up(self, suite: str, reason: str, *, excused: bool = False) -> NoReturn:
        """Ends a test that cannot run on this machine; the session lists its suite and fails, unless `excused`."""
        self.reasons[suite] = reason
        self.not_run[suite] += 1
        if excused:
            self.excused.add(suite)
        pytest.skip(f"NOT RUN: {reason}")

    def incomplete(self) -> bool:
        """Whether a suite could not run that should have."""
        return any(suite not in self.excused for suite in self.not_run)

    def leave(self) -> None:
        """Removes the virtual hosts of this process from a server that stays."""
        given = self.servers.get(RABBITMQ)
        if self.hosts is not None and given is not None and given.where.startswith("given"):
            self.hosts.drop()
        self.servers.clear()

    def stop(self) -> None:
        """Ends the servers that are ours and removes their data."""
        self.leave()
        for stop in self.stops:
            with contextlib.suppress(OSError):
                stop()
        self.stops.clear()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def report(self) -> list[str]:
        """One line for each server that was used, and for each suite that could not run."""
        lines = [
            f"{server.what}, {server.where}: {_tests(self.talked[name])} talked to it"
            for name, server in self.servers.items()
        ]
        for suite, count in self.not_run.items():
            reason = self.reasons[suite].replace("\n", "")
            lines.append(f"NOT RUN {suite}, {_tests(count)}: {reason}")
        return lines


def _write(path: Path, content: Any) -> None:
    """Writes a file that others read while it changes: they find the old one or the new."""
    fresh = path.with_suffix(f".{secrets.token_hex(4)}")
    fresh.write_text(json.dumps(content), encoding="utf-8")
    fresh.replace(path)


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _tests(count: int) -> str:
    return "1 test" if count == 1 else f"{count} tests"


@contextlib.contextmanager
def scratch_database(client: MongoClient[dict[str, Any]]) -> Iterator[str]:
    """A database name for one test; every database whose name starts with it is dropped afterwards."""
    name = f"test_{secrets.token_hex(6)}"
    yield name
    for found in client.list_database_names():
        if found.startswith(name):
            client.drop_database(found)
