"""A WebSub hub of a test's own: takes subscriptions, verifies intent, distributes signed content, denies, forges."""

import asyncio
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shared.testing.eventually import eventually
from shared.web import serve
from silkwire.backing.ports import free_port


@dataclass
class LocalHub:
    """Verifies by asking back, from a task of its own as real hubs do, or within the request.

    Attributes:
        lease_s: what it grants.
        at_once: ask back before the request is answered.
        asked: the forms that came.
        agreed: how often a subscriber said yes.
    """

    port: int = 0
    lease_s: float = 864_000
    at_once: bool = False
    asked: list[dict[str, str]] = field(default_factory=list)
    agreed: int = 0
    client: httpx2.AsyncClient = field(
        default_factory=lambda: httpx2.AsyncClient(trust_env=False, timeout=20)
    )
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}/hub"

    async def answer(self, request: Request) -> Response:
        """Take a subscription."""
        form = dict(parse_qsl((await request.body()).decode()))
        self.asked.append(form)
        if self.at_once:
            await self._verify(form)
        else:
            task = asyncio.create_task(self._verify(form))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
        return Response(status_code=202)

    async def _verify(self, form: dict[str, str]) -> None:
        answer = await self.ask_back(topic=form["hub.topic"])
        self.agreed += answer.status_code == 200 and answer.text == "a-challenge"

    async def ask_back(self, **changes: str) -> httpx2.Response:
        """Ask the last subscriber back: `mode`, `topic`, `callback` may be others than they should be."""
        told = {
            "mode": "subscribe",
            "topic": self.asked[-1]["hub.topic"],
            "challenge": "a-challenge",
            **changes,
        }
        callback = told.pop("callback", self.asked[-1]["hub.callback"])
        query = {f"hub.{name}": value for name, value in told.items()} | {
            "hub.lease_seconds": f"{self.lease_s:.0f}"
        }
        return await self.client.get(callback, params=query)

    async def tell(
        self, body: bytes, *, method: str = "sha256", secret: str | None = None
    ) -> httpx2.Response:
        """Send content to the last subscriber, signed by its secret or by another."""
        form = self.asked[-1]
        key = (secret or form["hub.secret"]).encode()
        header = f"{method}={hmac.new(key, body, method).hexdigest()}"
        return await self.client.post(
            form["hub.callback"],
            content=body,
            headers={"X-Hub-Signature": header, "Content-Type": "application/rss+xml"},
        )

    async def agrees(self, times: int = 1) -> None:
        """Wait until subscribers have said yes so many times."""

        async def probe() -> bool:
            return self.agreed >= times

        await eventually(probe, within_s=30, what=f"{times} agreements with the hub")


@asynccontextmanager
async def local_hub() -> AsyncIterator[LocalHub]:
    """Run a hub on a free port of the loopback address."""
    hub, stop = LocalHub(port=free_port(100)), asyncio.Event()
    app = Starlette(routes=[Route("/hub", hub.answer, methods=["POST"])])
    task = asyncio.create_task(serve(app, "127.0.0.1", hub.port, stop, drain_s=2))
    try:
        yield hub
    finally:
        stop.set()
        await task
        await asyncio.gather(*hub.tasks, return_exceptions=True)
        await hub.client.aclose()
