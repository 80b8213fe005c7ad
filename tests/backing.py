"""The servers behind the tests: which RabbitMQ and MongoDB, who uses them, and what could not run.

The choice, for each of the two: an address given in TEST_AMQP_URL or TEST_MONGODB_URI; else a container, where a
Docker engine answers and the image can be had; else a local server of our own. TEST_SERVERS=containers or
TEST_SERVERS=local leaves only that one.
"""

import contextlib
import itertools
import os
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
from pymongo.errors import PyMongoError

from silkwire.backing import mongod, rabbitmq
from silkwire.errors import StartError
from tests import containers

RABBITMQ = "rabbitmq"
MONGODB = "mongodb"
# The fixtures by which a test asks for a server; a test that uses one carries the mark of the same server.
ASKS_FOR = {"amqp_url": RABBITMQ, "mongodb_uri": MONGODB}
DRIVERS = ("motor", "pymongo")
POOL_SIZE = 12


class UnavailableError(Exception):
    """A server cannot be had on this machine; the message says why."""


@dataclass(frozen=True)
class Server:
    """A running server.

    Attributes:
        address: Its URL.
        what: Product and version.
        where: Container or local, port, and why if it was not the first choice.
        run_erlang: Evaluates an expression inside a RabbitMQ node; None where we may not.
        stop: Ends it, if it is ours.
    """

    address: str
    what: str
    where: str
    stop: Callable[[], object]
    run_erlang: Callable[[str], str] | None = None


def start_rabbitmq(folder: Path) -> Server:
    """Finds or starts a RabbitMQ.

    Raises:
        UnavailableError: None can be had here.
    """
    given = os.environ.get("TEST_AMQP_URL")
    if given:
        return _given_rabbitmq(given)
    reason = ""
    if _allowed("containers"):
        try:
            box = containers.rabbitmq()
        except containers.NoContainersError as err:
            reason = str(err)
        else:
            return Server(
                f"amqp://guest:guest@{box.host}:{box.port}/",
                f"RabbitMQ {box.version}",
                f"container {box.image}, port {box.port}",
                box.stop,
                lambda code: box.execute("rabbitmqctl", "-q", "eval", code),
            )
    if not _allowed("local"):
        raise UnavailableError(reason)
    try:
        node = rabbitmq.start(folder / "rabbitmq")
    except StartError as err:
        raise UnavailableError(str(err)) from err
    where = f"local server, port {node.port}" + _because(reason)
    return Server(
        node.url, f"RabbitMQ {node.version}", where, node.stop, lambda code: node.control("eval", code)
    )


def _given_rabbitmq(url: str) -> Server:
    parts = urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port or 5672
    version = rabbitmq.greeting(host, port)
    if version is None:
        raise UnavailableError(f"TEST_AMQP_URL: no RabbitMQ answers on {host}:{port}")
    where = f"given by TEST_AMQP_URL, port {port}"
    node, script = os.environ.get("TEST_RABBITMQ_NODE"), rabbitmq.find_server()
    if node is None or script is None:
        raise UnavailableError(
            "TEST_AMQP_URL needs TEST_RABBITMQ_NODE, the node's name, and rabbitmqctl on this machine"
            " (TEST_RABBITMQ_HOME: the folder of its Erlang cookie), for each test gets its own virtual host"
        )
    environment = dict(os.environ)
    environment["HOME"] = os.environ.get("TEST_RABBITMQ_HOME", environment.get("HOME", "/"))
    program = script.with_name("rabbitmqctl")
    return Server(
        url,
        f"RabbitMQ {version}",
        where,
        lambda: None,
        lambda code: rabbitmq.control(program, node, environment, "eval", code),
    )


def start_mongodb(folder: Path) -> Server:
    """Finds or starts a MongoDB replica set.

    Raises:
        UnavailableError: None can be had here.
    """
    given = os.environ.get("TEST_MONGODB_URI")
    if given:
        return _given_mongodb(given)
    reason = ""
    if _allowed("containers"):
        try:
            box = containers.mongodb()
        except containers.NoContainersError as err:
            reason = str(err)
        else:
            uri = f"mongodb://{box.host}:{box.port}/?directConnection=true"
            where = f"container {box.image}, port {box.port}"
            return Server(uri, f"MongoDB {box.version}", where, box.stop)
    if not _allowed("local"):
        raise UnavailableError(reason)
    try:
        server = mongod.start(folder / "mongodb")
    except StartError as err:
        raise UnavailableError(str(err)) from err
    where = f"local server, port {server.port}" + _because(reason)
    return Server(server.uri, f"MongoDB {server.version}", where, server.stop)


def _given_mongodb(uri: str) -> Server:
    client: MongoClient[dict[str, Any]] = MongoClient(uri, serverSelectionTimeoutMS=5000)
    with client:
        try:
            version = client.server_info()["version"]
        except PyMongoError as err:
            raise UnavailableError("TEST_MONGODB_URI: no MongoDB answers there") from err
        return Server(uri, f"MongoDB {version}", "given by TEST_MONGODB_URI", lambda: None)


def _allowed(kind: str) -> bool:
    return os.environ.get("TEST_SERVERS", "auto") in {"auto", kind}


def _because(reason: str) -> str:
    return f" ({reason})" if reason else ""


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
        assert self._server.run_erlang is not None
        user = self._parts.username or "guest"
        everything = ", ".join(['<<".*">>'] * 3)
        self._server.run_erlang(
            f'[rabbit_vhost:delete(V, <<"test">>) || V <- {_binaries(old)}], '
            f'[begin rabbit_vhost:add(V, <<"test">>), rabbit_auth_backend_internal:set_permissions('
            f'<<"{user}">>, V, {everything}, <<"test">>) end || V <- {_binaries(new)}], ok.'
        )


def _binaries(names: list[str]) -> str:
    return "[" + ", ".join(f'<<"{name}">>' for name in names) + "]"


@dataclass
class Backing:
    """The servers of one test session, and the record of who used them."""

    servers: dict[str, Server] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    not_run: Counter[str] = field(default_factory=Counter)
    excused: set[str] = field(default_factory=set)
    talked: Counter[str] = field(default_factory=Counter)
    hosts: VirtualHosts | None = None
    folder: Path | None = None

    def start(self, needed: set[str]) -> None:
        """Starts what the collected tests need, both at once; what cannot start keeps its reason."""
        self.folder = Path(tempfile.mkdtemp(prefix="silkwire-tests-"))
        starters = {RABBITMQ: start_rabbitmq, MONGODB: start_mongodb}
        with ThreadPoolExecutor() as pool:
            starting = {name: pool.submit(starters[name], self.folder) for name in sorted(needed)}
        for name, future in starting.items():
            self._keep(name, future)
        if RABBITMQ in self.servers:
            self.hosts = VirtualHosts(self.servers[RABBITMQ])

    def _keep(self, name: str, starting: Future[Server]) -> None:
        try:
            self.servers[name] = starting.result()
        except UnavailableError as err:
            self.reasons[name] = str(err)

    def require(self, name: str) -> Server:
        """The server, or the end of the test that asked for it, counted as not run."""
        if name not in self.servers:
            self.give_up(name, self.reasons.get(name, "its server was not started"))
        return self.servers[name]

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

    def stop(self) -> None:
        """Ends the servers that are ours and removes their data."""
        given = self.servers.get(RABBITMQ)
        if self.hosts is not None and given is not None and given.where.startswith("given"):
            self.hosts.drop()
        for server in self.servers.values():
            with contextlib.suppress(OSError):
                server.stop()
        self.servers.clear()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def report(self) -> list[str]:
        """One line for each server that was used, and for each suite that could not run."""
        lines = [
            f"{server.what}, {server.where}: {self.talked[name]} tests talked to it"
            for name, server in self.servers.items()
        ]
        for suite, count in self.not_run.items():
            reason = self.reasons[suite].replace("\n", "")
            lines.append(f"NOT RUN {suite}, {count} tests: {reason}")
        return lines


@contextlib.contextmanager
def scratch_database(client: MongoClient[dict[str, Any]]) -> Iterator[str]:
    """A database name for one test; every database whose name starts with it is dropped afterwards."""
    name = f"test_{secrets.token_hex(6)}"
    yield name
    for found in client.list_database_names():
        if found.startswith(name):
            client.drop_database(found)
