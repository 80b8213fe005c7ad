"""The servers that the tests themselves stand on."""

from typing import Any

from aio_pika import Message, connect
from pymongo import MongoClient


async def test_each_test_gets_an_empty_virtual_host_of_its_own(amqp_url: str) -> None:
    async with await connect(amqp_url) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue("kept", durable=True)
        assert queue.declaration_result.message_count == 0
        await channel.default_exchange.publish(Message(b"x"), routing_key="kept")


async def test_a_queue_of_another_test_is_not_seen(amqp_url: str) -> None:
    await test_each_test_gets_an_empty_virtual_host_of_its_own(amqp_url)


def test_the_database_can_follow_changes(
    mongodb_admin: MongoClient[dict[str, Any]], database_name: str
) -> None:
    collection = mongodb_admin[database_name]["articles"]
    with collection.watch() as changes:
        collection.insert_one({"_id": "a"})
        assert changes.next()["fullDocument"] == {"_id": "a"}
