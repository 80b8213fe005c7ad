"""The servers that `silkwire up` starts by itself, on this machine."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from aio_pika import DeliveryMode, Message, connect
from pymongo import MongoClient

from silkwire.backing import given, mongod, rabbitmq
from silkwire.backing.ports import free_port, is_free
from silkwire.errors import StartError

WRONG_PROGRAMS = {
    "of another architecture": ("\x7fELF not for this machine", "cannot be run on"),
    "without libcurl": (
        "#!/bin/sh\necho 'libcurl.so.4: cannot open shared object file' >&2; exit 127\n",
        "apt-get install libcurl4",
    ),
    "without the processor's instructions": ("#!/bin/sh\nkill -ILL $$\n", "AVX"),
    "that fails otherwise": ("#!/bin/sh\necho broken; exit 3\n", "ended with code 3: broken"),
}


def connected(server: mongod.Mongod) -> MongoClient[dict[str, Any]]:
    """A client of the server, to be closed by `with`."""
    return MongoClient(server.uri)


@pytest.mark.usefixtures("rabbitmq_here")
async def test_a_second_start_of_the_node_continues_with_its_messages(tmp_path: Path) -> None:
    """Also when the first was killed, and its process left behind."""
    first = rabbitmq.start(tmp_path)
    async with await connect(first.url) as connection:
        channel = await connection.channel()
        await channel.declare_queue("kept", durable=True)
        message = Message(b"x", delivery_mode=DeliveryMode.PERSISTENT)
        await channel.default_exchange.publish(message, routing_key="kept")
    second = rabbitmq.start(tmp_path)
    try:
        assert not first.alive()
        async with await connect(second.url) as connection:
            channel = await connection.channel()
            queue = await channel.declare_queue("kept", durable=True, passive=True)
            assert queue.declaration_result.message_count == 1
    finally:
        second.stop()
    assert rabbitmq.greeting("127.0.0.1", second.port) is None


@pytest.mark.usefixtures("mongod_here")
@pytest.mark.usefixtures("rabbitmq_here")
def test_a_node_that_was_killed_leaves_nothing_behind_once_it_is_stopped(tmp_path: Path) -> None:
    """Its port mapper lives outside of its process group and may not yet have noticed that the node is gone."""
    for _ in range(3):
        node = rabbitmq.start(tmp_path / "rabbitmq")
        os.killpg(node.process.pid, signal.SIGKILL)
        node.stop()
        assert is_free(node.epmd_port)


def test_a_second_start_of_mongod_continues_with_its_data_even_on_another_port(tmp_path: Path) -> None:
    first = mongod.start(tmp_path)
    with connected(first) as client:
        client["kept"]["kept"].insert_one({"_id": 1})
    os.killpg(first.process.pid, signal.SIGKILL)
    first.process.wait()
    (tmp_path / "port.json").unlink()
    second = mongod.start(tmp_path)
    try:
        assert second.port != first.port
        with connected(second) as client:
            assert client["kept"]["kept"].count_documents({}) == 1
        assert given.mongodb_version(second.uri) == second.version
    finally:
        second.stop()
    assert not second.alive()


@pytest.mark.parametrize(
    ("program", "reason"), [pytest.param(*case, id=name) for name, case in WRONG_PROGRAMS.items()]
)
def test_a_mongod_that_does_not_run_here_says_why_and_names_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, reason: str
) -> None:
    path = tmp_path / "mongod"
    path.write_text(program, encoding="utf-8")
    monkeypatch.setattr(mongod, "find_mongod", lambda: path)
    with pytest.raises(StartError, match=reason) as refused:
        mongod.start(tmp_path / "data")
    assert "docker compose up" in refused.value.way_out[-1]


def test_a_missing_mongod_names_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mongod, "find_mongod", lambda: None)
    with pytest.raises(StartError, match="not installed") as refused:
        mongod.start(tmp_path)
    assert "--mongo mongodb://" in refused.value.way_out[1]


def test_a_given_broker_that_is_gone_is_told_with_the_way_out() -> None:
    with pytest.raises(StartError, match=r"No RabbitMQ answers at 127\.0\.0\.1") as refused:
        given.rabbitmq_version(f"amqp://guest:guest@127.0.0.1:{free_port()}/")
    assert "--broker memory" in refused.value.way_out[-1]


def test_a_given_broker_that_answers_is_told_by_its_version(amqp_url: str) -> None:
    assert given.rabbitmq_version(amqp_url)[0].isdigit()


def test_a_given_mongodb_that_is_gone_is_told_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(given, "ANSWER_S", 0.2)
    with pytest.raises(StartError, match=r"No MongoDB answers at 127\.0\.0\.1"):
        given.mongodb_version(f"mongodb://127.0.0.1:{free_port()}/?directConnection=true")
