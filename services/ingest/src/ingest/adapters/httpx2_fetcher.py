"""The one function that fetches: feeds, pages, robots.txt, and asks hubs; paced, bounded, honest about who asks.

There must be no second one: whatever a source can name, an address, a redirect, a page, goes through the same guard.
Requests are HTTP/1.1 by httpcore2; of httpx2 only its reading of addresses and its trusted certificates are used,
since its client costs as much again for cookies, proxies and logins that are not wanted here. HTTP/2 brings nothing
to one request every few minutes but another parser in the hands of strangers.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Generic, TypeVar
from urllib.parse import urlencode

import httpcore2
import httpx2

from ingest.adapters.asyncio_network import AsyncioNetwork
from ingest.adapters.httpcore2_failures import failure_of
from ingest.adapters.httpcore2_guard import GuardedBackend, Names
from ingest.domain.decoding.inflate import BodyError, Inflater
from ingest.domain.fetching.answers import (
    REPEATED_BY,
    conditions,
    headers_of,
    not_modified,
    refusal,
    validators_of,
)
from ingest.domain.fetching.headers import read_fresh_s
from ingest.domain.fetching.outcomes import (
    Accepted,
    Failed,
    Fetched,
    FetchOutcome,
    NotModified,
    Reason,
    Validators,
)
from ingest.domain.fetching.pace import Turns
from ingest.domain.fetching.redirects import Redirect, next_address
from ingest.domain.fetching.walls import LOOK_BYTES, MAY_BE_WALLS, wall_of
from shared.clock import Clock

DEADLINE_S = 20.0
CONNECT_S = 5.0
MAX_WIRE_BYTES = 5 * 1024 * 1024
MAX_PLAIN_BYTES = 15 * 1024 * 1024
MAX_HEADERS = 256
"""Header lines in one answer; together they have 100 KiB at most, which is httpcore2's own bound."""

_FRAMING_BYTES = 512 * 1024
"""What an answer may have beside its body: head, interim answers, the framing of chunks, trailers."""

_LOOK_WITHIN_S = 2.0
"""How long the page that comes with an error is waited for."""

_STEP_BYTES = 16 * 1024
"""Compressed bytes taken at a time: 16 MiB at most when unpacked, some milliseconds of work."""

_YIELD_BYTES = 1024 * 1024
"""Unpacked bytes after which others get their turn."""

FEED_TYPES = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.5"
)

Gate = Callable[[str], Awaitable[Failed | None]]
"""Asked about every address before it is asked; says why not."""

AnswerT = TypeVar("AnswerT", Fetched | NotModified, Accepted)


@dataclass(frozen=True, slots=True)
class _Request(Generic[AnswerT]):
    """What is sent to an address, and to those that it redirects to, and how their answers are read."""

    method: str
    headers: Mapping[str, str]
    read: Callable[[httpx2.URL, httpcore2.Response, dict[str, str]], Awaitable[AnswerT | Failed]]
    content: bytes = b""
    gate: Gate | None = None


@dataclass(frozen=True, slots=True)
class _Arrived(Generic[AnswerT]):
    """An answer, and where to, if every redirect on the way was a permanent one."""

    answer: AnswerT
    moved_to: str | None


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of anything one fetch may take.

    Attributes:
        deadline_s: seconds from the first connection to the last byte, redirects included, waits for a turn not.
        connect_s: seconds for one connection.
        max_wire_bytes: of a body as it comes.
        max_plain_bytes: of a body after decompression.
        patience_s: longest wait for a host's turn, each time.
    """

    deadline_s: float = DEADLINE_S
    connect_s: float = CONNECT_S
    max_wire_bytes: int = MAX_WIRE_BYTES
    max_plain_bytes: int = MAX_PLAIN_BYTES
    patience_s: float = DEADLINE_S


class Httpx2Fetcher:
    """Fetches over HTTP; one for the whole process, closed at its end.

    Args:
        names: finds out where hosts are.
        clock: for Retry-After dates and for waits.
        user_agent: who we say we are.
        allow_private: True lets sources live on private addresses and any port.
        concurrency: most connections at once.
        limits: bounds of one fetch.
        gap_s: seconds between the starts of two requests to a host.
        network: opens the connections that the guard allows.
    """

    def __init__(
        self,
        names: Names,
        *,
        clock: Clock,
        user_agent: str,
        allow_private: bool = False,
        concurrency: int = 32,
        limits: Limits | None = None,
        gap_s: float = 0.0,
        network: httpcore2.AsyncNetworkBackend | None = None,
    ) -> None:
        self._clock = clock
        self._limits = limits or Limits()
        self._user_agent = user_agent
        self.turns = Turns(gap_s)
        most = self._limits.max_wire_bytes + _FRAMING_BYTES
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=httpx2.create_ssl_context(),
            max_connections=concurrency,
            max_keepalive_connections=concurrency // 2,
            keepalive_expiry=30,
            network_backend=GuardedBackend(
                names, allow_private=allow_private, network=network or AsyncioNetwork(most)
            ),
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.aclose()

    async def fetch(self, url: str, validators: Validators) -> FetchOutcome:
        """Return a feed's answer to a conditional GET, or why there is none.

        Args:
            url: address of the feed.
            validators: of the last whole answer; empty ones ask unconditionally.
        """
        return await self.get(url, validators, FEED_TYPES)

    async def get(
        self, url: str, validators: Validators, types: str, *, gate: Gate | None = None
    ) -> FetchOutcome:
        """Return the answer to a GET, or why there is none; raises nothing for what a source does.

        Args:
            url: what to ask for.
            validators: of the last whole answer; empty ones ask unconditionally.
            types: what to accept, as in the Accept header.
            gate: asked before each request.
        """
        asked = conditions(validators)
        headers = {"Accept": types, "Accept-Encoding": "gzip", **asked}
        read = partial(self._read, conditional=bool(asked))
        request: _Request[Fetched | NotModified] = _Request("GET", headers, read, gate=gate)
        arrived = await self._guarded(url, request)
        if isinstance(arrived, Failed) or arrived.moved_to is None:
            return arrived if isinstance(arrived, Failed) else arrived.answer
        return replace(arrived.answer, moved_to=arrived.moved_to)

    async def post_form(self, url: str, fields: Mapping[str, str]) -> Accepted | Failed:
        """Send a form, and return whether it was taken; raises nothing for what the other side does.

        Args:
            url: where to.
            fields: of the form.
        """
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        content = urlencode(fields).encode("ascii")
        request = _Request("POST", headers, self._read_taken, content)
        arrived = await self._guarded(url, request)
        return arrived if isinstance(arrived, Failed) else arrived.answer

    async def _guarded(self, url: str, request: _Request[AnswerT]) -> _Arrived[AnswerT] | Failed:
        try:
            return await self._follow(url, request)
        except Exception as error:  # noqa: BLE001  whatever a source does to us is that source's failure, as a value
            return failure_of(error, self._limits.deadline_s)

    async def _follow(self, url: str, request: _Request[AnswerT]) -> _Arrived[AnswerT] | Failed:
        left_s = self._limits.deadline_s
        path = [url]
        permanent = True
        while True:
            target = httpx2.URL(path[-1])
            refused = await self._wait_for_turn(target, request.gate)
            if refused is not None:
                return refused
            started = self._clock.monotonic()
            async with asyncio.timeout(left_s):
                answer = await self._ask(target, request)
            left_s -= self._clock.monotonic() - started
            if isinstance(answer, Redirect):
                permanent = permanent and answer.permanent
                onward = next_address(path, answer)
                if isinstance(onward, Failed):
                    return onward
                path.append(onward)
                continue
            if isinstance(answer, Failed):
                return answer
            self.turns.ease(_host_of(target))
            return _Arrived(answer, path[-1] if permanent and len(path) > 1 else None)

    async def _wait_for_turn(self, target: httpx2.URL, gate: Gate | None) -> Failed | None:
        if gate is not None and (refused := await gate(str(target))) is not None:
            return refused
        host = _host_of(target)
        granted, wait_s = self.turns.take(host, self._clock.monotonic(), self._limits.patience_s)
        if not granted:
            return Failed(Reason.RATE_LIMITED, f"{host} wants to be left alone", retry_after_s=wait_s)
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        return None

    async def _ask(self, target: httpx2.URL, request: _Request[AnswerT]) -> AnswerT | Failed | Redirect:
        """Ask one address, without following; a login in the address is not used."""
        headers: dict[str, str] = {"User-Agent": self._user_agent, **request.headers}
        if request.content:
            headers["Content-Length"] = str(len(request.content))
        answer = await self._pool.handle_async_request(
            httpcore2.Request(
                method=request.method.encode("ascii"),
                url=httpcore2.URL(
                    scheme=target.raw_scheme, host=target.raw_host, port=target.port, target=target.raw_path
                ),
                headers=[(b"Host", target.netloc), *_encoded(headers)],
                content=request.content or None,
                extensions={"timeout": {"connect": self._limits.connect_s, "pool": self._limits.deadline_s}},
            )
        )
        try:
            if len(answer.headers) > MAX_HEADERS:
                return Failed(Reason.PROTOCOL, f"more than {MAX_HEADERS} headers", answer.status)
            told = headers_of(answer.headers)
            if answer.status in REPEATED_BY[request.method] and "location" in told:
                return Redirect(told["location"], permanent=answer.status in {301, 308})
            return await request.read(target, answer, told)
        finally:
            await answer.aclose()

    async def _read_taken(
        self, target: httpx2.URL, answer: httpcore2.Response, headers: dict[str, str]
    ) -> Accepted | Failed:
        return Accepted() if 200 <= answer.status < 300 else await self._refused(target, answer, headers)

    async def _read(
        self, target: httpx2.URL, answer: httpcore2.Response, headers: dict[str, str], *, conditional: bool
    ) -> FetchOutcome:
        if answer.status == 304 and conditional:
            return not_modified(headers)
        if answer.status != 200:
            return await self._refused(target, answer, headers)
        inflater = self._inflater(headers)
        await _fill(inflater, answer)
        body = inflater.finish()
        wall = wall_of(200, headers, body)
        if wall is not None:
            return Failed(Reason.CHALLENGE, f"the wall of {wall} with status 200", 200)
        return Fetched(
            url=str(target),
            body=body,
            content_type=headers.get("content-type"),
            validators=validators_of(headers, hashlib.sha256(body).hexdigest()),
            wire_bytes=inflater.wire_bytes,
            fresh_s=read_fresh_s(headers),
            link=headers.get("link", ""),
        )

    async def _refused(
        self, target: httpx2.URL, answer: httpcore2.Response, headers: dict[str, str]
    ) -> Failed:
        beginning = b""
        if answer.status in MAY_BE_WALLS:
            beginning = await self._beginning(answer, headers)
        failure = refusal(answer.status, headers, beginning, self._clock.now())
        if failure.reason is Reason.RATE_LIMITED or failure.retry_after_s is not None:
            self.turns.slow_down(_host_of(target), self._clock.monotonic(), failure.retry_after_s)
        return failure

    async def _beginning(self, answer: httpcore2.Response, headers: dict[str, str]) -> bytes:
        """Return the beginning of an error's page, as far as it comes quickly and can be unpacked."""
        try:
            inflater = self._inflater(headers, LOOK_BYTES)
        except BodyError:
            return b""
        with suppress(TimeoutError, BodyError, httpcore2.NetworkError, httpcore2.ProtocolError):
            async with asyncio.timeout(_LOOK_WITHIN_S):
                await _fill(inflater, answer)
        return inflater.beginning()

    def _inflater(self, headers: dict[str, str], most: int | None = None) -> Inflater:
        return Inflater(
            headers.get("content-encoding"),
            max_wire_bytes=most or self._limits.max_wire_bytes,
            max_plain_bytes=most or self._limits.max_plain_bytes,
        )


async def _fill(inflater: Inflater, answer: httpcore2.Response) -> None:
    """Take in a body, a little at a time, so that a bomb keeps nobody waiting."""
    rested_at = 0
    async for chunk in answer.aiter_stream():
        for start in range(0, len(chunk), _STEP_BYTES):
            inflater.feed(chunk[start : start + _STEP_BYTES])
            if inflater.plain_bytes - rested_at > _YIELD_BYTES:
                rested_at = inflater.plain_bytes
                await asyncio.sleep(0)


def _host_of(target: httpx2.URL) -> str:
    return target.netloc.decode("ascii")


def _encoded(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers.items()]
