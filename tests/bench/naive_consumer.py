"""The consumer that one would write first: one insert for each message, into a collection with a `$text` index."""

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any

import aio_pika
from motor.motor_asyncio import AsyncIOMotorClient

QUEUE = "bench.naive"
DATABASE = "bench_naive"
_PREFETCH = 10


@dataclass(frozen=True)
class Consumed:
    """How long it took, in seconds of the clock and of the processor."""

    seconds: float
    cpu_s: float


def consume(amqp_url: str, mongodb_uri: str, events: int) -> Consumed:
    """Store so many events from the queue and return how long it took, from the first delivery on."""
    return asyncio.run(_consume(amqp_url, mongodb_uri, events))


async def _consume(amqp_url: str, mongodb_uri: str, events: int) -> Consumed:
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(mongodb_uri)
    articles = client[DATABASE]["articles"]
    await articles.create_index(
        [("title", "text"), ("text", "text")], default_language="none", language_override="none"
    )
    began, cpu_began, stored = 0.0, 0.0, 0
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=_PREFETCH)
        queue = await channel.get_queue(QUEUE)
        async with queue.iterator() as messages:
            async for message in messages:
                began, cpu_began = began or time.perf_counter(), cpu_began or time.process_time()
                async with message.process():
                    article = json.loads(message.body)
                    await articles.insert_one({"_id": article["id"], **article})
                stored += 1
                if stored == events:
                    break
    client.close()
    return Consumed(time.perf_counter() - began, time.process_time() - cpu_began)
