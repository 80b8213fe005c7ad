"""What `silkwire up` was asked for, and what that comes to on this machine."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from silkwire.errors import OptionError

BrokerKind = Literal["given", "own", "memory"]
INSTALL_HINT = "apt-get install rabbitmq-server (Debian or Ubuntu, as root), or name one: AMQP_URL=amqp://..."


@dataclass(frozen=True)
class Options:
    """What was asked for.

    Attributes:
        host: The address that the gateway listens on.
        port: Its TCP port; its health and metrics are on port + 100.
        data: The data folder.
        sources: An OPML file of real sources; None for the sample or for none at all.
        sample: Whether the sample newsroom and its banks run.
        broker: `auto`, `memory`, or the URL of a RabbitMQ.
        mongo: `embedded`, or the URI of a MongoDB replica set.
    """

    host: str
    port: int
    data: Path
    sources: Path | None
    sample: bool
    broker: str
    mongo: str

    def __post_init__(self) -> None:
        if self.sample and self.sources is not None:
            raise OptionError(
                "Real news never stands beside invented news.", "give either --sources or --sample, not both"
            )
        if self.mongo != "embedded" and not self.mongo.startswith(("mongodb://", "mongodb+srv://")):
            raise OptionError(f"--mongo {self.mongo}: must be `embedded` or a mongodb:// URI.")
        if self.broker not in {"auto", "memory"} and not self.broker.startswith(("amqp://", "amqps://")):
            raise OptionError(f"--broker {self.broker}: must be `auto`, `memory` or an amqp:// URL.")


@dataclass(frozen=True)
class Broker:
    """How events will travel.

    Attributes:
        kind: `given` by its URL, an `own` node that is started, or the `memory` bus of a single process.
        url: Its URL where it was given.
        note: What a reader must know about the choice before anything else; empty where there is nothing.
    """

    kind: BrokerKind
    url: str = ""
    note: str = ""

    @property
    def place(self) -> tuple[str, int]:
        """Host and port of a given one."""
        parts = urlsplit(self.url)
        return parts.hostname or "localhost", parts.port or (5671 if parts.scheme == "amqps" else 5672)


def choose_broker(asked: str, environment: Mapping[str, str], *, installed: bool) -> Broker:
    """Decides how events travel: as asked, else AMQP_URL, else a node of our own, else in memory."""
    if asked.startswith("amqp"):
        return Broker("given", asked)
    if asked == "memory":
        note = (
            f"One process on the memory bus, as asked. For a real RabbitMQ: --broker auto and {INSTALL_HINT}"
        )
        return Broker("memory", note=note)
    if environment.get("AMQP_URL"):
        return Broker("given", environment["AMQP_URL"])
    if installed:
        return Broker("own")
    note = f"No RabbitMQ found: one process on the memory bus. For the real one: {INSTALL_HINT}"
    return Broker("memory", note=note)
