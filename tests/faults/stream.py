"""A look at the live stream from its beginning, by a plain consumer of the runner's own."""

import asyncio
from collections import Counter
from contextlib import suppress

import aio_pika
from aio_pika.abc import AbstractIncomingMessage

from shared.contracts.catalogue import LIVE
from tests.faults.rig import Rig

_SILENT_S = 1.5


async def announcements(rig: Rig) -> Counter[str]:
    """Count how often each event id stands in the live stream."""
    told: Counter[str] = Counter()
    messages: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
    connection = await aio_pika.connect(rig.broker.url)
    async with connection, connection.channel() as channel:
        await channel.set_qos(prefetch_count=500)
        queue = await channel.get_queue(LIVE, ensure=False)
        await queue.consume(messages.put, arguments={"x-stream-offset": "first"})
        with suppress(TimeoutError):
            while True:
                message = await asyncio.wait_for(messages.get(), _SILENT_S)
                told[str(message.headers["cloudEvents_id"])] += 1
                await message.ack()
    return told
