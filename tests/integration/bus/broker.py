"""A RabbitMQ node that a test may stop and kill, and publishing that outlives it."""

import asyncio
import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shared.bus import PublishUnconfirmed
from shared.bus.rabbit import RabbitBus
from shared.contracts.envelope import Envelope
from silkwire.backing import process, rabbitmq
from tests.backing import RABBITMQ, Backing


class Broker:
    """A RabbitMQ node of a module's own, which tests may stop and kill."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._node = rabbitmq.start(folder)
        self.url = self._node.url

    def control(self, *arguments: str) -> None:
        """Run rabbitmqctl."""
        self._node.control(*arguments)

    def fresh_url(self) -> str:
        """Add a virtual host, so that what one test leaves in queues and streams is not there for the next."""
        name = secrets.token_hex(4)
        self.control("add_vhost", name)
        self.control("set_permissions", "-p", name, "guest", ".*", ".*", ".*")
        return self.url + name

    def kill(self) -> None:
        """Kill -9."""
        process.end_group(self._node.process.pid, signal.SIGKILL)
        self._node.process.wait()

    def stop(self) -> None:
        """Stop in order."""
        self._node.stop()

    def start(self) -> None:
        """Start again on the same data and the same port."""
        self._node = rabbitmq.start(self._folder, port=self._node.port)


@contextmanager
def breakable(folder: Path, backing: Backing) -> Iterator[Broker]:
    """Give a node for the block; where there is no RabbitMQ to kill, the test is one that cannot run."""
    if rabbitmq.find_server() is None:
        backing.give_up(RABBITMQ, "killing a broker needs rabbitmq-server on this machine")
    broker = Broker(folder)
    try:
        yield broker
    finally:
        broker.stop()


async def publish_surely(bus: RabbitBus, event: Envelope) -> None:
    """Publish until confirmed, as an outbox does."""
    for _attempt in range(60):
        try:
            await bus.publish(event)
        except PublishUnconfirmed:
            await asyncio.wait({asyncio.create_task(bus.check())}, timeout=0.1)
        else:
            return
    pytest.fail("never confirmed")
