#!/usr/bin/env python3
"""Reads the live stream from its first event to its last and prints, as JSON, what was said more than once.

Runs inside a service's container, which knows the broker's address (AMQP_URL) and has a client for it.
"""

import asyncio
import json
import os
import sys
from collections import Counter
from typing import Any

import aio_pika
from aio_pika.abc import AbstractIncomingMessage

STREAM = "live.v1"
# A stream has no end: this long without another event is taken for it.
SILENCE_S = 3.0


async def main() -> None:
    """Count every fixing by its session and every article by its revision."""
    fixings: Counter[str] = Counter()
    articles: Counter[str] = Counter()
    connection = await aio_pika.connect(os.environ["AMQP_URL"])
    async with connection:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=500)
        queue = await channel.get_queue(STREAM)
        heard: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
        await queue.consume(heard.put, arguments={"x-stream-offset": "first"})
        while message := await next_of(heard):
            await message.ack()
            count(message, fixings, articles)
    told = {
        "fixings": len(fixings),
        "articles": len(articles),
        "twice": [key for counted in (fixings, articles) for key, times in counted.items() if times > 1],
    }
    sys.stdout.write(json.dumps(told) + "\n")


async def next_of(heard: asyncio.Queue[AbstractIncomingMessage]) -> AbstractIncomingMessage | None:
    """Return the next event, or None once there is none."""
    try:
        return await asyncio.wait_for(heard.get(), SILENCE_S)
    except TimeoutError:
        return None


def count(message: AbstractIncomingMessage, fixings: Counter[str], articles: Counter[str]) -> None:
    """Count one event under what it is about."""
    body: dict[str, Any] = json.loads(message.body)
    if message.routing_key == "rate.fixed.v1":
        fixings[f"{body['pair']} {body['session_on']} revision {body['revision']}"] += 1
    elif message.routing_key == "article.indexed.v1":
        articles[f"{body['id']} rev {body['rev']} {body['state']}"] += 1


if __name__ == "__main__":
    asyncio.run(main())
