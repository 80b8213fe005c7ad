"""Asks another service over HTTP with a deadline and a circuit breaker, and makes every outcome a value."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import httpx2
import structlog
from pydantic import BaseModel, ValidationError

from gateway.domain import breaker
from gateway.domain.breaker import Breaker, BreakerRules
from gateway.metrics import Metrics
from gateway.ports import Answered, Away, Done, Reason, Refused, Reply, Service
from shared.contracts.http.problem import PROBLEM_MEDIA_TYPE, ProblemAnswer

ModelT = TypeVar("ModelT", bound=BaseModel)
ValueT = TypeVar("ValueT")

_HANDED_ON = frozenset({400, 403, 404, 410, 422})
"""Statuses that speak of the question; any other failure speaks of the service."""

BUSY = frozenset({"urn:silkwire:problem:search-busy", "urn:silkwire:problem:history-busy"})
"""A service refuses this one question so that it can answer the others: no reason to leave it alone."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Upstream:
    """One other service.

    Args:
        service: its name.
        base_url: where it listens.
        client: the connections, shared by all.
        metrics: what was asked, and how it went.
        timeout_s: seconds an answer may take in full.
        rules: when the service is left alone.
    """

    def __init__(
        self,
        service: Service,
        base_url: str,
        *,
        client: httpx2.AsyncClient,
        metrics: Metrics,
        timeout_s: float,
        rules: BreakerRules,
    ) -> None:
        self.service: Service = service
        self._base_url = base_url.rstrip("/")
        self._client = client
        self._metrics = metrics
        self._timeout_s = timeout_s
        self._rules = rules
        self._breaker = Breaker()
        self._answers: bool | None = None
        metrics.breaker_open.labels(service).set(0)

    @property
    def answers(self) -> bool:
        """Whether the last request was answered; false before the first."""
        return self._answers is True

    async def get(
        self,
        path: str,
        model: type[ModelT],
        *,
        query: Sequence[tuple[str, str]] = (),
        probe: bool = False,
    ) -> Reply[ModelT]:
        """Return the answer to a GET as `model`, the service's refusal, or that it is away.

        Args:
            path: path below the service's address.
            model: the contract of the answer.
            query: parameters of the address.
            probe: ask even while the breaker is open; used by checks that look whether the service is back.
        """
        return await self._exchange(_Request("GET", path, tuple(query)), _as(model), probe=probe)

    async def hand_on(self, path: str, *, query: Sequence[tuple[str, str]] = ()) -> Reply[Done]:
        """Return the answer to a GET as it came, to be handed on; the same refusals and failures as `get`."""
        return await self._exchange(_Request("GET", path, tuple(query)), _whole)

    async def post(self, path: str, model: type[ModelT], *, body: BaseModel, token: str) -> Reply[ModelT]:
        """Return the answer to a POST, which must be safe to repeat, as `model`.

        Args:
            path: path below the service's address.
            model: the contract of the answer.
            body: what is sent, as JSON.
            token: what the service knows its administrators by; empty sends none.
        """
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers["Content-Type"] = "application/json"
        request = _Request("POST", path, content=body.model_dump_json().encode(), headers=headers)
        return await self._exchange(request, _as(model))

    async def _exchange(
        self, request: _Request, read: Callable[[httpx2.Response], ValueT], *, probe: bool = False
    ) -> Reply[ValueT]:
        now_s = time.monotonic()
        if not probe and not breaker.may_ask(self._breaker, self._rules, now_s):
            return self._away("resting")
        self._breaker = breaker.trying(self._breaker, self._rules, now_s)
        reply = await self._ask(request, read)
        self._metrics.seconds.labels(self.service).observe(time.monotonic() - now_s)
        if isinstance(reply, Away):
            self._note(answers=False, reason=reply.reason)
        else:
            self._note(answers=True)
            self._metrics.asked.labels(
                self.service, "answered" if isinstance(reply, Answered) else "refused"
            ).inc()
        return reply

    async def _ask(self, request: _Request, read: Callable[[httpx2.Response], ValueT]) -> Reply[ValueT]:
        try:
            async with asyncio.timeout(self._timeout_s):
                try:
                    response = await self._send(request)
                except (httpx2.ConnectError, httpx2.RemoteProtocolError, httpx2.ReadError):
                    # A replica that has just gone closes its kept connections; another answers the second try.
                    response = await self._send(request)
        except (TimeoutError, httpx2.TimeoutException):
            return self._away("timeout")
        except (httpx2.HTTPError, httpx2.InvalidURL):
            return self._away("unreachable")
        return self._read(response, read)

    async def _send(self, request: _Request) -> httpx2.Response:
        return await self._client.request(
            request.method,
            self._base_url + request.path,
            params=request.query,
            content=request.content,
            headers=request.headers,
        )

    def _read(self, response: httpx2.Response, read: Callable[[httpx2.Response], ValueT]) -> Reply[ValueT]:
        try:
            if response.status_code == httpx2.codes.OK:
                return Answered(read(response))
            if response.status_code in {*_HANDED_ON, 503} and _is_problem(response):
                problem = ProblemAnswer.model_validate_json(response.content)
                if response.status_code in _HANDED_ON or problem.type in BUSY:
                    return Refused(problem)
        except ValidationError:
            return self._away("unreadable")
        return self._away("error", retry_after_s=_retry_after(response))

    def _away(self, reason: Reason, retry_after_s: int = 0) -> Away:
        self._metrics.asked.labels(self.service, reason).inc()
        return Away(self.service, reason, max(retry_after_s, round(self._rules.open_s), 1))

    def _note(self, *, answers: bool, reason: Reason | None = None) -> None:
        """Move the breaker; say once when the service is lost and once when it is back."""
        if answers:
            self._breaker = breaker.succeeded()
            if self._answers is False:
                _log.info("upstream_recovered", upstream=self.service, outcome="ok")
        else:
            self._breaker = breaker.failed(
                self._breaker, self._rules, time.monotonic(), timed_out=reason == "timeout"
            )
            if self._answers is not False:
                _log.warning("upstream_lost", upstream=self.service, outcome="away", reason=reason)
        self._answers = answers
        self._metrics.breaker_open.labels(self.service).set(breaker.is_open(self._breaker, self._rules))


def _as(model: type[ModelT]) -> Callable[[httpx2.Response], ModelT]:
    return lambda response: model.model_validate_json(response.content)


def _whole(response: httpx2.Response) -> Done:
    return Done(response.status_code, response.content, response.headers.get("content-type", ""))


def _is_problem(response: httpx2.Response) -> bool:
    media_type: str = response.headers.get("content-type", "")
    return media_type.partition(";")[0].strip() == PROBLEM_MEDIA_TYPE


def _retry_after(response: httpx2.Response) -> int:
    text: str = response.headers.get("retry-after", "")
    return min(int(text), 300) if text.isascii() and text.isdigit() else 0
