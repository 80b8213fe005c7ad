"""Health: `/livez` is the process, `/readyz` whether it can do its own job, `/metrics` the numbers.

A lost dependency is 200 with its name in the body and `dependency_up 0`: restarting a service heals no database. So
is a limit that is reached, such as a full outbox: its name stands among the reasons.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shared.telemetry.metrics import HealthMetrics

Check = Callable[[], Awaitable[bool]]

CHECK_DEADLINE_S = 2.0
"""A dependency that has not answered a check by then counts as down."""


class Health:
    """The state of one service: its dependencies, whether it can do its own job, whether it is stopping."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._dependencies: dict[str, Check] = {}
        self._jobs: dict[str, Callable[[], bool]] = {}
        self._limits: dict[str, Callable[[], bool]] = {}
        self._details: dict[str, Callable[[], object]] = {}
        self._stopping = False
        self.metrics = HealthMetrics(registry)

    def dependency(self, name: str, check: Check) -> None:
        """Watch a dependency; its loss is told, and does not make the service unready."""
        self._dependencies[name] = check
        self.metrics.dependency_up.labels(name).set(0)

    def own_job(self, name: str, check: Callable[[], bool]) -> None:
        """Make the service unready while `check` is false: it cannot do what it is there for."""
        self._jobs[name] = check

    def limit(self, name: str, check: Callable[[], bool]) -> None:
        """Tell of it, and stay ready, while `check` is false: part of the work pauses until there is room again."""
        self._limits[name] = check

    def detail(self, name: str, tell: Callable[[], object]) -> None:
        """Put more into the body of `/readyz`, under a name; what `tell` returns must be fit for JSON."""
        self._details[name] = tell

    def stopping(self) -> None:
        """From now on the service is unready, so that no new work is sent to it."""
        self._stopping = True

    async def report(self) -> tuple[bool, dict[str, object]]:
        """Return whether the service is ready, and the body of `/readyz`."""
        names = list(self._dependencies)
        answers = await asyncio.gather(*(_ask(self._dependencies[name]) for name in names))
        for name, up in zip(names, answers, strict=True):
            self.metrics.dependency_up.labels(name).set(1 if up else 0)
        reasons = [name for name, check in self._jobs.items() if not check()]
        if self._stopping:
            reasons.append("stopping")
        self.metrics.ready.set(0 if reasons else 1)
        down = [name for name, up in zip(names, answers, strict=True) if not up]
        reached = [name for name, check in self._limits.items() if not check()]
        return not reasons, {
            "status": "unready" if reasons else ("degraded" if down or reached else "ready"),
            "reasons": reasons + reached,
            "dependencies": {name: "up" if up else "down" for name, up in zip(names, answers, strict=True)},
            **{name: tell() for name, tell in self._details.items()},
        }

    def ops_app(self) -> Starlette:
        """Return the app that answers `/livez`, `/readyz` and `/metrics` on the operations port."""

        async def livez(_request: Request) -> Response:
            return _json({"status": "alive"}, HTTPStatus.OK)

        async def readyz(_request: Request) -> Response:
            ready, body = await self.report()
            return _json(body, HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE)

        async def metrics(_request: Request) -> Response:
            await self.report()
            return Response(generate_latest(self._registry), media_type=CONTENT_TYPE_LATEST)

        return Starlette(
            routes=[
                Route("/livez", livez),
                Route("/readyz", readyz),
                Route("/healthz", readyz),
                Route("/metrics", metrics),
            ]
        )


async def _ask(check: Check) -> bool:
    try:
        async with asyncio.timeout(CHECK_DEADLINE_S):
            return await check()
    except Exception:  # noqa: BLE001  whatever a check raises means that the dependency does not answer
        return False


def _json(body: dict[str, object], status: HTTPStatus) -> Response:
    return Response(json.dumps(body), status_code=status, media_type="application/json")
