"""The backing servers in containers, by testcontainers."""

import os
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from docker.errors import (  # type: ignore[import-untyped]  # docker ships no types
    DockerException,
    ImageNotFound,
)
from pymongo import MongoClient
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import DockerClient, get_docker_host

from silkwire.backing import mongod
from silkwire.backing.rabbitmq import greeting

AMQP_PORT = 5672
MONGODB_PORT = 27017
START_S = 90
# A registry that says nothing for this long counts as absent.
SILENCE_S = 20


class NoContainersError(Exception):
    """No Docker engine answers, or an image cannot be had; the message says which and why."""


@dataclass(frozen=True)
class Container:
    """A server in a container, seen from here."""

    host: str
    port: int
    version: str
    image: str
    container: DockerContainer

    @property
    def id(self) -> str:
        """The engine's name for it, by which any process of this machine finds it."""
        return str(self.container.get_wrapped_container().id)

    def stop(self) -> None:
        """Removes the container."""
        self.container.stop()
        self.container.get_docker_client().client.close()


def execute(container: str, *command: str) -> str:
    """Runs a command inside a container and returns what it printed."""
    client = DockerClient(timeout=SILENCE_S).client
    try:
        code, output = client.containers.get(container).exec_run(list(command))
    finally:
        client.close()
    if code:
        raise RuntimeError(f"{command[0]}: {output.decode(errors='replace')[:500]}")
    return str(output, "utf-8", "replace")


def rabbitmq() -> Container:
    """A RabbitMQ in a container.

    Raises:
        NoContainersError: None can be had here.
    """
    return _run(os.environ.get("RABBITMQ_IMAGE", "rabbitmq:4.1-management"), AMQP_PORT, [], greeting)


def mongodb() -> Container:
    """A MongoDB replica set of one node in a container.

    Raises:
        NoContainersError: None can be had here.
    """
    command = ["mongod", "--replSet", mongod.SET_NAME, "--bind_ip_all"]
    return _run(os.environ.get("MONGO_IMAGE", "mongo:8.0"), MONGODB_PORT, command, _primary)


def _primary(host: str, port: int) -> str | None:
    client: MongoClient[dict[str, Any]] = MongoClient(
        host, port, directConnection=True, serverSelectionTimeoutMS=500
    )
    with client:
        return mongod.settle(client, f"localhost:{MONGODB_PORT}")


def _run(
    image: str, port: int, command: list[str], version_of: Callable[[str, int], str | None]
) -> Container:
    if not _somebody_listens():
        raise NoContainersError("no Docker engine answers")
    try:
        client = DockerClient(timeout=SILENCE_S)
    except DockerException as err:
        raise NoContainersError("no Docker engine answers") from err
    try:
        _have(client, image)
        # The reaper is a convenience that needs an image of its own; the fixtures remove what they start.
        testcontainers_config.ryuk_disabled = True
        container = DockerContainer(image).with_exposed_ports(port)
        if command:
            container = container.with_command(command)
        container.start()
    finally:
        client.client.close()
    try:
        host, mapped = container.get_container_host_ip(), container.get_exposed_port(port)
        version = _wait_for(lambda: version_of(host, mapped), container)
    except BaseException:
        container.stop()
        raise
    return Container(host, mapped, version, image, container)


def _somebody_listens() -> bool:
    """Whether the engine's Unix socket takes connections; where it does not, Docker's client leaves its own open."""
    address = urlsplit(get_docker_host() or "unix:///var/run/docker.sock")
    if address.scheme not in {"unix", "http+unix"}:
        return True
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(address.path)
        except OSError:
            return False
    return True


def _have(client: DockerClient, image: str) -> None:
    """Finds the image here, else pulls it."""
    try:
        client.client.images.get(image)
    except ImageNotFound:
        try:
            client.client.images.pull(image)
        except (DockerException, OSError) as err:
            raise NoContainersError(f"the image {image} is not here and cannot be pulled") from err
    except (DockerException, OSError) as err:
        raise NoContainersError(f"the Docker engine does not work: {err}") from err


def _wait_for(probe: Callable[[], str | None], container: DockerContainer) -> str:
    until, pause = time.monotonic() + START_S, threading.Event()
    while time.monotonic() < until:
        version = probe()
        if version is not None:
            return version
        if container.get_wrapped_container().status == "exited":
            break
        container.reload()
        pause.wait(0.1)
    output = b"".join(container.get_logs()).decode(errors="replace")
    raise NoContainersError(f"{container.image} did not start: {output[-500:]}")
