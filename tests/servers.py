"""Finds or starts the servers behind the tests.

The choice, for each of the two: an address given in TEST_AMQP_URL or TEST_MONGODB_URI; else a container, where a
Docker engine answers and the image can be had; else a local server of our own. TEST_SERVERS=containers or
TEST_SERVERS=local leaves only that one.
"""

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from silkwire.backing import mongod, rabbitmq
from silkwire.errors import StartError
from tests import containers


class UnavailableError(Exception):
    """A server cannot be had on this machine; the message says why."""


@dataclass(frozen=True)
class Erlang:
    """The way into a RabbitMQ node, from whichever process of the test session.

    Attributes:
        program: The path of rabbitmqctl.
        node: The node's name.
        home: The folder of its Erlang cookie.
        epmd_port: The port of its own port mapper; 0 for the machine's.
        container: The container it lives in; then the rest does not matter.
    """

    program: str = ""
    node: str = ""
    home: str = ""
    epmd_port: int = 0
    container: str = ""

    def run(self, code: str) -> str:
        """Evaluates an expression inside the node; what it printed."""
        if self.container:
            return containers.execute(self.container, "rabbitmqctl", "-q", "eval", code)
        environment = {**os.environ, "HOME": self.home}
        if self.epmd_port:
            environment |= {"ERL_EPMD_ADDRESS": "127.0.0.1", "ERL_EPMD_PORT": str(self.epmd_port)}
        return rabbitmq.control(Path(self.program), self.node, environment, "eval", code)


@dataclass(frozen=True)
class Server:
    """A running server, as every process of the test session may know it.

    Attributes:
        address: Its URL.
        what: Product and version.
        where: Container or local, port, and why if it was not the first choice.
        erlang: The way into a RabbitMQ node; None for other servers.
    """

    address: str
    what: str
    where: str
    erlang: Erlang | None = None

    def to_json(self) -> dict[str, Any]:
        """For the other processes."""
        return asdict(self)

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> "Server":
        """What another process said."""
        erlang = told["erlang"]
        return cls(**{**told, "erlang": Erlang(**erlang) if erlang else None})


# A server and what ends it, which does nothing to one that is not ours.
Started = tuple[Server, Callable[[], object]]


def start_rabbitmq(folder: Path) -> Started:
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
            server = Server(
                f"amqp://guest:guest@{box.host}:{box.port}/",
                f"RabbitMQ {box.version}",
                f"container {box.image}, port {box.port}",
                Erlang(container=box.id),
            )
            return server, box.stop
    if not _allowed("local"):
        raise UnavailableError(reason)
    try:
        node = rabbitmq.start(folder / "rabbitmq")
    except StartError as err:
        raise UnavailableError(str(err)) from err
    where = f"local server, port {node.port}" + _because(reason)
    program = node.server.with_name("rabbitmqctl")
    erlang = Erlang(str(program), node.node, str(node.folder), node.epmd_port)
    return Server(node.url, f"RabbitMQ {node.version}", where, erlang), node.stop


def _given_rabbitmq(url: str) -> Started:
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
    home = os.environ.get("TEST_RABBITMQ_HOME", os.environ.get("HOME", "/"))
    erlang = Erlang(str(script.with_name("rabbitmqctl")), node, home)
    return Server(url, f"RabbitMQ {version}", where, erlang), _leave


def start_mongodb(folder: Path) -> Started:
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
            return Server(uri, f"MongoDB {box.version}", where), box.stop
    if not _allowed("local"):
        raise UnavailableError(reason)
    try:
        server = mongod.start(folder / "mongodb")
    except StartError as err:
        raise UnavailableError(str(err)) from err
    where = f"local server, port {server.port}" + _because(reason)
    return Server(server.uri, f"MongoDB {server.version}", where), server.stop


def _given_mongodb(uri: str) -> Started:
    client: MongoClient[dict[str, Any]] = MongoClient(uri, serverSelectionTimeoutMS=5000)
    with client:
        try:
            version = client.server_info()["version"]
        except PyMongoError as err:
            raise UnavailableError("TEST_MONGODB_URI: no MongoDB answers there") from err
    return Server(uri, f"MongoDB {version}", "given by TEST_MONGODB_URI"), _leave


def _leave() -> None:
    """A server that was given stays."""


def _allowed(kind: str) -> bool:
    return os.environ.get("TEST_SERVERS", "auto") in {"auto", kind}


def _because(reason: str) -> str:
    return f" ({reason})" if reason else ""
