"""Fixtures that give tests a real RabbitMQ and a real MongoDB; the machinery is in tests/backing.py.

Several processes at once (`-n`, see tests/parallel.py) share the servers, which the controller starts.
"""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from pymongo import MongoClient

from silkwire.backing import mongod, rabbitmq
from silkwire.errors import StartError
from tests.backing import ASKS_FOR, DRIVERS, MONGODB, RABBITMQ, Backing, scratch_database
from tests.parallel import Controller, Worker

# Time is measured by `make bench`; here a busy machine would fail what is right.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

BACKING = pytest.StashKey[Backing]()


def pytest_configure(config: pytest.Config) -> None:
    """Opens the record of the servers; a SIGTERM ends the session in order too, so that none of them is left."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    worker = _worker_input(config)
    backing = config.stash[BACKING] = Backing(Path(worker["backing_folder"]) if worker else None)
    config.pluginmanager.register(Worker(config, backing) if worker else Controller(backing))


def _worker_input(config: pytest.Config) -> dict[str, Any] | None:
    """What the controller told this worker of it; None in the controller, and where one process does everything."""
    told: dict[str, Any] | None = getattr(config, "workerinput", None)
    return told


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks each test by the servers it asks for, so that `-m "not rabbitmq"` leaves them out."""
    for item in items:
        for fixture, server in ASKS_FOR.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(server)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Starts the servers before the first test, whose time limit they would otherwise use up."""
    if session.config.option.collectonly:
        return
    servers = ASKS_FOR.values()
    needed = {server for item in session.items for server in servers if item.get_closest_marker(server)}
    backing = session.config.stash[BACKING]
    if _worker_input(session.config) is not None:
        backing.ask(needed)
    elif needed:
        backing.start(needed)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Ends a test whose server cannot be had on this machine, counted as not run."""
    for server in ASKS_FOR.values():
        if item.get_closest_marker(server):
            item.config.stash[BACKING].require(server)


def pytest_runtest_call(item: pytest.Item) -> None:
    """Counts the tests that talk to each server."""
    for server in ASKS_FOR.values():
        if item.get_closest_marker(server):
            item.config.stash[BACKING].talked[server] += 1


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fails a session in which a suite could not run."""
    if session.config.stash[BACKING].incomplete() and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Says which servers were used, by how many tests, and which suites could not run."""
    lines = config.stash[BACKING].report()
    if lines:
        terminalreporter.section("servers")
        for line in lines:
            terminalreporter.line(line)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stops the servers, in the process that started them."""
    backing = config.stash[BACKING]
    if _worker_input(config) is not None:
        backing.leave()
    else:
        backing.stop()


@pytest.fixture(scope="session")
def backing(pytestconfig: pytest.Config) -> Backing:
    """The servers of this session; `backing.give_up(suite, reason)` reports a suite that cannot run here."""
    return pytestconfig.stash[BACKING]


@pytest.fixture
def amqp_url(backing: Backing) -> str:
    """A fresh, empty virtual host on a real RabbitMQ."""
    return backing.fresh_virtual_host()


@pytest.fixture(scope="session")
def mongodb_uri(backing: Backing) -> str:
    """A real MongoDB, a replica set of one node."""
    return backing.require(MONGODB).address


@pytest.fixture(scope="session")
def mongodb_admin(mongodb_uri: str) -> Iterator[MongoClient[dict[str, Any]]]:
    """A plain client beside the code under test, to prepare and to look."""
    client: MongoClient[dict[str, Any]] = MongoClient(mongodb_uri, tz_aware=True)
    with client:
        yield client


@pytest.fixture
def database_name(mongodb_admin: MongoClient[dict[str, Any]]) -> Iterator[str]:
    """A database of this test's own; it and every other whose name begins so are dropped afterwards."""
    with scratch_database(mongodb_admin) as name:
        yield name


@pytest.fixture(params=[os.environ["MONGO_DRIVER"]] if "MONGO_DRIVER" in os.environ else DRIVERS)
def mongo_driver(request: pytest.FixtureRequest) -> str:
    """Each MongoDB driver in turn, or the one that MONGO_DRIVER names."""
    return str(request.param)


@pytest.fixture
def rabbitmq_here(backing: Backing) -> None:
    """RabbitMQ is installed on this machine itself; where the session's own runs elsewhere it need not be."""
    if rabbitmq.find_server() is None:
        backing.give_up(
            "local RabbitMQ", "rabbitmq-server is not installed here", excused=RABBITMQ in backing.servers
        )


@pytest.fixture
def mongod_here(backing: Backing) -> None:
    """The wheel's mongod runs on this machine; where the session's own runs elsewhere it need not."""
    try:
        mongod.runnable()
    except StartError as err:
        backing.give_up("local MongoDB", err.problem, excused=MONGODB in backing.servers)


@pytest.fixture
def silent_uri() -> Iterator[str]:
    """A MongoDB that takes connections and never says a word.

    One that refuses them would do as well, but for the async driver: cancelled while connecting, it leaves a socket open.
    """
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield f"mongodb://127.0.0.1:{listener.getsockname()[1]}/?directConnection=true"
