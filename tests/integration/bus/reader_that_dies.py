"""A process that reads search's queue and ends at once, as by a fault of its own, when it meets a poisoned event.

python -m tests.integration.bus.reader_that_dies <amqp url> <file for the subjects it handled>
"""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from prometheus_client import CollectorRegistry

from shared.bus import Subscription
from shared.bus.rabbit import RabbitBus
from shared.contracts.catalogue import SEARCH_ARTICLES
from shared.contracts.envelope import Envelope
from tests.suites.bus_suite import RETRY_DELAYS_S

POISON = "poison"
DEATH = 137


async def main(amqp_url: str, handled: Path) -> None:
    """Read until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    bus = RabbitBus(amqp_url, service="dies", registry=CollectorRegistry(), retry_delays_s=RETRY_DELAYS_S)
    bus.start()

    async def handle(events: Sequence[Envelope]) -> None:
        for event in events:
            if event.subject.startswith(POISON):
                os._exit(DEATH)
            with handled.open("a", encoding="utf-8") as file:
                file.write(f"{event.subject}\n")

    await bus.consume(Subscription(SEARCH_ARTICLES, handle, prefetch=256), stop)
    await bus.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
