"""Servers that somebody else runs: whether they answer, and as what."""

import socket
from typing import Any
from urllib.parse import urlsplit

from pymongo import MongoClient
from pymongo.errors import ConfigurationError, PyMongoError

from silkwire.backing.rabbitmq import greeting
from silkwire.errors import StartError

ANSWER_S = 5.0


def rabbitmq_version(url: str) -> str:
    """The version of the RabbitMQ at `url`.

    Raises:
        StartError: Nobody answers there.
    """
    parts = urlsplit(url)
    host = parts.hostname or "localhost"
    port = parts.port or (5671 if parts.scheme == "amqps" else 5672)
    version = _reachable(host, port) if parts.scheme == "amqps" else greeting(host, port, ANSWER_S)
    if version is None:
        raise StartError(
            f"No RabbitMQ answers at {host}:{port}.",
            "start it, or name another one: --broker amqp://user:password@host/ (or AMQP_URL)",
            "unset AMQP_URL to let silkwire start a node of its own",
            "go without: --broker memory (make demo: BROKER=memory)",
        )
    return version


def _reachable(host: str, port: int) -> str | None:
    try:
        with socket.create_connection((host, port), timeout=ANSWER_S):
            return "over TLS"
    except OSError:
        return None


def mongodb_version(uri: str) -> str:
    """The version of the MongoDB replica set at `uri`.

    Raises:
        StartError: Nobody answers there, or it is not a replica set.
    """
    try:
        client: MongoClient[dict[str, Any]] = MongoClient(uri, serverSelectionTimeoutMS=int(ANSWER_S * 1000))
        with client:
            hello = client.admin.command("hello")
            version = str(client.server_info()["version"])
    except ConfigurationError as err:
        raise StartError(f"--mongo is not a usable URI: {err}") from err
    except PyMongoError as err:
        raise StartError(
            f"No MongoDB answers at {urlsplit(uri).hostname}: {str(err).partition(',')[0]}",
            "start it, or name another one: --mongo mongodb://host/?replicaSet=rs0 (or MONGODB_URI)",
            "take the one that comes along: --mongo embedded",
        ) from err
    if "setName" not in hello and hello.get("msg") != "isdbgrid":
        raise StartError(
            "The MongoDB that was named is not a replica set, and following changes needs one.",
            "start it with --replSet rs0 and initiate it; one node is enough",
            "take the one that comes along: --mongo embedded",
        )
    return version
